import Buffers
import EventLoop
import HTTP
import HTTP2
import Messages
import WebSocket

/// One stream of a connection to an upstream that speaks HTTP/2: the side of one exchange, and then of another.
final class HTTP2Upstream {
    let connection: HTTP2UpstreamConnection
    /// Nil between two exchanges.
    private var current: HTTP2Stream?
    private(set) var isReused = false

    private var stream: HTTP2Stream {
        guard let current else { preconditionFailure("an exchange is over") }
        return current
    }

    init(of connection: HTTP2UpstreamConnection) {
        self.connection = connection
    }

    /// Begins an exchange on a stream.
    func take(_ stream: HTTP2Stream) {
        current = stream
        isReused = connection.hasServed
    }

    private func end() {
        guard let stream = current.take() else { return }
        connection.end(stream)
        connection.keep(self)
    }
}

extension HTTP2Upstream: UpstreamSide {
    func begin(
        _ request: RequestHead, _ forwarded: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer
    ) {
        let (connection, stream) = (connection, stream)
        var text = connection.takeText()
        let parts = ForwardedHead.appendRequestParts(request, forwarded, policy: policy, client: client, to: &text)
        let isTunnel = forwarded.asksForWebSocket
        connection.http2.open(
            stream, isToHead: request.method == .head, switching: isTunnel ? Self.switching(for: request) : [])
        stream.begin(isTunnel ? .untilClose : forwarded.framing, isTunnel: isTunnel) {
            if isTunnel {
                FieldEncoder.appendRequest(text.span, parts, isHTTPS: connection.isTLS, opensWebSocket: true, to: &$0)
            } else {
                connection.encodedRequests.appendRequest(text.span, parts, isHTTPS: connection.isTLS, to: &$0)
            }
        }
        connection.release(&text)
    }

    /// What a 101 would have said, which HTTP/2 has no need of: the proof that the server has read the handshake.
    private static func switching(for request: RequestHead) -> [UInt8] {
        var lines = Array("connection: upgrade\r\nupgrade: websocket\r\n".utf8)
        if let key = request.fields.first(.secWebSocketKey) {
            let question = Array(request.fields.bytes[key.value])
            if let proof = Handshake.acceptKey(for: question.span) {
                lines += Array("sec-websocket-accept: ".utf8) + proof + [13, 10]
            }
        }
        return lines
    }

    var requestBody: any BodySink { stream.outflow }

    func takeHead(_ head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) -> Bool {
        let stream = stream
        if let refusal = stream.answer.refusal { throw refusal }
        // Of an answer that will not become whole nothing is begun.
        guard !stream.hasLeft else { return false }
        var limits = limits
        // What is put together is longer than what came by a status line.
        limits.maxHeadBytes += 256
        limits.maxFields += 3
        guard try stream.answer.take(into: head, limits: limits) else { return false }
        head.cameByHTTP2()
        return true
    }

    func beginBody(of head: ResponseHead, to method: Method) throws(HTTPRefusal) -> BodyFraming {
        let framing = try BodyFraming.ofResponse(head, to: method)
        guard framing.isUntilClose else { return framing }
        // The end of its stream is as good as the last chunk; and if nothing can come any more that is known already.
        let inflow = stream.inflow
        return inflow.isBodyFinished && inflow.trailers.lines.isEmpty ? .length(0) : .chunked
    }

    var body: any BodySource { stream.inflow }
    var hasUntakenBytes: Bool { !stream.answer.isEmpty || stream.inflow.hasBytes }
    var hasOtherVersion: Bool { connection.mayFallBack }

    func attach(to waiter: Waiter) { stream.attach(to: waiter) }
    func watch(reading: Bool, writing: Bool) { current?.watch(reading: reading, writing: writing) }
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { (stream, nil) }

    func release(to pool: Pool) { end() }
    func cancel() { end() }
}
