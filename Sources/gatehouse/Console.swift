import Configuration
import Glibc

/// What the command says to the person who called it.
enum Console {
    static var hasColour: Bool { isatty(STDERR_FILENO) == 1 && Environment.value("NO_COLOR") == nil }

    /// Was standard error a terminal that has been closed?
    static var isTerminalGone: Bool { FileWriting.hasHungUp(STDERR_FILENO) }

    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    /// Without a line's end.
    static func show(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Standard input to its end, or to a limit in bytes.
    static func input(atMost limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= limit, let line = readLine(strippingNewline: false) { bytes += Array(line.utf8) }
        return bytes
    }

    /// All problems, each with its line of the file, and a count.
    static func report(_ problems: [Problem], source: ConfigurationSource) {
        for problem in problems { error(problem.render(source: source.text(of: problem.location.file), colour: hasColour)) }
        let errors = problems.count { $0.severity == .error }
        let warnings = problems.count { $0.severity == .warning }
        if errors + warnings > 0 { error("\(counted(errors, "error")), \(counted(warnings, "warning"))") }
    }

    private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = FileWriting.write(rest, to: descriptor)
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
