import Buffers
import EventLoop
import HTTP
import Messages
import Transport

/// One worker's connections to one server that carry several exchanges each.
///
/// A request goes over the oldest that has room. Another connection is made only when none has; whoever needs one meanwhile waits
/// for that, so that a burst does not make as many connections as it has requests.
final class SharedConnections {
    /// A connection that is being made.
    final class Attempt {
        private var waiters: [Waiter] = []
        private(set) var isOver = false
        private(set) var error: TransportError?

        /// Waits until the attempt has ended, well or not.
        nonisolated(nonsending) func wait(_ waiter: Waiter) async {
            waiters.append(waiter)
            while !isOver { _ = await waiter.wait(timeout: nil) }
        }

        func end(_ error: TransportError?) {
            isOver = true
            self.error = error
            for waiter in exchange(&waiters, with: []) { waiter.wake(.ready) }
        }
    }

    /// The oldest first.
    var all: [HTTP2UpstreamConnection] { connections }
    // Price 6.
    private var connections: [HTTP2UpstreamConnection] = []
    private(set) var attempt: Attempt?
    private var backoff = HTTP2Backoff()
    /// Until when the server is spoken to in HTTP/1.1, by its own wish; in monotonic nanoseconds, 0: it has not said so.
    private var http1Until: UInt64 = 0
    /// Has the newest connection agreed on HTTP/2? At first it is expected to.
    var expectsHTTP2 = true
    private let server: UpstreamServer
    private var parameters: UpstreamServer.Parameters { server.parameters }
    private let maxIdle: Int
    private let limits: StreamLimits
    private let loop: EventLoop
    private let buffers: BufferPool

    /// - Parameters:
    ///   - server: to which they lead.
    ///   - maxIdle: connections that are kept while they carry nothing.
    init(
        _ server: UpstreamServer, maxIdle: Int, limits: StreamLimits, loop: EventLoop, buffers: BufferPool
    ) {
        self.server = server
        self.maxIdle = maxIdle
        self.limits = limits
        self.loop = loop
        self.buffers = buffers
    }

    var idleCount: Int { all.count { $0.isIdle } }

    /// A stream of a connection that has room; nil if none has.
    /// - Parameters:
    ///   - carefully: for a request that may not be repeated: a silent connection is looked at once more.
    ///   - wanted: the address whose turn it is; nil: any.
    func side(carefully: Bool, to wanted: SocketAddress? = nil) -> HTTP2Upstream? {
        guard !isBackingOff, !hasFallenBack else { return nil }
        while let connection = connections.first(where: {
            $0.hasRoom(most: parameters.maxStreams) && (wanted == nil || $0.address == wanted)
        }) {
            if !carefully || !connection.isIdle || connection.isStillThere() { return connection.makeSide() }
        }
        return nil
    }

    /// The server has said ENHANCE_YOUR_CALM and goes. During the backoff others are asked, where there are any.
    func backOff() {
        if backoff.begin(at: loop.now) { server.state.backOff(until: backoff.until) }
    }

    /// Until when nothing is sent to the server, in monotonic nanoseconds.
    var backoffUntil: UInt64 { backoff.until }
    var isBackingOff: Bool { backoff.isOn(at: loop.now) }

    // MARK: HTTP/1.1 instead

    /// Is there HTTP/1.1 to fall back to? Where it was not configured away.
    var mayFallBack: Bool { parameters.version == .negotiated }

    /// The server has said HTTP_1_1_REQUIRED (RFC 9113 §7), of a stream or of all: it gets no requests in HTTP/2 for a while.
    /// Some say so of a few requests, as those that need a client's certificate or a login by connection.
    func fallBack() {
        if mayFallBack { http1Until = loop.now &+ Self.fallbackTime }
    }

    var hasFallenBack: Bool { http1Until > 0 && loop.now < http1Until }

    private static let fallbackTime: UInt64 = 300_000_000_000

    /// Waits until the server's backoff has ended, or something else has happened.
    nonisolated(nonsending) func waitForBackoff(_ waiter: Waiter) async {
        if isBackingOff { _ = await waiter.wait(timeout: backoffUntil - loop.now) }
    }

    /// A connection is about to be made.
    func beginAttempt() -> Attempt {
        let new = Attempt()
        attempt = new
        return new
    }

    /// Ends an attempt, and wakes who waits for it.
    /// - Parameter error: nil if the connection was made.
    func end(_ ended: Attempt, _ error: TransportError? = nil) {
        if attempt === ended { attempt = nil }
        ended.end(error)
    }

    /// A new connection, which has agreed on HTTP/2.
    func adopt(_ stream: Stream, address: SocketAddress?, addressVersion: Int) -> HTTP2UpstreamConnection {
        let connection = HTTP2UpstreamConnection(
            stream, of: self, loop: loop, buffers: buffers, limits: limits,
            liveness: HTTP2Liveness(silence: parameters.pingInterval, timeout: parameters.pingTimeout, now: loop.now),
            address: address, addressVersion: addressVersion)
        connections.append(connection)
        return connection
    }

    /// Is there one more than is kept of those that carry nothing?
    var hasTooManyIdle: Bool { idleCount > maxIdle }

    /// A connection has ended.
    func ended(_ connection: HTTP2UpstreamConnection) { connections.removeAll { $0 === connection } }

    /// Takes no more exchanges; what is under way goes on.
    func retire() {
        for connection in all { connection.retire() }
    }

    /// Ends those that carry nothing.
    func closeIdle() {
        for connection in all where connection.isIdle { connection.close() }
    }

    /// Looks after them: see `Pool.sweep`.
    /// - Parameters:
    ///   - idleTimeout: nanoseconds.
    ///   - belongs: does one still lead to the server?
    func sweep(now: UInt64, idleTimeout: UInt64, belongs: (HTTP2UpstreamConnection) -> Bool) {
        for connection in all {
            if connection.isIdle, now &- connection.idleSince > idleTimeout {
                connection.close()
            } else if !belongs(connection) {
                connection.retire()
            } else {
                connection.checkLiveness(now)
            }
        }
    }
}

extension HTTP2UpstreamConnection {
    func checkLiveness(_ now: UInt64) {
        switch liveness.step(isAwaited: !isIdle, now: now) {
        case .nothing, .suspect: break
        case .ping: http2.sendPing()
        case .giveUp: end(.broken("the server has not answered a PING"))
        }
    }
}
