package import Buffers
package import EventLoop
package import HTTP
package import TLS
package import Transport

/// One request of the gateway's own and its answer, on a connection of its own that is closed after it, unless its caller keeps
/// it.
///
/// It needs no task of its own: it runs in its caller's, on one waiter, and everything it holds is bounded. Redirects are not
/// followed, and no credentials, cookies or answers are kept. What the peer sends is parsed as strictly as an upstream's answer.
package final class Call {
    /// The server to ask.
    package struct Server {
        /// The server's addresses, in the order in which they are tried.
        package var addresses: [SocketAddress]
        /// Decides whom to trust and which name to check; nil: the call is in plain text.
        package var tls: TLSClientContext?
        /// Sent before all else, such as the PROXY protocol's header.
        package var preface = ConnectionPreface.none
        /// Whether HTTP/2 is spoken by prior knowledge, without TLS. With TLS ALPN chooses.
        package var speaksHTTP2 = false

        package init(addresses: [SocketAddress], tls: TLSClientContext? = nil) {
            self.addresses = addresses
            self.tls = tls
        }
    }

    /// What a call may take; times in nanoseconds.
    package struct Limits: Sendable, Equatable {
        /// How long connecting may take, for all addresses together.
        package var connectTimeout: UInt64 = 5_000_000_000
        /// How long the TLS handshake may take.
        package var handshakeTimeout: UInt64 = 10_000_000_000
        /// How long the whole call may take, from connecting to the answer's last byte.
        package var timeout: UInt64 = 30_000_000_000
        /// Bytes of one head, at most what a small buffer of the pool holds.
        package var maxHeadBytes = 16 * 1024
        /// Bytes of the answer's body; nil: it is not read at all.
        package var maxBodyBytes: Int? = 1024 * 1024

        package init() {}
    }

    /// What the server said.
    package struct Answer: Sendable {
        /// 200...599.
        package var status: Int
        package var fields: FieldSection
        /// The whole body, without its transfer coding; empty if it was not to be read.
        package var body: [UInt8]
        /// The trailers of an answer in HTTP/2; those of HTTP/1 are dropped.
        package var trailers: FieldSection
    }

    private let waiter: Waiter
    private let buffers: BufferPool
    private var isStopped = false

    /// - Parameter waiter: the calling task's; no other socket may be waiting on it during a call.
    package init(waiter: Waiter, buffers: BufferPool) {
        self.waiter = waiter
        self.buffers = buffers
    }

    /// Ends the call under way, and every later one, with `.stopped`. On the loop of the call.
    package func stop() {
        isStopped = true
        waiter.notify()
    }

    /// Sends a request and reads its answer. An answer that comes before the request is sent is taken as it is (RFC 9112 §9.5).
    /// - Parameter taking: in HTTP/1 gets the body of a 200 as it comes, and nothing of it is kept or counted: it may have no
    ///   end. False ends the call with `.stopped`.
    package nonisolated(nonsending) func send(
        _ request: Request, to server: Server, limits: Limits = Limits(), taking: ((Span<UInt8>) -> Bool)? = nil
    ) async throws(CallError) -> Answer {
        if let flaw = request.flaw { throw .invalidRequest(flaw) }
        let deadline = waiter.loop.now.after(limits.timeout)
        let stream = try await open(server, limits, deadline)
        defer { stream.close() }
        let exchange = exchange(request, on: stream, speaksHTTP2: server.speaksHTTP2, limits, taking)
        return try await carryOut(exchange, on: stream, deadline)
    }

    /// Sends a request over a new connection, in HTTP/1, reads its answer, and leaves the connection to be used again.
    /// - Parameter server: TLS may not have chosen HTTP/2.
    /// - Returns: with the answer the connection, if it may carry another call: it is the caller's to close.
    package nonisolated(nonsending) func sendAndKeep(
        _ request: Request, to server: Server, limits: Limits
    ) async throws(CallError) -> (answer: Answer, kept: KeptConnection?) {
        if let flaw = request.flaw { throw .invalidRequest(flaw) }
        let deadline = waiter.loop.now.after(limits.timeout)
        let stream = try await open(server, limits, deadline)
        do throws(TransportError) { try stream.checkSilence() } catch {
            stream.close()
            throw CallError(connecting: error)
        }
        return try await send(request, keeping: stream, limits, deadline)
    }

    /// Sends over a connection that a call has left. The server may close it just now: then there is no answer.
    package nonisolated(nonsending) func sendAndKeep(
        _ request: Request, over connection: KeptConnection, limits: Limits
    ) async throws(CallError) -> (answer: Answer, kept: KeptConnection?) {
        connection.unpark(for: waiter)
        if let flaw = request.flaw {
            connection.close()
            throw .invalidRequest(flaw)
        }
        return try await send(request, keeping: connection.stream, limits, waiter.loop.now.after(limits.timeout))
    }

    private nonisolated(nonsending) func send(
        _ request: Request, keeping stream: Stream, _ limits: Limits, _ deadline: UInt64
    ) async throws(CallError) -> (answer: Answer, kept: KeptConnection?) {
        let exchange = HTTP1CallExchange(request, on: stream, buffers: buffers, limits: limits, isLast: false)
        do throws(CallError) {
            let answer = try await carryOut(exchange, on: stream, deadline)
            if exchange.isReusable { return (answer, KeptConnection(stream)) }
            stream.close()
            return (answer, nil)
        } catch {
            stream.close()
            throw error
        }
    }

    private nonisolated(nonsending) func carryOut(
        _ exchange: any CallExchange, on stream: Stream, _ deadline: UInt64
    ) async throws(CallError) -> Answer {
        defer { exchange.discard() }
        while true {
            switch try exchange.move() {
            case .answered(let answer): return answer
            case .busy: await waiter.loop.yield()
            case .blocked(let interest):
                stream.socket.interest = interest
                let now = waiter.loop.now
                if now < deadline, !isStopped { _ = await waiter.wait(timeout: deadline - now) }
                stream.socket.interest = .none
            }
            if isStopped { throw .stopped }
            if waiter.loop.now >= deadline { throw .timedOut(exchange.isSent ? .answer : .request) }
        }
    }

    private func exchange(
        _ request: Request, on stream: Stream, speaksHTTP2: Bool, _ limits: Limits, _ taking: ((Span<UInt8>) -> Bool)?
    ) -> any CallExchange {
        if stream.tls?.speaksHTTP2 ?? speaksHTTP2 {
            return HTTP2CallExchange(request, on: stream, buffers: buffers, loop: waiter.loop, limits: limits)
        }
        return HTTP1CallExchange(request, on: stream, buffers: buffers, limits: limits, taking: taking)
    }

    /// Connects, with TLS shakes hands, and closes: is there somebody who could be asked?
    package nonisolated(nonsending) func connect(to server: Server, limits: Limits = Limits()) async throws(CallError) {
        try await open(server, limits, waiter.loop.now.after(limits.timeout)).close()
    }

    private nonisolated(nonsending) func open(
        _ server: Server, _ limits: Limits, _ deadline: UInt64
    ) async throws(CallError) -> Stream {
        if isStopped { throw .stopped }
        // Half of all time is enough for everybody, and can be added to an instant.
        let left = min(deadline - min(deadline, waiter.loop.now), .max / 2)
        do throws(TransportError) {
            return try await Stream.connect(
                toAnyOf: server.addresses, tls: server.tls, waiter: waiter, connectTimeout: min(limits.connectTimeout, left),
                handshakeTimeout: min(limits.handshakeTimeout, left), preface: server.preface, givesUp: { isStopped })
        } catch {
            throw isStopped ? .stopped : CallError(connecting: error)
        }
    }
}

extension UInt64 {
    /// This instant and so many nanoseconds; the last there is, where that would be beyond it.
    func after(_ timeout: UInt64) -> UInt64 {
        let (sum, overflows) = addingReportingOverflow(timeout)
        return overflows ? .max : sum
    }
}
