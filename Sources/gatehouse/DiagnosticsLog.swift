import Configuration
import Gateway
import Logging

/// The diagnostics log: a line for each message, with its time.
struct DiagnosticsLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let logs: Logs

    init(_ logs: Logs, level: Configuration::Logging.Level) {
        self.logs = logs
        logLevel =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "gatehouse: \(event.level): \(event.message)"
        for (key, value) in (event.metadata ?? [:]).sorted(by: { $0.key < $1.key }) { line += " \(key)=\(quoted("\(value)"))" }
        logs.say(line)
    }

    /// What came from a peer cannot forge a line.
    private func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
        return isPlain ? text : text.debugDescription
    }
}
