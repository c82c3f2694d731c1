import Configuration
import EventLoop
import HTTP
import Transport

/// One worker's access log: a line for each exchange, collected and written many at a time.
final class AccessLog {
    private let writer: LogWriter
    private let format: Logging.Format
    private var batch: LogBatch
    private static let flushSize = 32_768

    /// - Parameter worker: the worker's number, from 0.
    init(_ writer: LogWriter, format: Logging.Format, worker: Int) {
        self.writer = writer
        self.format = format
        // 0 is the diagnostics log, which may go to the same place.
        batch = LogBatch(source: worker + 1)
    }

    var isOn: Bool { writer.isOn }

    /// Adds the exchange's line.
    func append(_ record: AccessRecord, _ client: any ClientSide) {
        let now = realtimeNanoseconds()
        AccessLine(record: record, client: client, format: format, time: now).append(to: &batch.bytes)
        endLine(now)
    }

    /// The line of an exchange that becomes a tunnel, but for what the tunnel's end decides: so the heads need not be kept.
    func template(_ record: AccessRecord, _ client: any ClientSide) -> [UInt8] {
        var template: [UInt8] = []
        AccessLine(record: record, client: client, format: format, time: nil).append(to: &template)
        return Array(template)
    }

    /// Adds a tunnel's line.
    /// - Parameters:
    ///   - template: made at its beginning.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func append(_ template: [UInt8], _ ending: TunnelEnding, duration: UInt64) {
        let now = realtimeNanoseconds()
        for byte in template {
            switch AccessLine.Blank(rawValue: byte) {
            case .time: AccessLine.append(time: now, in: format, to: &batch.bytes)
            case .bytesReceived: batch.bytes.append(decimal: ending.up.bytes)
            case .bytesSent: batch.bytes.append(decimal: ending.down.bytes)
            case .duration: AccessLine.appendMilliseconds(duration, to: &batch.bytes)
            case .ending: ending.append(asJSON: format == .json, to: &batch.bytes)
            case nil: batch.bytes.append(byte)
            }
        }
        endLine(now)
    }

    private func endLine(_ time: UInt64) {
        batch.endLine(time: time)
        if batch.bytes.count >= Self.flushSize { flush() }
    }

    /// Hands over what has been collected.
    func flush() {
        guard !batch.isEmpty else { return }
        writer.write(exchange(&batch, with: LogBatch(source: batch.source)))
    }
}
