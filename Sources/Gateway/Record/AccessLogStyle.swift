import Configuration

/// Which exchanges leave a line, and what it looks like.
struct AccessLogStyle: Sendable, Equatable {
    var format: Logging.Format {
        didSet { names = AccessLineNames.of(format) }
    }
    /// How the format calls its fields; nil if its lines are no objects.
    private(set) var names: AccessLineNames?
    /// Parameters of a query whose values are nobody's business.
    var redaction: QueryRedaction
    /// Of ordinary exchanges one in so many leaves a line; 1: every one.
    var sampling: UInt64
    /// Nanoseconds from which on an exchange is not ordinary.
    var slow: UInt64

    init(_ logging: Logging) {
        format = logging.format
        names = AccessLineNames.of(format)
        redaction = QueryRedaction(logging.redactQuery)
        sampling = UInt64(max(1, logging.sampleOneIn))
        slow = logging.sampleSlow.nanoseconds
    }

    /// Is it one that a sample must not lose: did it fail, or was it slow?
    func mustKeep(_ record: borrowing AccessRecord) -> Bool {
        record.status >= 400 || record.failure != nil || record.attempts > 1 || record.duration >= slow
    }
}
