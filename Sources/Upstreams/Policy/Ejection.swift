/// Takes a server that answers badly out for a growing time: after failures in a row, or when too large a share of what it was
/// sent in a window failed.
///
/// A pure value; times are monotonic nanoseconds that the caller gives.
package struct Ejection: Sendable, Equatable {
    /// When a server is taken out, and for how long; times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// Failures in a row that eject; 0: never.
        package var failures = 5
        /// The share of failures in a window that ejects, in percent; 0: never.
        package var percent = 0
        /// The time over which the share is taken.
        package var window: UInt64 = 10_000_000_000
        /// A share of fewer requests than this says nothing.
        package var minRequests = 20
        /// The first ejection's time; the second takes twice as long, the third three times …
        package var time: UInt64 = 10_000_000_000
        /// The longest time that a server is taken out for.
        package var maxTime: UInt64 = 300_000_000_000

        package init() {}
    }

    /// Why a server is ejected.
    package enum Cause: Sendable, Equatable {
        case failuresInARow(Int)
        case share(percent: Int)
    }

    /// When the server comes back; nil when it is not ejected.
    package private(set) var until: UInt64?
    private(set) var failuresInARow = 0
    /// When the first request of those failures was sent; nil: there are none.
    private(set) var rowBegan: UInt64?
    /// The client whose requests all of those were; nil: there are others among them, or some are nobody's in particular.
    private(set) var rowClient: UInt64?
    /// How many ejections have followed each other.
    private var times: UInt64 = 0
    private var returnedAt: UInt64 = 0
    private var windowEnd: UInt64 = 0
    private var failuresInWindow = 0
    private var requestsBefore = 0

    package init() {}

    /// Whether a success would change anything.
    var isUntouched: Bool { failuresInARow == 0 }

    /// The server failed a request.
    /// - Parameters:
    ///   - requests: all that it was sent, ever: the share is worked out of the difference.
    ///   - began: when this request was sent.
    ///   - client: who has sent it, if its requests come to one server as long as that is well; nil: anybody.
    ///   - mayEject: false: it has no consequence, and at most half of what would eject is held against the server later.
    /// - Returns: why it is ejected, if that happened now.
    mutating func failed(
        now: UInt64, requests: Int, began: UInt64? = nil, client: UInt64? = nil, mayEject: Bool = true, _ settings: Settings
    ) -> Cause? {
        rowClient = mayBeRow(of: client) ? client : nil
        failuresInARow += 1
        rowBegan = min(rowBegan ?? now, began ?? now)
        if now >= windowEnd {
            windowEnd = now &+ settings.window
            failuresInWindow = 0
            requestsBefore = requests - 1
        }
        failuresInWindow += 1
        // What was not its fault today must not eject it tomorrow, for one more failure of which the others know nothing yet.
        if !mayEject { failuresInARow = min(failuresInARow, max(1, (settings.failures + 1) / 2)) }
        guard mayEject, until == nil, let cause = cause(requests, settings) else { return nil }
        // A server that had been healthy for as long as it could be out begins anew.
        if now &- returnedAt > settings.maxTime { times = 0 }
        times += 1
        until = now &+ min(settings.time &* times, settings.maxTime)
        return cause
    }

    private func cause(_ requests: Int, _ settings: Settings) -> Cause? {
        if settings.failures > 0, failuresInARow >= settings.failures { return .failuresInARow(failuresInARow) }
        let sent = requests - requestsBefore
        guard settings.percent > 0, sent >= settings.minRequests, failuresInWindow * 100 >= sent * settings.percent
        else { return nil }
        return .share(percent: min(100, failuresInWindow * 100 / sent))
    }

    /// Are all failures in a row this client's, if the next one is?
    func mayBeRow(of client: UInt64?) -> Bool { client != nil && (failuresInARow == 0 || rowClient == client) }

    /// The server answered well.
    mutating func succeeded() {
        failuresInARow = 0
        rowBegan = nil
        rowClient = nil
    }

    /// Brings the server back when its time has come. One more failure ejects it again, until it has answered well.
    /// - Returns: is it back now?
    mutating func review(now: UInt64, _ settings: Settings) -> Bool {
        guard let end = until, now >= end else { return false }
        let client = rowClient
        comeBack(now: now)
        failuresInARow = max(0, settings.failures - 1)
        rowClient = client
        return true
    }

    /// Brings the server back before its time: a probe found it healthy.
    mutating func comeBack(now: UInt64) {
        until = nil
        returnedAt = now
        failuresInARow = 0
        rowBegan = nil
        rowClient = nil
        windowEnd = 0
    }
}
