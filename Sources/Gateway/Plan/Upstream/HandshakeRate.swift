import Synchronization

/// How many WebSocket handshakes one server gets in a second: after a restart all its clients come back at once. Shared by all
/// workers without a lock.
struct HandshakeRate: Sendable {
    /// When the next handshake is due. It outlives a plan: a new one does not give a server its handshakes twice.
    final class Schedule: Sendable {
        /// The generic cell rate algorithm's one variable: when the next handshake would be due at the steady rate (monotonic).
        fileprivate let due = Atomic<UInt64>(0)
    }

    /// Nanoseconds from one handshake to the next; 0: no limit.
    private let interval: UInt64
    private let schedule: Schedule

    /// - Parameter perSecond: 0: no limit. As many may come at once after a pause.
    init(perSecond: Int, schedule: Schedule) {
        interval = perSecond > 0 ? 1_000_000_000 / UInt64(perSecond) : 0
        self.schedule = schedule
    }

    /// Takes one handshake's turn. False if it would come too early.
    func admit(now: UInt64) -> Bool {
        guard interval > 0 else { return true }
        while true {
            let seen = schedule.due.load(ordering: .relaxed)
            let start = max(seen, now)
            guard start - now <= Self.burst - min(interval, Self.burst) else { return false }
            let (exchanged, _) = schedule.due.compareExchange(expected: seen, desired: start &+ interval, ordering: .relaxed)
            if exchanged { return true }
        }
    }

    /// A second's worth of handshakes may come in a row.
    private static let burst: UInt64 = 1_000_000_000
}
