package import EventLoop
package import HTTP
import HTTP1
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
    private var idle: [UpstreamConnection] = []
    private var resolution: Resolution?

    /// - Throws: when the server's TLS files cannot be used.
    package init(
        _ server: UpstreamServer, settings: Settings, loop: EventLoop, buffers: BufferPool
    ) throws(TLSError) {
        self.server = server
        self.settings = settings
        self.loop = loop
        self.buffers = buffers
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    /// An idle connection that is provably clean, or nil. No system call: the event loop has seen whatever the peer did.
    package func leaseIdle() -> Lease? {
        while let connection = idle.popLast() {
            guard connection.isClean else {
                connection.close()
                continue
            }
            return Lease(connection, from: self)
        }
        return nil
    }

    /// A new connection.
    /// - Parameter waiter: the calling task's.
    package nonisolated(nonsending) func connect(_ waiter: Waiter) async throws(TransportError) -> Lease {
        // Counted from here on, so that least-connections sees a slow connect.
        server.begin()
        defer { server.end() }
        var failure = TransportError.unresolved("the name has no address")
        for address in try await addresses() {
            do throws(TransportError) {
                let stream = try await Stream.connect(
                    to: address, tls: tls, waiter: waiter, connectTimeout: settings.connectTimeout,
                    handshakeTimeout: settings.handshakeTimeout)
                return Lease(UpstreamConnection(stream, buffers: buffers, chunkLimits: settings.chunkLimits), from: self)
            } catch {
                failure = error
            }
        }
        resolution = nil
        throw failure
    }

    /// Closes what has been idle too long or was closed by the upstream. Called by the worker once a second.
    package func sweep() {
        let now = loop.now
        idle.removeAll { connection in
            let isStale = !connection.isClean || now &- connection.idleSince > settings.idleTimeout
            if isStale { connection.close() }
            return isStale
        }
    }

    /// Closes all idle connections.
    package func closeIdle() {
        for connection in idle { connection.close() }
        idle.removeAll()
    }

    package var idleCount: Int { idle.count }

    func park(_ connection: UpstreamConnection) {
        let socket = connection.stream.socket
        socket.interest = .none
        socket.waiter = nil
        // TLS 1.3 tickets arrive after the handshake, so the first exchange's end is the time to keep one.
        if !connection.isReused { connection.stream.tls?.keepTicket() }
        guard idle.count < settings.maxIdle, connection.isClean else {
            connection.close()
            return
        }
        connection.isReused = true
        connection.idleSince = loop.now
        idle.append(connection)
    }

    private struct Resolution {
        var addresses: [SocketAddress]
        var expires: UInt64
    }

    private nonisolated(nonsending) func addresses() async throws(TransportError) -> [SocketAddress] {
        if let literal = SocketAddress(literal: server.identity.host, port: server.identity.port) { return [literal] }
        if let resolution, resolution.expires > loop.now { return resolution.addresses }
        let addresses = try await Resolver.addresses(of: server.identity.host, port: server.identity.port)
        resolution = Resolution(addresses: addresses, expires: loop.now &+ Resolver.lifetime)
        return addresses
    }
}
