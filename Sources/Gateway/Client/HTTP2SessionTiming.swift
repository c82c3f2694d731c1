/// Since when a client in HTTP/2 has kept its session waiting, and when it is to be looked at again. Monotonic nanoseconds.
struct HTTP2SessionTiming {
    /// When the last exchange ended, or the session began.
    var idleSince: UInt64
    /// Since when the client has taken nothing of what waits for it; nil while nothing waits.
    private(set) var blockedSince: UInt64?
    /// When the drain goes on; nil while there is none.
    private(set) var drainsAt: UInt64?
    /// When the client was last asked whether it is there; 0 if never.
    private(set) var pingedAt: UInt64 = 0
    var goAway = HTTP2GoAwayTiming()

    init(now: UInt64) {
        idleSince = now
    }

    /// The nearest of the deadlines that no limit of the plan sets; `.max` if there is none.
    var nearest: UInt64 { min(drainsAt ?? .max, goAway.deadline ?? .max) }

    /// Notes that all that waited has been sent.
    mutating func sentAll() { blockedSince = nil }

    /// - Parameter tookSome: whether the client has taken some of what waited.
    mutating func wasBlocked(tookSome: Bool, at now: UInt64) {
        if tookSome || blockedSince == nil { blockedSince = now }
    }

    mutating func pinged(at now: UInt64) { pingedAt = now }

    /// - Parameter delay: until the first step.
    mutating func beginDrain(at now: UInt64, after delay: UInt64) {
        if drainsAt == nil { drainsAt = now &+ delay }
    }

    /// Is a step of the drain due?
    func isDrainDue(at now: UInt64) -> Bool { drainsAt.map { now >= $0 } ?? false }

    /// A step has been made.
    /// - Parameter next: when the next one is due; nil: it was the last.
    mutating func stepDrain(next: UInt64?) { drainsAt = next }

    /// When an idle connection is to be looked at.
    /// - Parameter ping: after how long a silent client is asked whether it is there; 0: never.
    func idleDeadline(keepAlive: UInt64, ping: UInt64) -> UInt64 {
        let end = idleSince &+ keepAlive
        return ping == 0 ? end : min(end, max(idleSince, pingedAt) &+ ping)
    }
}
