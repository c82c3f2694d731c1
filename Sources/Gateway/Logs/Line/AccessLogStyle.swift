import Configuration

/// Which exchanges leave a line, and what it looks like. An object, since each line holds it.
final class AccessLogStyle: Sendable {
    let format: Logging.Format
    /// How the format calls its fields; nil if its lines are no objects.
    let names: AccessLineNames?
    /// Parameters of a query whose values are nobody's business.
    let redaction: QueryRedaction
    /// Do its lines tell a request from all others?
    let tellsRequestID: Bool
    /// One ordinary exchange in so many leaves a line; 1: every one.
    let sampling: UInt64
    /// Nanoseconds from which on an exchange is not ordinary.
    let slow: UInt64

    convenience init(_ logging: Logging) {
        self.init(
            logging.format, redaction: QueryRedaction(logging.redactQuery), sampling: UInt64(max(1, logging.sampleOneIn)),
            slow: logging.sampleSlow.nanoseconds)
    }

    private init(_ format: Logging.Format, redaction: QueryRedaction, sampling: UInt64, slow: UInt64) {
        (self.format, names) = (format, AccessLineNames.of(format))
        (self.redaction, self.sampling, self.slow) = (redaction, sampling, slow)
        tellsRequestID = if case .text(let text) = format { text.pieces.contains(.field(.request_id)) } else { names != nil }
    }

    /// The style in another format.
    func written(as format: Logging.Format) -> AccessLogStyle {
        AccessLogStyle(format, redaction: redaction, sampling: sampling, slow: slow)
    }

    /// Is it one that a sample must not lose: did it fail, or was it slow?
    func mustKeep(_ record: borrowing AccessRecord) -> Bool {
        record.status >= 400 || record.failure != nil || record.attempts > 1 || record.duration >= slow
    }
}
