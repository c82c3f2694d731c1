package import EventLoop
package import HTTP
import Messages
package import TLS
package import Transport

/// One worker's connections to one server: idle ones to be used again, and the making of new ones.
package final class Pool {
    /// Limits and timeouts of a pool. Times in nanoseconds.
    package struct Settings: Sendable {
        /// Idle connections kept; the newest are used first.
        package var maxIdle: Int
        package var idleTimeout: UInt64
        package var connectTimeout: UInt64
        package var handshakeTimeout: UInt64
        package var chunkLimits: ChunkLimits

        package init(
            maxIdle: Int, idleTimeout: UInt64, connectTimeout: UInt64, handshakeTimeout: UInt64, chunkLimits: ChunkLimits
        ) {
            self.maxIdle = maxIdle
            self.idleTimeout = idleTimeout
            self.connectTimeout = connectTimeout
            self.handshakeTimeout = handshakeTimeout
            self.chunkLimits = chunkLimits
        }
    }

    package let server: UpstreamServer
    private let settings: Settings
    private let loop: EventLoop
    private let buffers: BufferPool
    private let tls: TLSClientContext?
    private let line: WaitingLine?
    private var idle: [UpstreamConnection] = []
    /// Woken when a peer closes one of the idle connections.
    private let watch: Waiter
    private var isWatching = false
    private let addresses: ServerAddresses

    /// - Parameters:
    ///   - names: the worker's.
    ///   - line: those who wait for room at this server; nil if it has no limit.
    /// - Throws: when the server's TLS files cannot be used.
    package init(
        _ server: UpstreamServer, settings: Settings, loop: EventLoop, buffers: BufferPool, names: NameCache,
        line: WaitingLine? = nil
    ) throws(TLSError) {
        self.server = server
        self.settings = settings
        self.loop = loop
        self.buffers = buffers
        self.line = line
        watch = Waiter(loop: loop)
        addresses = ServerAddresses(server, names: names)
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    deinit {
        // The loop must not wake the watch of a pool that is gone.
        closeIdle()
    }

    /// An idle connection that is provably clean, or nil. The lease takes over what the pick began.
    ///
    /// No system call: the event loop has seen whatever the peer did.
    /// - Parameter carefully: asks the kernel once more: for a request that may not be repeated if the peer has closed meanwhile.
    package func leaseIdle(carefully: Bool = false) -> Lease? {
        while let connection = popIdle() {
            guard connection.isClean, !isExpired(connection), !carefully || !connection.stream.peerHasSpoken() else {
                closeParked(connection)
                continue
            }
            connection.stream.socket.interest = .none
            return Lease(connection, from: self)
        }
        return nil
    }

    /// A new connection. The lease takes over what the pick began; a failure ends it.
    /// - Parameter waiter: the calling task's.
    package nonisolated(nonsending) func connect(_ waiter: Waiter) async throws(TransportError) -> Lease {
        do throws(TransportError) {
            let found = try await addresses.next(waiter, timeout: settings.connectTimeout)
            let stream = try await Stream.connect(
                toAnyOf: found, tls: tls, waiter: waiter, connectTimeout: settings.connectTimeout,
                handshakeTimeout: settings.handshakeTimeout)
            return Lease(UpstreamConnection(stream, buffers: buffers, chunkLimits: settings.chunkLimits), from: self)
        } catch {
            switch error {
            case .system, .timedOut: addresses.doubt()
            case .tls, .handshakeTimedOut, .unresolved: break
            }
            leaseEnded()
            throw error
        }
    }

    /// Closes what has been idle too long or was closed by the upstream. Called by the worker several times a second.
    package func sweep() {
        let stale = idle.filter { !$0.isClean || isExpired($0) }
        guard !stale.isEmpty else { return }
        idle = idle.filter { $0.isClean && !isExpired($0) }
        for connection in stale { closeParked(connection) }
    }

    /// Closes without waking the watch, which would sweep in the middle of whatever is being done.
    private func closeParked(_ connection: UpstreamConnection) {
        connection.stream.socket.interest = .none
        connection.close()
    }

    /// Closes all idle connections.
    package func closeIdle() {
        watch.retire()
        for connection in takeIdle() { closeParked(connection) }
    }

    package var idleCount: Int { idle.count }

    func park(_ connection: consuming UpstreamConnection) {
        // TLS 1.3 tickets arrive after the handshake: by the first exchange's end they are in.
        if !connection.isReused { connection.settle() }
        guard idle.count < settings.maxIdle, connection.isClean else {
            connection.close()
            return
        }
        connection.parked(at: loop.now)
        connection.stream.socket.setWaiter(watch, interest: .read.union(.hangup))
        var lent = takeIdle()
        lent.append(connection)
        idle = lent
        if !isWatching { watchIdle() }
    }

    /// Lets the event loop tell when an idle connection's peer closes it or speaks out of turn, without a task.
    private func watchIdle() {
        isWatching = true
        watch.sleep(timeout: settings.idleTimeout) { [unowned self] _ in
            isWatching = false
            sweep()
            if !idle.isEmpty { watchIdle() }
        }
    }

    /// One exchange less is under way: somebody may be waiting for that. For a pick that no lease has taken over.
    package func leaseEnded() {
        server.release()
        line?.tellFirst()
    }

    // Whoever changes the list takes it out for the time: an access to a property that spans a call would have to be checked at
    // run time, and who came back here by mistake meets an empty list.

    private func takeIdle() -> [UpstreamConnection] { exchange(&idle, with: []) }

    private func popIdle() -> UpstreamConnection? {
        var lent = takeIdle()
        defer { idle = lent }
        return lent.popLast()
    }

    private func isExpired(_ connection: UpstreamConnection) -> Bool {
        loop.now &- connection.idleSince > min(settings.idleTimeout, connection.keepAliveLimit)
    }
}
