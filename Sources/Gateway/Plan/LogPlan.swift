import Configuration

/// `[logging]` as the data path needs it.
struct LogPlan: Sendable {
    var destination: Logging.Destination
    var format: Logging.Format
}
