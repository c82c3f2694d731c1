import Configuration
import Gateway
import Logging
import Synchronization

/// Where the messages of the diagnostics log go at present, and how many of them: a reload changes both.
final class DiagnosticsOutput: Sendable {
    private let current: Mutex<Logs>
    /// The least level that is said, as its index among all. An atomic, since every message asks for it, most to be left out.
    private let least: Atomic<Int>

    init(_ logs: Logs, level: Configuration::Logging.Level) {
        current = Mutex(logs)
        least = Atomic(Self.index(level))
    }

    var logs: Logs { current.withLock { $0 } }
    var level: Logger.Level { Logger.Level.allCases[least.load(ordering: .relaxed)] }

    /// Messages go there from now on.
    func change(to logs: Logs, level: Configuration::Logging.Level) {
        current.withLock { $0 = logs }
        least.store(Self.index(level), ordering: .relaxed)
    }

    private static func index(_ level: Configuration::Logging.Level) -> Int {
        let level: Logger.Level =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
        return Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}

/// The diagnostics log: a line for each message, with its time.
struct DiagnosticsLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    private let output: DiagnosticsOutput
    /// Of this logger alone.
    private var ownLevel: Logger.Level?

    init(_ output: DiagnosticsOutput) {
        self.output = output
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "gatehouse: \(event.level): \(event.message)"
        for (key, value) in (event.metadata ?? [:]).sorted(by: { $0.key < $1.key }) { line += " \(key)=\(quoted("\(value)"))" }
        output.logs.say(line, level: event.level)
    }

    /// What came from a peer cannot forge a line, or be obeyed by a terminal.
    private func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
        guard !isPlain else { return text }
        // Swift's own form escapes those of ASCII alone: U+0085 and U+2028 end lines too, U+009B begins a terminal's command.
        guard text.unicodeScalars.contains(where: isControl) else { return text.debugDescription }
        return "\"" + text.unicodeScalars.map { $0.escaped(asASCII: isControl($0)) }.joined() + "\""
    }
}
