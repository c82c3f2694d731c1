package import TLS

/// What has become of clients' TLS handshakes.
package struct HandshakeCounts: Sendable, Equatable {
    /// That were completed.
    package private(set) var completed = 0
    /// Of those, how many resumed a session.
    package private(set) var resumed = 0
    /// How many failed, by why; only what has happened is in it.
    package private(set) var failed: [HandshakeFault: Int] = [:]

    package init() {}

    /// As ``failed``, by the stable words.
    package var failedByWord: [String: Int] { Dictionary(uniqueKeysWithValues: failed.map { ($0.rawValue, $1) }) }

    mutating func countCompleted(isResumed: Bool) {
        completed &+= 1
        if isResumed { resumed &+= 1 }
    }

    mutating func count(_ fault: HandshakeFault) { failed[fault, default: 0] &+= 1 }

    mutating func add(_ other: HandshakeCounts) {
        completed += other.completed
        resumed += other.resumed
        failed.merge(other.failed) { $0 + $1 }
    }
}

/// How many lines a second may still be written about something that clients can cause as often as they like.
struct LineBudget {
    /// The second that is counted, since the loop's time began.
    private var second: UInt64 = 0
    private var written = 0
    /// What nobody has been told of yet.
    private var unsaid = 0

    /// May a line be written now?
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - most: lines a second.
    /// - Returns: nil if not; else how many were left out since the last one.
    mutating func take(now: UInt64, atMost most: Int) -> Int? {
        let second = now / 1_000_000_000
        if second != self.second { (self.second, written) = (second, 0) }
        guard written < most else {
            unsaid += 1
            return nil
        }
        written += 1
        defer { unsaid = 0 }
        return unsaid
    }
}
