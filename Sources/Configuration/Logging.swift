/// `[logging]`: the access log (a line per exchange) and the diagnostics log.
package struct Logging: Sendable, Equatable {
    /// The least severe message that the diagnostics log still takes.
    package enum Level: String, Sendable, CaseIterable { case trace, debug, info, warn, error }
    /// The form of an access-log line: Apache's combined format, a short line for people, or one JSON object.
    package enum Format: String, Sendable, CaseIterable { case combined, compact, json }

    /// Where lines go. A file is appended to, and made if it is missing.
    package enum Destination: Sendable, Equatable {
        case none, stdout, stderr
        case file(path: String)
    }

    package var level = Level.info
    /// Where access-log lines go. `.none` too when `log_requests` is false: this value alone decides.
    package var accessLog = Destination.stdout
    package var errorLog = Destination.stderr
    package var format = Format.combined
    package var logRequests = true
    /// Names of a query's parameters whose values are not written down.
    package var redactQuery: [String] = []
    /// Of ordinary exchanges one in so many leaves a line.
    package var sampleOneIn = 1
    /// An exchange that takes so long is not ordinary.
    package var sampleSlow = Duration.seconds(1)

    package init() {}
}
