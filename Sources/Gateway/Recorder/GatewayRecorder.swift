/// What the flight recorders of all workers keep, in the order in which it ended.
package struct RecordedExchanges: Sendable {
    /// A JSON object each, and a line end behind each.
    package var lines: [UInt8]
    package var count: Int
}

extension Gateway {
    /// The last exchanges of all workers. A worker copies what it keeps; the text is made by the caller.
    package func recorded() async -> RecordedExchanges {
        var all: [RecordedExchange] = []
        for worker in workers { all += await worker.recorded }
        all.sort { ($0.time, $0.worker, $0.number) < ($1.time, $1.worker, $1.number) }
        var lines: [UInt8] = []
        for exchange in all {
            RecordedLine(exchange: exchange).append(to: &lines)
            lines.append(0x0A)
        }
        return RecordedExchanges(lines: lines, count: all.count)
    }
}

extension Worker {
    /// The oldest first.
    var recorded: [RecordedExchange] { resources?.recorder.inOrder ?? [] }
}
