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
        append(AccessLine(record: record, client: client), to: &lines)
        endLine()
    }

    /// The line of an exchange that becomes a tunnel, but for what the tunnel's end decides: so the heads need not be kept.
    func template(_ record: AccessRecord, _ client: any ClientSide) -> [UInt8] {
        var template: [UInt8] = []
        append(AccessLine(record: record, client: client, isTemplate: true), to: &template)
        return Array(template)
    }

    /// Adds a tunnel's line.
    /// - Parameters:
    ///   - template: made at its beginning.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func append(_ template: [UInt8], _ ending: TunnelEnding, duration: UInt64) {
        for byte in template {
            switch AccessLine.Blank(rawValue: byte) {
            case .time: AccessLine.appendNow(to: &lines)
            case .bytesReceived: lines.append(decimal: ending.up.bytes)
            case .bytesSent: lines.append(decimal: ending.down.bytes)
            case .duration: AccessLine.appendMilliseconds(duration, to: &lines)
            case .ending: ending.append(asJSON: format == .json, to: &lines)
            case nil: lines.append(byte)
            }
        }
        endLine()
    }

    private func append(_ line: AccessLine, to out: inout [UInt8]) {
        switch format {
        case .json: line.appendJSON(to: &out)
        case .combined: line.appendCombined(to: &out)
        case .compact: line.appendCompact(to: &out)
        }
    }

    private func endLine() {
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
