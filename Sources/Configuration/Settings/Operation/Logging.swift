/// `[logging]`: the access log (a line per exchange) and the diagnostics log.
package struct Logging: Sendable, Equatable {
    /// The least severe message that the diagnostics log still takes.
    package enum Level: String, Sendable, CaseIterable { case trace, debug, info, warn, error }
    /// The form of an access-log line: Apache's combined format, a short line for people, one JSON object, one with the names of
    /// the Elastic Common Schema or of OpenTelemetry's semantic conventions, or a text with fields in braces.
    package enum Format: Sendable, Equatable {
        case combined, compact, json, ecs, otel
        case text(LogFormat)

        /// Is a line a JSON object?
        package var isJSON: Bool {
            switch self {
            case .json, .ecs, .otel: true
            case .combined, .compact, .text: false
            }
        }

        static let words: [(word: String, format: Format)] = [
            ("combined", .combined), ("compact", .compact), ("json", .json), ("ecs", .ecs), ("otel", .otel),
        ]
    }

    package var level = Level.info
    /// Where access-log lines go. `.none` too when `log_requests` is false: this value alone decides.
    package var accessLog = Destination.stdout
    package var errorLog = Destination.stderr
    package var format = Format.combined
    package var logRequests = true
    /// Names of a query's parameters whose values are not written down.
    package var redactQuery: [String] = []
    /// One ordinary exchange in so many leaves a line.
    package var sampleOneIn = 1
    /// An exchange that takes so long is not ordinary.
    package var sampleSlow = Duration.seconds(1)
    /// A file that would grow beyond so many bytes is put aside, and a new one begun; nil: whatever its size.
    package var rotateSize: Int?
    /// A file with lines of an earlier period is put aside: periods of this length since 1970 in UTC. Nil: however old.
    package var rotateAge: Duration?
    /// How many files are kept that were put aside.
    package var rotateKeep = 14
    /// What a syslog receiver takes lines for.
    package var syslogFacility = SyslogFacility.daemon
    /// PEM file of the authorities that a syslog receiver's certificate may lead to; nil: the system's.
    package var syslogCaFile: String?

    package init() {}
}
