import Buffers
import EventLoop
import HTTP2
import Messages
import TLS
import Transport

// HTTP/2's session as its connection and its streams see it.

extension ClientConnection {
    /// The session of the version that was agreed on.
    func makeSession() -> any ClientSession {
        stream.tls?.speaksHTTP2 == true ? makeHTTP2Session() : makeHTTP1Session()
    }

    /// - Parameter begun: what has been read of it already.
    func makeHTTP2Session(_ begun: Buffer? = nil) -> any ClientSession {
        let session = HTTP2Session(stream, endpoint, waiter: waiter, resources: resources, log: log)
        if let begun { session.http2.take(begun) }
        return session
    }
}

extension HTTP2Session {
    /// Carries out the exchange on a stream.
    nonisolated(nonsending) func serve(_ side: HTTP2Side) async {
        let present = endpoint.generation
        side.generation = present.number
        side.began = resources.now
        var tunnel: Tunnel?
        // In a block of its own: the exchange is gone before its head is used again.
        do {
            var exchange = Exchange(side, resources: resources, in: present)
            if let refusal = side.refusal { await exchange.refuse(refusal) } else { await exchange.run() }
            tunnel = exchange.tunnel.take()
        }
        if let tunnel { await run(tunnel, on: side) }
        resources.heads.release(side.request)
        endExchange(on: side.stream)
    }

    private nonisolated(nonsending) func run(_ tunnel: Tunnel, on side: HTTP2Side) async {
        let number = side.stream.identifier
        tunnels[number] = tunnel
        defer { tunnels[number] = nil }
        resources.check(tunnel)
        while true {
            if let ending = await tunnel.run() {
                resources.records.note(ending, of: tunnel, now: resources.now)
                if ending.isAbnormal { side.stream.reset(.cancel) } else { side.stream.shutdownWrite() }
                return
            }
            await withCheckedContinuation { continuation in tunnel.sleep { continuation.resume() } }
        }
    }

    func requestsUnderWay(among streams: [any StreamExchange]) -> [RequestUnderWay] {
        streams.compactMap { $0 as? HTTP2Side }.filter { $0.hasRequest && tunnels[$0.stream.identifier] == nil }
            .map { RequestUnderWay(head: $0.request, generation: $0.generation, began: $0.began) }
    }

    var openTunnels: [Tunnel] { Array(tunnels.values) }
}
