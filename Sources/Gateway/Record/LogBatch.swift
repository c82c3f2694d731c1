/// Whole log lines of one thread, in the order of their times: what is handed to a log's writer at once.
struct LogBatch: Sendable {
    /// When a line was made, in nanoseconds since 1970, and where it ends in `bytes`.
    struct Mark: Sendable {
        var time: UInt64
        var end: Int
    }

    /// Who wrote it: lines of one source are in order already.
    let source: Int
    var bytes: [UInt8] = []
    private(set) var marks: [Mark] = []

    init(source: Int) {
        self.source = source
    }

    var isEmpty: Bool { marks.isEmpty }
    var lineCount: Int { marks.count }

    /// Ends the line whose bytes have been appended.
    mutating func endLine(time: UInt64) {
        bytes.append(0x0A)
        marks.append(Mark(time: time, end: bytes.count))
    }

    /// The memory that it holds, in bytes.
    var size: Int { bytes.capacity + marks.capacity * MemoryLayout<Mark>.stride + 64 }
}
