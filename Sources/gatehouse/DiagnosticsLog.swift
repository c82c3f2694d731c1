import Configuration
import Glibc
import Logging

/// The diagnostics log: a line for each message on standard error, standard output or in a file.
struct DiagnosticsLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let descriptor: Int32

    init(_ destination: Configuration::Logging.Destination, level: Configuration::Logging.Level) {
        logLevel =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
        descriptor =
            switch destination {
            case .none: -1
            case .stdout: STDOUT_FILENO
            case .stderr: STDERR_FILENO
            case .file(let path): FileWriting.openForAppending(path) ?? STDERR_FILENO
            }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard descriptor >= 0 else { return }
        var line = "gatehouse: \(event.level): \(event.message)"
        for (key, value) in (event.metadata ?? [:]).sorted(by: { $0.key < $1.key }) { line += " \(key)=\(quoted("\(value)"))" }
        _ = FileWriting.write(Array((line + "\n").utf8)[...], to: descriptor)
    }

    /// What came from a peer cannot forge a line.
    private func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
        return isPlain ? text : text.debugDescription
    }
}
