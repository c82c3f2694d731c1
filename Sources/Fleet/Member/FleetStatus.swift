import EventLoop
import Synchronization

/// How a member stands to its fleet. Times are monotonic nanoseconds.
package struct FleetStatus: Sendable, Equatable {
    package var fleet: String
    package var member: String
    /// After so many nanoseconds of lag the member's health is degraded; see `[fleet] degraded_after`.
    package var degradedAfter: UInt64
    /// When etcd answered last; nil: it has not since the start.
    package var lastContact: UInt64?
    /// When all that the fleet had agreed on was in use here for certain, or when the member began.
    package var upToDate: UInt64
    /// Was all of it in use when etcd answered last?
    package var wasInUse = false
    /// How many members etcd knows.
    package var members = 0
    /// The number of the fleet's configuration that is in use here; 0: the file's own.
    package var configuration = 0
    /// The number of the newest one that is known.
    package var newestConfiguration = 0
    /// Is this member the leader, which gets certificates?
    package var isLeader = false
    /// Names on demand that this member and others wish the leader to get.
    package var wishes = 0
    package var othersWishes = 0
    /// Who has the name of this member; nil: it is ours.
    package var nameHolder: String?
    /// What is not used here, and why.
    package var problems: [String] = []
    /// All members, when somebody has asked for them a short while ago.
    package var others: [FleetMemberView] = []

    init(_ settings: FleetMemberSettings, now: UInt64) {
        (fleet, member, degradedAfter) = (settings.name, settings.member, settings.degradedAfter)
        upToDate = now
    }

    /// For how many nanoseconds something that the fleet agrees on may have been missed here, or was not used.
    package func lag(now: UInt64) -> UInt64 { now - min(now, upToDate) }

    /// Why somebody ought to look; nil: there is no need to.
    package func trouble(now: UInt64) -> String? {
        if let nameHolder { return "another member is called \(member): \(nameHolder)" }
        let lag = lag(now: now)
        guard lag >= degradedAfter else { return nil }
        let seconds = lag / 1_000_000_000
        guard let lastContact, !wasInUse, now - min(now, lastContact) < degradedAfter else {
            return "etcd has not answered for \(seconds) seconds: what was known goes on"
        }
        return "what the fleet has agreed on is not in use here for \(seconds) seconds"
            + (problems.isEmpty ? "" : ": " + problems.joined(separator: "; "))
    }
}

/// Where a member says how it stands, for who looks from other threads.
package final class SharedFleetStatus: Sendable {
    private struct Content {
        var status: FleetStatus?
        /// Until when the other members are wanted, too.
        var wanted: UInt64 = 0
        var wake: (@Sendable () -> Void)?
    }

    private let content = Mutex(Content())

    /// For so long after a question the others are looked at, in nanoseconds.
    private static let interest: UInt64 = 15_000_000_000

    package init() {}

    /// As it was said last; nil: this gateway is of no fleet.
    package var status: FleetStatus? { content.withLock { $0.status } }

    /// Makes the other members part of the status, from the next look on, for a while.
    package func wantOthers() {
        let wake = content.withLock { content in
            let isNew = content.wanted <= monotonicNanoseconds()
            content.wanted = monotonicNanoseconds() &+ Self.interest
            return isNew ? content.wake : nil
        }
        wake?()
    }

    /// The gateway is of no fleet any more.
    package func clear() { content.withLock { $0 = Content() } }

    var wantsOthers: Bool { content.withLock { $0.wanted > monotonicNanoseconds() } }

    /// - Parameter wake: is called when somebody begins to want the others.
    func begin(_ status: FleetStatus, wake: @escaping @Sendable () -> Void) {
        content.withLock { ($0.status, $0.wake) = (status, wake) }
    }

    func update(_ change: (inout FleetStatus) -> Void) {
        content.withLock { content in
            guard var status = content.status.take() else { return }
            change(&status)
            content.status = status
        }
    }
}
