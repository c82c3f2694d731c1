import Configuration

/// Which exchanges leave spans.
struct TracingPlan: Sendable {
    /// One trace in so many of those that begin here is sampled.
    let sampling: UInt64
    /// Nanoseconds from which on an exchange is sent in any case.
    let slow: UInt64

    /// - Returns: nil if there are to be none.
    init?(_ tracing: Tracing) {
        guard tracing.endpoint != nil else { return nil }
        sampling = UInt64(tracing.sampleOneIn)
        slow = tracing.slow.nanoseconds
    }

    /// Is it one that is not left out: sampled, failed, or slow?
    func mustKeep(_ record: borrowing AccessRecord) -> Bool {
        record.trace?.isSampled == true || record.status >= 500 || record.duration >= slow
    }
}
