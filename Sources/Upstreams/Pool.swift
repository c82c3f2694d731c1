package import Buffers
package import EventLoop
package import HTTP
package import TLS
package import Transport

/// One worker's connections to one server: idle ones to be used again, and the making of new ones.
package final class Pool {
    /// Limits and timeouts of a pool. Times in nanoseconds.
    package struct Settings: Sendable, Equatable {
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
    let settings: Settings
    let buffers: BufferPool
    private let loop: EventLoop
    private let tls: TLSClientContext?
    private let line: RequestQueue?
    private var idle: IdleConnections<any PooledConnection>
    /// Woken when a peer closes one of the idle connections.
    private let watch: Waiter
    private var isWatching = false
    private var isRetired = false
    private let addresses: ServerAddresses

    /// - Parameters:
    ///   - names: the worker's.
    ///   - line: those who wait for room at this server; nil if it has no limit.
    /// - Throws: when the server's TLS files cannot be used.
    package init(
        _ server: UpstreamServer, settings: Settings, loop: EventLoop, buffers: BufferPool, names: NameCache,
        line: RequestQueue? = nil
    ) throws(TLSError) {
        self.server = server
        self.settings = settings
        self.loop = loop
        self.buffers = buffers
        self.line = line
        idle = IdleConnections(most: settings.maxIdle, timeout: settings.idleTimeout)
        watch = Waiter(loop: loop)
        addresses = ServerAddresses(server, names: names)
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    deinit {
        // The loop must not wake the watch of a pool that is gone.
        closeIdle()
    }

    /// Can this pool serve another plan's server as well as its own? Then that plan finds the idle connections open.
    ///
    /// Not if files of its TLS are named: what is in them may have changed, and then the connections were made by other rules.
    package func suits(_ other: UpstreamServer, settings: Settings, names: NameCache, line: RequestQueue?) -> Bool {
        let namesFiles = other.tls.map { $0.caFile != nil || $0.clientCertificateFile != nil || $0.clientKeyFile != nil } ?? false
        return !isRetired && server.state === other.state && server.identity == other.identity && server.tls == other.tls
            && !namesFiles && self.settings == settings && self.line === line && addresses.isOf(names)
    }

    /// No plan that is in use has this server any more: closes all idle connections, and keeps none from now on. Leases that are
    /// out go on to their end, and new ones may still be made for the exchanges that began before.
    package func retire() {
        isRetired = true
        closeIdle()
    }

    /// An idle connection that is provably clean, or nil. The lease takes over what the pick began.
    ///
    /// No system call: the event loop has seen whatever the peer did.
    /// - Parameter carefully: asks the kernel once more: for a request that may not be repeated if the peer has closed meanwhile.
    package func leaseIdle(carefully: Bool = false) -> Lease? {
        while let (connection, isExpired) = takeNewest() {
            guard !isExpired, connection.isClean, !carefully || !connection.peerHasSpoken() else {
                connection.close()
                continue
            }
            return Lease(connection.unpark(), from: self)
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
            return Lease(side(over: stream), from: self)
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
        guard !idle.isEmpty else { return }
        var lent = takeIdle()
        let stale = lent.takeStale(now: loop.now) { $0.isClean }
        idle = lent
        for connection in stale { connection.close() }
    }

    /// Closes all idle connections.
    package func closeIdle() {
        watch.retire()
        var lent = takeIdle()
        for connection in lent.takeAll() { connection.close() }
    }

    package var idleCount: Int { idle.count }

    /// Keeps a connection for the next exchange if it is clean and there is room, else closes it.
    func park(_ connection: any PooledConnection) {
        var lent = takeIdle()
        defer { idle = lent }
        guard !isRetired, connection.isClean, lent.put(connection, limit: connection.keepAliveLimit, now: loop.now) else {
            return connection.close()
        }
        connection.park(watchedBy: watch)
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

    // Price 1: whoever changes the list takes it out and puts it back.

    private func takeIdle() -> IdleConnections<any PooledConnection> {
        exchange(&idle, with: IdleConnections(most: settings.maxIdle, timeout: settings.idleTimeout))
    }

    private func takeNewest() -> (connection: any PooledConnection, isExpired: Bool)? {
        var lent = takeIdle()
        defer { idle = lent }
        return lent.takeNewest(now: loop.now)
    }
}
