import Configuration
import EventLoop
import Transport

/// Where a log's lines go, for the log's thread: each call may wait as long as the destination has it wait.
enum LogOutput: Sendable {
    case file(LogFile)
    case syslog(SyslogSender)
    case journal(JournalSender)
    case spans(SpanSender)

    /// Lines that are lost, and why.
    struct Loss: Error {
        var lines: Int
        var error: TransportError
        /// Those that nobody was there to take, and which wait; nil if there are none.
        var unsent: LogBatch?
    }

    /// - Parameter key: the configuration key of the log, for errors.
    /// - Throws: when a file cannot be opened for appending. Whoever receives messages may come later.
    init(_ destination: Logging.Destination, _ options: LogOptions, key: String) throws(LogOpenError) {
        switch destination {
        case .syslog(let receiver): self = .syslog(SyslogSender(receiver, options))
        case .journald: self = .journal(JournalSender(facility: options.facility))
        case .collector(let endpoint, let service, let caFile):
            self = .spans(SpanSender(endpoint, service: service, caFile: caFile))
        case .none, .stdout, .stderr, .file: self = .file(try LogFile(destination, options.rotation, key: key))
        }
    }

    /// Makes a connection if there is none. Until that has succeeded lines wait.
    /// - Throws: why there is none; then to be tried again after a while.
    mutating func prepare() throws(TransportError) {
        switch self {
        case .file: break
        case .syslog(var sender):
            defer { self = .syslog(sender) }
            try sender.prepare()
        case .journal(var sender):
            defer { self = .journal(sender) }
            try sender.prepare()
        case .spans(var sender):
            defer { self = .spans(sender) }
            try sender.prepare()
        }
    }

    /// - Returns: nil if all are written.
    mutating func write(_ lines: LogBatch) -> Loss? {
        switch self {
        case .file(var file):
            defer { self = .file(file) }
            do throws(Loss) {
                try file.write(lines)
                return nil
            } catch {
                return error
            }
        case .syslog(var sender):
            defer { self = .syslog(sender) }
            return sender.write(lines)
        case .journal(var sender):
            defer { self = .journal(sender) }
            return sender.write(lines)
        case .spans(var sender):
            defer { self = .spans(sender) }
            return sender.write(lines)
        }
    }

    /// Opens a file anew; nothing for the others.
    mutating func reopen() throws(SystemError) {
        guard case .file(var file) = self else { return }
        defer { self = .file(file) }
        try file.reopen()
    }

    /// Once, when nothing more is to be written.
    func close() {
        switch self {
        case .file(let file): file.close()
        case .syslog(let sender): sender.close()
        case .journal(let sender): sender.close()
        case .spans(let sender): sender.close()
        }
    }
}
