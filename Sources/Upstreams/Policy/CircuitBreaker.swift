/// Stops sending to a server that cannot be reached: closed, open for a growing time, then half-open, when one request tries.
///
/// A pure value; times are monotonic nanoseconds that the caller gives.
package struct CircuitBreaker: Sendable, Equatable {
    /// When it opens, and for how long; times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// Failures in a row that open it; 0: never.
        package var failures = 5
        /// How long it stays open the first time; each failed trial doubles it.
        package var openTime: UInt64 = 1_000_000_000
        /// How long it stays open at most.
        package var maxOpenTime: UInt64 = 30_000_000_000
        /// When nothing was heard of a trial for so long, another request may try.
        package var trialTime: UInt64 = 15_000_000_000

        package init() {}
    }

    /// Whether requests are sent.
    package enum State: Sendable, Equatable {
        case closed
        /// No requests until then; the first one after it is the trial.
        case open(until: UInt64)
        /// One request is trying; if nothing is heard of it by then, another may.
        case halfOpen(until: UInt64)
    }

    package private(set) var state = State.closed
    private var failures = 0
    private var openTime: UInt64 = 0

    package init() {}

    /// Whether a success would change anything.
    var isUntouched: Bool { state == .closed && failures == 0 }

    /// The end of the time in which nothing is sent; nil when closed.
    var blockedUntil: UInt64? {
        switch state {
        case .closed: nil
        case .open(let end), .halfOpen(let end): end
        }
    }

    /// Notes that the trial has begun: until `end`, in monotonic nanoseconds, no other request tries.
    mutating func began(trialUntil end: UInt64) {
        if state != .closed { state = .halfOpen(until: end) }
    }

    /// The server could not be reached.
    /// - Returns: has it opened now?
    mutating func failed(now: UInt64, _ settings: Settings) -> Bool {
        guard settings.failures > 0 else { return false }
        failures += 1
        switch state {
        case .closed:
            guard failures >= settings.failures else { return false }
            openTime = settings.openTime
            state = .open(until: now &+ openTime)
            return true
        case .halfOpen:
            openTime = min(openTime &* 2, settings.maxOpenTime)
            state = .open(until: now &+ openTime)
            return false
        // A request from before it opened.
        case .open: return false
        }
    }

    /// The server was reached.
    /// - Returns: has it closed now?
    mutating func succeeded() -> Bool {
        failures = 0
        defer { state = .closed }
        return state != .closed
    }
}
