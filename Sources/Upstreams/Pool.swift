package import Buffers
package import EventLoop
import HTTP
package import TLS
import Transport

/// One worker's connections to one server: idle ones to be used again, and the making of new ones.
package final class Pool {
    package let server: UpstreamServer
    let settings: Settings
    let buffers: BufferPool
    let loop: EventLoop
    let tls: TLSClientContext?
    let queue: RequestQueue?
    var idle: IdleConnections<any PooledConnection>
    /// Woken when a peer closes one of the idle connections.
    let watch: Waiter
    var isWatching = false
    var isRetired = false
    /// HTTP/2 connections, which carry several exchanges each; nil if the server is spoken to in HTTP/1 alone.
    let shared: SharedConnections?
    var http1TLS: TLSClientContext?
    let addresses: ServerAddresses
    /// Could the server's addresses change?
    let isNamed: Bool
    /// The version of the addresses that all idle connections have been held against.
    var sweptVersion = 0
    /// What the server had been sent at the last sweep, by all workers.
    var sweptTotal = 0
    var closingAge: ClosingAge
    let idleTimeout: UInt64

    /// - Parameter tls: for the server's TLS; nil only if it has none. For the others see the initialiser that makes it.
    package init(
        _ server: UpstreamServer, tls: TLSClientContext?, settings: Settings, loop: EventLoop, buffers: BufferPool,
        names: NameCache, queue: RequestQueue?
    ) {
        precondition((tls == nil) == (server.tls == nil), "a server is spoken to as it is said")
        self.tls = tls
        self.server = server
        self.settings = settings
        self.loop = loop
        self.buffers = buffers
        self.queue = queue
        idleTimeout = server.parameters.idleTimeout ?? settings.idleTimeout
        idle = IdleConnections(maxConnections: settings.maxIdle, timeout: idleTimeout)
        closingAge = ClosingAge(stated: server.parameters.idleTimeout)
        watch = Waiter(loop: loop)
        addresses = ServerAddresses(server, names: names)
        isNamed = addresses.isNamed
        shared = Self.sharedConnections(to: server, settings, loop: loop, buffers: buffers)
    }

    deinit {
        // The loop must not wake the watch of a pool that is gone.
        closeIdle()
    }

    /// An idle connection that is provably clean, or nil. The lease takes over the place that the pick counted.
    ///
    /// No system call: the event loop has seen whatever the peer did. Where a name has several addresses it is one to the address
    /// whose turn it is.
    /// - Parameter carefully: for a request that may not be repeated if the peer has closed meanwhile: one that the server will
    ///   not close just now, and the kernel is asked once more.
    package func leaseIdle(carefully: Bool = false) -> Lease? {
        if let shared, let lease = lease(over: shared, carefully: carefully) { return lease }
        if isNamed || carefully { return leaseChosenIdle(carefully: carefully) }
        while let (connection, isExpired) = takeNewest() {
            guard !isExpired, connection.isClean else {
                connection.close()
                continue
            }
            return Lease(connection.unpark(), from: self)
        }
        return nil
    }

    private func leaseChosenIdle(carefully: Bool) -> Lease? {
        let wanted = isNamed ? addresses.next : nil
        let limit = carefully ? closingAge.usable : .max
        while true {
            var lent = takeIdle()
            let taken = lent.takeNewest(now: loop.now, youngerThan: limit) { wanted == nil || $0.address == wanted }
            idle = lent
            guard let (connection, isExpired, age) = taken else { return nil }
            if !isExpired, connection.isClean, belongs(connection) {
                guard carefully, connection.peerHasSpoken() else { return Lease(connection.unpark(), from: self) }
                closingAge.closed(at: age)
            }
            connection.close()
        }
    }

    package var idleCount: Int { idle.count + (shared?.idleCount ?? 0) }

    /// Keeps a connection for the next exchange if it is clean and there is room, else closes it.
    func park(_ connection: any PooledConnection) {
        var lent = takeIdle()
        defer { idle = lent }
        guard !isRetired, server.parameters.proxyHeader == nil, connection.isClean, belongs(connection),
            lent.put(connection, limit: connection.keepAliveLimit, now: loop.now)
        else {
            return connection.close()
        }
        connection.park(watchedBy: watch)
        if !isWatching { watchIdle() }
    }

    /// One exchange less is under way, so the first in the queue is woken. To be called for a pick that no lease took over.
    package func leaseEnded() {
        server.release()
        queue?.notifyFirst()
    }

    private func takeNewest() -> (connection: any PooledConnection, isExpired: Bool)? {
        var lent = takeIdle()
        defer { idle = lent }
        return lent.takeNewest(now: loop.now)
    }
}
