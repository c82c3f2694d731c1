import HTTP
import Logging

/// How much a line matters (RFC 5424 §6.2.1): syslog and systemd's journal want it as a number.
enum LogSeverity: UInt8, Sendable {
    case critical = 2, error, warning, notice, info, debug

    init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace, .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}

/// Whole log lines of one thread, in the order of their times: what is handed to a log's writer at once.
struct LogBatch: Sendable {
    /// When a line was made, in nanoseconds since 1970, and where it ends in `bytes`.
    struct Mark: Sendable {
        var time: UInt64
        /// A batch is handed over long before it has so many bytes.
        private var shortEnd: UInt32
        var severity: LogSeverity
        /// Is it of the diagnostics log? It may go where access lines go.
        var isDiagnostic: Bool

        init(time: UInt64, end: Int, severity: LogSeverity, isDiagnostic: Bool) {
            self.time = time
            shortEnd = UInt32(end)
            self.severity = severity
            self.isDiagnostic = isDiagnostic
        }

        /// Which log it is of, as receivers of both are told.
        var log: StaticString { isDiagnostic ? "diagnostics" : "access" }

        var end: Int { Int(shortEnd) }
    }

    /// Who wrote it: lines of one source are in order already. 0 is the diagnostics log.
    let source: Int
    var bytes: [UInt8] = []
    private(set) var marks: [Mark] = []

    init(source: Int) {
        self.source = source
    }

    /// One of the same source, with room for as much as this one holds: for who fills one after the other.
    var next: LogBatch {
        var next = LogBatch(source: source)
        next.bytes.reserveCapacity(bytes.capacity)
        next.marks.reserveCapacity(marks.capacity)
        return next
    }

    var isEmpty: Bool { marks.isEmpty }
    var lineCount: Int { marks.count }

    /// Ends the line whose bytes have been appended.
    mutating func endLine(time: UInt64, severity: LogSeverity = .info) {
        bytes.append(0x0A)
        marks.append(Mark(time: time, end: bytes.count, severity: severity, isDiagnostic: source == 0))
    }

    /// Takes lines of another batch over, by one copy of their bytes.
    mutating func append(_ lines: Range<Int>, of other: LogBatch) {
        let begin = lines.lowerBound == 0 ? 0 : other.marks[lines.lowerBound - 1].end
        let shift = bytes.count - begin
        bytes.append(other.bytes, begin..<other.marks[lines.upperBound - 1].end)
        for mark in other.marks[lines] {
            marks.append(
                Mark(time: mark.time, end: mark.end + shift, severity: mark.severity, isDiagnostic: mark.isDiagnostic))
        }
    }

    /// Calls `body` with each line, without its line end.
    func forEachLine(_ body: (_ line: ArraySlice<UInt8>, _ mark: Mark) -> Void) {
        var begin = 0
        for mark in marks {
            body(bytes[begin..<mark.end - 1], mark)
            begin = mark.end
        }
    }

    /// A line by its number, without its line end.
    func line(_ number: Int) -> ArraySlice<UInt8> { bytes[(number == 0 ? 0 : marks[number - 1].end)..<marks[number].end - 1] }

    /// The lines from this one on.
    func rest(from number: Int) -> LogBatch {
        var rest = LogBatch(source: source)
        if number < lineCount { rest.append(number..<lineCount, of: self) }
        return rest
    }

    /// The memory that it holds, in bytes.
    var size: Int { bytes.capacity + marks.capacity * MemoryLayout<Mark>.stride + 64 }
}
