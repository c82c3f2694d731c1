package import Buffers
package import EventLoop
package import HTTP
package import TLS
package import Transport

/// A small server of the gateway's own: it listens at one address and lets a handler answer.
///
/// It lives on its owner's actor and starts no task. The owner takes one client after another from `nextClient()` and gives each
/// a child task that calls `serve(_:)`, so that the compiler proves that handlers share what they share on one loop alone.
package final class Service {
    /// What a client may take; times in nanoseconds.
    package struct Limits: Sendable {
        package var head = HeadLimits()
        package var chunks = ChunkLimits()
        /// Bytes of a request's body; more is 413.
        package var maxBodyBytes: UInt64 = 1024 * 1024
        /// Connections at once. One more takes the place of the one that has been without a request for the longest time, so that
        /// nobody keeps others out by silence; if all have one, it is closed unheard.
        package var maxConnections = 1000
        /// How long a TLS handshake may take.
        package var handshakeTimeout: UInt64 = 10_000_000_000
        /// How long a head may take from its first byte to its last; after it 408.
        package var headTimeout: UInt64 = 10_000_000_000
        /// How long a connection may be without a request.
        package var idleTimeout: UInt64 = 60_000_000_000
        /// How long a body may be without a byte; after it 408.
        package var silenceTimeout: UInt64 = 30_000_000_000
        /// How long a whole body may take; after it 408.
        package var bodyTimeout: UInt64 = 300_000_000_000
        /// How long a client may take for a whole answer; after it the connection is cut.
        package var sendTimeout: UInt64 = 60_000_000_000
        /// How long a client is read that still sends when its last answer is out (RFC 9112 §9.6).
        package var lingeringTimeout: UInt64 = 2_000_000_000

        package init() {}
    }

    /// Who has connected.
    package struct Client: Sendable {
        /// Open, non-blocking, and nobody's but the client's.
        package var descriptor: Int32
        package var peer: SocketAddress

        package init(descriptor: Int32, peer: SocketAddress) {
            self.descriptor = descriptor
            self.peer = peer
        }
    }

    package var address: SocketAddress { listener.address }
    package var connectionCount: Int { connections.count }

    let limits: Limits
    let loop: EventLoop
    let buffers: BufferPool
    let handler: any ServiceHandler
    private(set) var isDraining = false
    private var isCut = false
    private let tls: TLSServerNames?
    private let listener: Listener
    private let waiter: Waiter
    private var connections: [ObjectIdentifier: ServiceConnection] = [:]

    /// - Parameters:
    ///   - listener: becomes the service's.
    ///   - tls: the certificates; nil serves in plain text.
    ///   - buffers: whose small ones hold a head of `limits`.
    package init(
        _ listener: Listener, tls: TLSServerNames? = nil, limits: Limits = Limits(), loop: EventLoop, buffers: BufferPool,
        handler: any ServiceHandler
    ) {
        self.listener = listener
        self.tls = tls
        self.limits = limits
        self.loop = loop
        self.buffers = buffers
        self.handler = handler
        waiter = Waiter(loop: loop)
        listener.socket.waiter = waiter
    }

    /// Waits for a client. One task at a time may ask.
    /// - Returns: who is to be given to `serve(_:)`; nil once the service drains.
    package nonisolated(nonsending) func nextClient() async -> Client? {
        while !isDraining {
            // A flood of new clients must not keep those that are here from being served.
            accepted += 1
            if accepted % Self.acceptsPerTurn == 0 { await loop.yield() }
            switch listener.accept() {
            case .connection(let descriptor, let peer): return Client(descriptor: descriptor, peer: peer)
            case .none:
                listener.socket.interest = .read
                _ = await waiter.wait(timeout: nil)
                listener.socket.interest = .none
            case .lost: continue
            case .exhausted: _ = await waiter.wait(timeout: Self.backOff)
            }
        }
        waiter.retire()
        return nil
    }

    /// Serves a client to its end, in the calling task.
    package nonisolated(nonsending) func serve(_ client: Client) async {
        guard hasRoom(), !isCut else { return Listener.turnAway(client.descriptor) }
        guard let connection = adopt(client) else { return }
        connections[ObjectIdentifier(connection)] = connection
        await connection.run()
        connections[ObjectIdentifier(connection)] = nil
    }

    /// Takes no more clients. Idle ones are let go, those that have asked get the answer, and what has been upgraded is told.
    package func drain() {
        isDraining = true
        listener.close()
        waiter.notify()
        for connection in connections.values { connection.drain() }
    }

    /// Cuts what is there, and whoever has been accepted and is yet to be served.
    package func cut() {
        isCut = true
        for connection in connections.values { connection.cut() }
    }

    /// Is there room for one more, or is some made?
    private func hasRoom() -> Bool {
        guard connections.count >= limits.maxConnections else { return true }
        // Those that have been cut end in this loop's next turns.
        let staying = connections.values.filter { !$0.isCut }
        guard staying.count >= limits.maxConnections else { return true }
        let waiting = staying.filter { $0.waitingSince != nil }
        guard let longest = waiting.min(by: { ($0.waitingSince ?? 0) < ($1.waitingSince ?? 0) }) else { return false }
        longest.cut()
        return true
    }

    // MARK: -

    private var accepted = 0
    private static let acceptsPerTurn = 32
    private static let backOff: UInt64 = 100_000_000

    private func adopt(_ client: Client) -> ServiceConnection? {
        guard let socket = try? Socket(adopting: client.descriptor, on: loop) else { return nil }
        guard let tls else { return ServiceConnection(Stream(socket), peer: client.peer, of: self) }
        // Dropping the socket closes it.
        guard let session = try? TLSSession(accepting: client.descriptor, names: tls) else {
            socket.close()
            return nil
        }
        return ServiceConnection(Stream(socket, tls: session), peer: client.peer, of: self)
    }
}
