import Synchronization
import Transport

/// The connections that this process has made to pass others on, by their own ends: a connection that comes from one of them has
/// been here before. Nothing in TCP says so, and one listener may well lead to another; but not for ever.
final class PassthroughConnections: Sendable {
    /// How often a connection has been here, itself counted.
    private let passed = Mutex<[SocketAddress: Int]>([:])

    /// So often at most; what comes once more goes round in a circle.
    static let maxHops = 8

    /// - Parameter peer: where a connection comes from.
    /// - Returns: how often what it carries has been passed on here before.
    func count(from peer: SocketAddress?) -> Int { peer.flatMap { peer in passed.withLock { $0[peer] } } ?? 0 }

    /// A connection from here is there.
    func begin(_ own: SocketAddress, count: Int) { passed.withLock { $0[own] = count } }

    func end(_ own: SocketAddress) { _ = passed.withLock { $0.removeValue(forKey: own) } }
}
