import Buffers
package import EventLoop
import HTTP
import Messages
import TLS
package import Transport

/// How a pool deals with connections that carry several exchanges each.
extension Pool {
    static func sharedConnections(
        to server: UpstreamServer, _ settings: Settings, loop: EventLoop, buffers: BufferPool
    ) -> SharedConnections? {
        guard server.parameters.version != .http1 else { return nil }
        let limits = StreamLimits(head: settings.headLimits, trailers: settings.chunkLimits)
        return SharedConnections(server, maxIdle: settings.maxIdle, limits: limits, loop: loop, buffers: buffers)
    }

    /// Are there connections that carry several exchanges each?
    package var sharesConnections: Bool { shared != nil }

    /// A stream of a connection that is there; nil if none has room. Of a name's addresses each gets a connection of its own, and
    /// they take turns.
    func lease(over shared: SharedConnections, carefully: Bool) -> Lease? {
        guard !shared.all.isEmpty else { return nil }
        let wanted = isNamed ? addresses.next : nil
        if let side = shared.side(carefully: carefully, to: wanted) { return Lease(side, from: self) }
        guard wanted != nil, shared.attempt != nil || shared.all.count >= addresses.count else { return nil }
        return shared.side(carefully: carefully).map { Lease($0, from: self) }
    }

    /// Until when a request that begins now waits for a server that has asked for a backoff, in monotonic nanoseconds.
    package var backoffDeadline: UInt64 { loop.now &+ settings.connectTimeout }

    /// A stream of a connection that is being made already, or else of a new one.
    /// - Throws: `.backingOff` where the server's backoff ends later than is waited.
    nonisolated(nonsending) func connect(
        _ waiter: Waiter, over shared: SharedConnections, _ backoffDeadline: UInt64
    ) async throws(TransportError) -> Lease {
        while shared.attempt != nil || shared.isBackingOff {
            if let attempt = shared.attempt {
                await attempt.wait(waiter)
                if let error = attempt.error {
                    leaseEnded()
                    throw error
                }
            } else if shared.backoffUntil <= backoffDeadline {
                await shared.waitForBackoff(waiter)
            } else {
                leaseEnded()
                throw .backingOff(shared.backoffUntil &- loop.now)
            }
            if let side = shared.side(carefully: false) { return Lease(side, from: self) }
        }
        if shared.hasFallenBack { return try await connectInHTTP1(waiter) }
        // Connections in HTTP/1 are everybody's own.
        let attempt = shared.expectsHTTP2 ? shared.beginAttempt() : SharedConnections.Attempt()
        do throws(TransportError) {
            let made = try await make(waiter, .none)
            let lease = Lease(try newSide(made.stream, made.address, made.version, shared), from: self, isNew: true)
            shared.end(attempt)
            return lease
        } catch {
            shared.end(attempt, error)
            throw error
        }
    }

    /// A connection over which WebSockets can be opened: by RFC 8441 where the server offers that, else one of HTTP/1's, where
    /// that is spoken to it too. The lease takes over what the pick began; a failure ends it, and so does nil.
    /// - Parameter backoffDeadline: until when the server's backoff is waited for, in monotonic nanoseconds.
    /// - Returns: nil if the server takes no WebSockets.
    package nonisolated(nonsending) func connectForWebSocket(
        _ waiter: Waiter, backoffDeadline: UInt64
    ) async throws(TransportError) -> Lease? {
        let lease =
            if let idle = leaseIdle(carefully: true) { idle } else {
                try await connect(waiter, backoffDeadline: backoffDeadline)
            }
        // Of HTTP/1, and new.
        guard let side = lease.side as? HTTP2Upstream else { return lease }
        let end = loop.now &+ settings.handshakeTimeout
        guard let takesThem = await side.connection.takesWebSockets(waiter, until: end) else {
            guard let words = side.connection.endedBy else { throw .handshakeTimedOut }
            throw .closedEarly(words)
        }
        if takesThem { return lease }
        guard server.parameters.version == .negotiated else { return nil }
        // The lease at hand is of no use, and ends what the pick began.
        _ = server.state.begin(atMost: 0, now: loop.now)
        return try await connectInHTTP1(waiter)
    }

    /// A new connection on which nothing but HTTP/1.1 is offered.
    private nonisolated(nonsending) func connectInHTTP1(_ waiter: Waiter) async throws(TransportError) -> Lease {
        if http1TLS == nil, var settings = server.tls {
            settings.protocols = ["http/1.1"]
            do throws(TLSError) {
                http1TLS = try TLSClientContext(settings)
            } catch {
                leaseEnded()
                throw .tls(error)
            }
        }
        let made = try await make(waiter, .none, tls: http1TLS)
        return Lease(try side(over: made.stream, to: made.address, of: made.version), from: self, isNew: true)
    }

    /// The side of a new connection, by the version that was agreed on.
    private func newSide(
        _ stream: Stream, _ address: SocketAddress?, _ version: Int, _ shared: SharedConnections
    ) throws(TransportError) -> any UpstreamSide {
        let speaksHTTP2 = stream.tls.map { $0.speaksHTTP2 } ?? true
        shared.expectsHTTP2 = speaksHTTP2
        guard speaksHTTP2 else { return try side(over: stream, to: address, of: version) }
        let connection = shared.adopt(stream, address: address, addressVersion: version)
        let side = connection.makeSide()
        if isRetired { connection.retire() }
        return side
    }
}
