/// How many requests one client may send: so many at once, and after them one whenever its turn comes. A value: the generic cell
/// rate algorithm (ITU-T I.371, annex A), whose one variable per client is the time at which it has nothing left to wait for, the
/// *due* time. Times are monotonic nanoseconds, below 2^62.
package struct RateLimit: Sendable, Equatable {
    /// Nanoseconds between the turns; even, since a due time's lowest bit says something else.
    package let interval: UInt64
    /// Requests that may come at once.
    package let burst: UInt64
    /// Nanoseconds for which who has sent too many is refused everything; 0: until its next turn.
    package let block: UInt64
    /// How far ahead of now a due time may be.
    private let tolerance: UInt64

    /// - Parameters:
    ///   - requests: in every `period`, at least 1.
    ///   - period: nanoseconds, at most a year.
    ///   - burst: at least 1. Together they must need less than a year to be sent at the steady rate.
    ///   - block: nanoseconds, at most a year.
    package init(requests: UInt64, per period: UInt64, burst: UInt64, block: UInt64 = 0) {
        self.init(interval: max(2, ((period + requests - 1) / requests + 1) & ~1), burst: burst, block: block)
    }

    private init(interval: UInt64, burst: UInt64, block: UInt64) {
        self.interval = interval
        self.burst = burst
        self.block = block
        let (product, overflows) = interval.multipliedReportingOverflow(by: burst - 1)
        tolerance = overflows ? Self.maxInterval : min(product, Self.maxInterval)
    }

    /// What becomes of one request.
    package struct Verdict: Sendable, Equatable {
        package let isAdmitted: Bool
        /// Requests that could come at once now.
        package let remaining: UInt64
        /// Nanoseconds: of one that is admitted until the whole burst can be sent again, else until it is worth asking again.
        package let wait: UInt64
        /// Is everything refused to the client from now on, for `block`?
        package var beginsBlock = false
    }

    /// Nanoseconds in which a whole burst comes back.
    package var allowance: UInt64 { tolerance + interval }

    /// The limit for one of several who must not let in more than it together, and who cannot ask each other.
    package func part(of parts: UInt64) -> RateLimit {
        let (longer, overflows) = interval.multipliedReportingOverflow(by: parts)
        return RateLimit(
            interval: overflows ? Self.maxInterval : min(longer, Self.maxInterval), burst: max(1, burst / max(1, parts)),
            block: block)
    }

    /// The due time of a client that is blocked from now on.
    package func blocked(at now: UInt64) -> UInt64 { (now + block + tolerance) & ~Self.blockedBit | Self.blockedBit }

    /// Decides about a request.
    /// - Parameter due: of its client; 0 of one that is not known.
    /// - Returns: the client's due time from now on, nil if that stays; it is later than the one before.
    package func decide(due: UInt64, now: UInt64) -> (due: UInt64?, verdict: Verdict) {
        let now = now & ~Self.blockedBit
        let start = max(due & ~Self.blockedBit, now)
        let ahead = start - now
        guard ahead > tolerance else {
            let next = start + interval
            // A client's whole allowance is `tolerance + interval`, of which `next - now` is taken.
            let left = tolerance + interval - (next - now)
            return (next, Verdict(isAdmitted: true, remaining: left / interval, wait: next - now))
        }
        let wait = ahead - tolerance
        guard block > wait, due & Self.blockedBit == 0 else {
            return (nil, Verdict(isAdmitted: false, remaining: 0, wait: wait))
        }
        return (blocked(at: now), Verdict(isAdmitted: false, remaining: 0, wait: block, beginsBlock: true))
    }

    /// The bit of a due time that says: the client has sent too many, and further requests do not block it for longer.
    package static let blockedBit: UInt64 = 1
    /// A year.
    private static let maxInterval: UInt64 = 31_536_000_000_000_000
}
