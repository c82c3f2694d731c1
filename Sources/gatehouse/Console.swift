import Configuration
import EventLoop
import Glibc
import Synchronization

/// What the command says to the person who called it.
enum Console {
    static var hasColour: Bool { isatty(STDERR_FILENO) == 1 && Environment.value("NO_COLOR") == nil }

    /// Was standard error a terminal that has been closed?
    static var isTerminalGone: Bool { OutputDescriptor(STDERR_FILENO).hasHungUp }

    /// Why standard output has not taken all that was written to it; nil as long as it has.
    static var outputFault: SystemError? { fault.withLock { $0 } }
    private static let fault = Mutex<SystemError?>(nil)

    static func say(_ text: String) { write(plain(text) + "\n", to: STDOUT_FILENO) }
    /// Writes text to standard output without a line's end.
    static func show(_ text: String) { write(plain(text), to: STDOUT_FILENO) }
    static func error(_ text: String) { write(plain(text) + "\n", to: STDERR_FILENO) }
    /// Writes text with its control sequences: nobody else's words may be in it.
    static func draw(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// All problems, each with its line of the file, and a count.
    static func report(_ problems: [Problem], source: ConfigurationSource) {
        for problem in problems {
            // With colours; what is others' in it is printable.
            write(problem.render(source: source.text(of: problem.location.file), colour: hasColour) + "\n", to: STDERR_FILENO)
        }
        let errors = problems.count { $0.severity == .error }
        let warnings = problems.count { $0.severity == .warning }
        if errors + warnings > 0 { error("\(counted(errors, "error")), \(counted(warnings, "warning"))") }
    }

    private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    /// Names in certificates, answers of servers and parts of requests are others' words, and a terminal would obey some. What it
    /// would obey stands as JSON writes it, so that JSON remains JSON. Line ends and tabs stay.
    private static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isObeyed) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isObeyed(scalar) {
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool { scalar != "\n" && scalar != "\t" && isControl(scalar) }

    /// Writes all of it, also where whoever reads is slow and the descriptor does not block: somebody else it is shared with
    /// may have made it so.
    private static func write(_ text: String, to descriptor: Int32) {
        let output = OutputDescriptor(descriptor)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = output.write(rest)
            if written > 0 {
                rest = rest.dropFirst(written)
                continue
            }
            let error = SystemError("write")
            switch error.code {
            case EINTR: continue
            case EAGAIN: output.waitForRoom()
            default:
                if descriptor == STDOUT_FILENO { fault.withLock { $0 = error } }
                return
            }
        }
    }
}
