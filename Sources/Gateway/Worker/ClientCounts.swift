import Synchronization
import Transport

/// How many connections each client address has, over all workers. Looked at when a connection comes and when it goes, never on a
/// request's way; without a limit not even then.
final class ClientCounts: Sendable {
    /// Whoever counts as one client: an IPv4 address, or an IPv6 network of 64 bits, the least that a subscriber gets (RFC 6177).
    fileprivate struct Key: Hashable {
        let isIPv6: Bool
        let bits: UInt64

        /// Nil for a Unix socket: its peers are this machine's own.
        init?(_ peer: SocketAddress) {
            guard peer.family != .unix else { return nil }
            isIPv6 = peer.family == .ipv6
            bits = peer.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// Proof that a connection has been counted, or need not be: there was no limit when it came.
    struct Entry: Sendable {
        fileprivate var key: Key?
    }

    private let counts = Mutex<[Key: Int]>([:])
    private let turnedAway = Atomic<Int>(0)

    /// Counts a new connection in.
    /// - Parameter limit: connections of one client; 0: no limit.
    /// - Returns: for `leave`; nil when its client has as many as it may: it is not counted then.
    func enter(_ peer: SocketAddress, atMost limit: Int) -> Entry? {
        guard limit > 0, let key = Key(peer) else { return Entry(key: nil) }
        return counts.withLock { counts in
            let count = counts[key, default: 0]
            guard count < limit else { return nil }
            counts[key] = count + 1
            return Entry(key: key)
        }
    }

    /// Counts a connection out that `enter` has let in.
    func leave(_ entry: Entry) {
        guard let key = entry.key else { return }
        counts.withLock { counts in
            let left = counts[key, default: 1] - 1
            // Addresses that are gone leave nothing behind.
            counts[key] = left > 0 ? left : nil
        }
    }

    /// Connections that were turned away.
    var turnedAwayCount: Int { turnedAway.load(ordering: .relaxed) }

    /// Counts a connection that was turned away.
    /// - Returns: how many there have been.
    func countTurnedAway() -> Int {
        turnedAway.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
