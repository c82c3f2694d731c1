import Configuration
import HTTP
import Transport

/// One worker's access log: a line for each exchange, collected and written many at a time.
final class AccessLog {
    private let sink: LogSink
    private let format: Logging.Format
    private var lines: [UInt8] = []
    private static let flushSize = 32_768

    init(_ plan: LogPlan, sink: LogSink) {
        self.sink = sink
        format = plan.format
    }

    var isOn: Bool { sink.isOn }

    /// Adds the exchange's line.
    func append(_ record: AccessRecord, _ client: any ClientSide) {
        let line = AccessLine(record: record, client: client)
        switch format {
        case .json: line.appendJSON(to: &lines)
        case .combined: line.appendCombined(to: &lines)
        case .compact: line.appendCompact(to: &lines)
        }
        lines.append(0x0A)
        if lines.count >= Self.flushSize { flush() }
    }

    /// Writes what has been collected.
    func flush() {
        guard !lines.isEmpty else { return }
        sink.write(lines)
        lines.removeAll(keepingCapacity: true)
    }
}
