import Configuration

/// What the configuration says of logs besides where they go.
struct LogOptions: Sendable, Equatable {
    var rotation: LogRotation
    var facility: Logging.SyslogFacility
    /// PEM; nil: the system's authorities.
    var syslogCaFile: String?

    init(_ logging: Logging) {
        rotation = LogRotation(logging)
        facility = logging.syslogFacility
        syslogCaFile = logging.syslogCaFile
    }
}
