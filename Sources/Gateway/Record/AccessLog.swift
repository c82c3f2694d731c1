import Configuration
import EventLoop
import HTTP
import Transport

/// One worker's access log: a line for each exchange, collected and written many at a time.
final class AccessLog {
    private var writer: LogWriter
    private var style: AccessLogStyle
    /// Ordinary exchanges since the last one that left a line.
    private var skipped: UInt64 = 0
    private var batch: LogBatch
    private static let flushSize = 32_768

    /// - Parameter worker: the worker's number, from 0.
    init(_ writer: LogWriter, style: AccessLogStyle, worker: Int) {
        self.writer = writer
        self.style = style
        // 0 is the diagnostics log, which may go to the same place.
        batch = LogBatch(source: worker + 1)
    }

    var isOn: Bool { writer.isOn }

    /// Lines that begin from now on go there, in this format.
    func adopt(_ writer: LogWriter, style: AccessLogStyle) {
        flush()
        self.writer = writer
        self.style = style
    }

    /// Adds the exchange's line.
    /// - Parameter configuration: which one it went by.
    func append(_ record: AccessRecord, _ client: any ClientSide, configuration: String) {
        if style.sampling > 1, !style.mustKeep(record) {
            skipped += 1
            guard skipped == style.sampling else { return }
            skipped = 0
        }
        let now = realtimeNanoseconds()
        AccessLine(record: record, client: client, style: style, time: now, configuration: configuration).append(to: &batch.bytes)
        endLine(now)
    }

    /// The line of an exchange that becomes a tunnel, but for what the tunnel's end decides: so the heads need not be kept.
    func template(_ record: AccessRecord, _ client: any ClientSide, configuration: String) -> Template {
        var bytes: [UInt8] = []
        AccessLine(record: record, client: client, style: style, time: nil, configuration: configuration).append(to: &bytes)
        return Template(bytes: Array(bytes), format: style.format)
    }

    /// A line with blanks. It stays in its format when another one comes into use.
    struct Template {
        fileprivate var bytes: [UInt8] = []
        fileprivate var format = Logging.Format.combined
    }

    /// Adds a tunnel's line.
    /// - Parameters:
    ///   - template: made at its beginning.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func append(_ template: Template, _ ending: TunnelEnding, duration: UInt64) {
        let now = realtimeNanoseconds()
        for byte in template.bytes {
            switch AccessLine.Blank(rawValue: byte) {
            case .time: AccessLine.append(time: now, in: template.format, to: &batch.bytes)
            case .bytesReceived: batch.bytes.append(decimal: ending.up.bytes)
            case .bytesSent: batch.bytes.append(decimal: ending.down.bytes)
            case .duration: AccessLine.appendMilliseconds(duration, to: &batch.bytes)
            case .ending: ending.append(template.format, to: &batch.bytes)
            case .nanoseconds: batch.bytes.append(decimal: duration)
            case .commonTime: Timestamp.appendCommon(nanoseconds: now, to: &batch.bytes)
            case .framesIn, .framesOut, .messagesIn, .messagesOut, .violations, .closedBy, .closeCode, .reason, .key:
                ending.append(AccessLine.Blank(rawValue: byte), to: &batch.bytes)
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
