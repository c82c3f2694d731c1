/// Brings the lines of several sources into the order of their times.
struct LogMerge {
    private struct Source {
        /// The oldest first.
        var batches: [LogBatch] = []
        /// How many lines of the first batch have been taken; `offset` counts their bytes.
        var line = 0
        var offset = 0

        var nextTime: UInt64? { batches.first?.marks[line].time }
        var lineCount: Int { batches.reduce(0) { $0 + $1.lineCount } - line }
    }

    private var sources: [Source] = []
    /// The bytes of all batches that hold lines.
    private(set) var size = 0
    /// How many lines have been added and not taken.
    var lineCount: Int { sources.reduce(0) { $0 + $1.lineCount } }
    /// The time of the oldest line; nil without one.
    var nextTime: UInt64? { sources.compactMap(\.nextTime).min() }

    mutating func add(_ batch: LogBatch) {
        guard !batch.isEmpty else { return }
        while sources.count <= batch.source { sources.append(Source()) }
        sources[batch.source].batches.append(batch)
        size += batch.size
    }

    /// Takes lines, the oldest first.
    /// - Parameters:
    ///   - last: no line that was made later; nanoseconds since 1970.
    ///   - limit: stops after the line that fills so many bytes.
    ///   - out: where the lines go.
    /// - Returns: how many lines were taken.
    mutating func take(upTo last: UInt64, limit: Int, to out: inout LogBatch) -> Int {
        var count = 0
        while out.bytes.count < limit, let (index, until) = nextRun(last) {
            count += takeRun(of: index, until: until, limit: limit, to: &out)
        }
        return count
    }

    /// The source of the oldest line, and up to when no other source has one.
    private func nextRun(_ last: UInt64) -> (index: Int, until: UInt64)? {
        var first: (index: Int, time: UInt64)?
        var until = last
        for (index, source) in sources.enumerated() {
            guard let time = source.nextTime, time <= last else { continue }
            if let oldest = first {
                until = min(until, max(time, oldest.time))
                if time < oldest.time { first = (index, time) }
            } else {
                first = (index, time)
            }
        }
        return first.map { ($0.index, until) }
    }

    /// Takes lines of the source's first batch: all of it as it is, where nothing stands in the way, or some by one copy.
    private mutating func takeRun(of index: Int, until: UInt64, limit: Int, to out: inout LogBatch) -> Int {
        let batch = sources[index].batches[0]
        let (line, offset) = (sources[index].line, sources[index].offset)
        if line == 0, out.isEmpty, batch.bytes.count <= limit, let last = batch.marks.last, last.time <= until {
            out = batch
            removeFirst(of: index)
            return out.lineCount
        }
        var (next, end) = (line, offset)
        while next < batch.lineCount, batch.marks[next].time <= until, next == line || out.bytes.count + end - offset < limit {
            end = batch.marks[next].end
            next += 1
        }
        out.append(line..<next, of: batch)
        if next == batch.lineCount {
            removeFirst(of: index)
        } else {
            (sources[index].line, sources[index].offset) = (next, end)
        }
        return next - line
    }

    private mutating func removeFirst(of index: Int) {
        size -= sources[index].batches.removeFirst().size
        (sources[index].line, sources[index].offset) = (0, 0)
    }
}
