/// How many answers there were, and how many of them were failures of ours or an upstream's.
package struct AnswerCounts: Sendable, Equatable {
    package private(set) var all = 0
    /// Answers with a status of 500 or more, but for those that what a client sends brings about.
    package private(set) var failures = 0

    package init() {}

    @inline(__always)  // Once for each exchange.
    mutating func count(isFailure: Bool) {
        all &+= 1
        if isFailure { failures &+= 1 }
    }

    mutating func add(_ other: AnswerCounts) {
        all += other.all
        failures += other.failures
    }

    /// What has come since an earlier count.
    package func since(_ earlier: AnswerCounts) -> AnswerCounts {
        var difference = self
        difference.all -= earlier.all
        difference.failures -= earlier.failures
        return difference
    }

    /// The share of failures in percent; 0 without any answer.
    package var failurePercent: Double { all == 0 ? 0 : Double(failures) * 100 / Double(all) }
}
