import Configuration
import EventLoop
import HTTP
import Transport

/// One worker's access lines: one for each exchange, collected and written many at a time.
final class AccessLog {
    /// Lines that go to one place. An object, so that no access to the list spans the writing of a line (price 1).
    private final class Output {
        let writer: LogWriter
        private var collected: LogBatch
        /// Ordinary exchanges since the last one that left a line.
        private var skipped: UInt64 = 0

        init(_ writer: LogWriter, source: Int) {
            self.writer = writer
            collected = LogBatch(source: source)
        }

        /// Adds a line.
        @inline(__always)
        func add(_ time: UInt64, _ write: (inout [UInt8]) -> Void) {
            // Taken out meanwhile (price 1).
            var batch = exchange(&collected, with: LogBatch(source: collected.source))
            write(&batch.bytes)
            batch.endLine(time: time)
            if batch.bytes.count >= AccessLog.flushSize { batch = handedOver(batch) }
            collected = batch
        }

        /// - Returns: the next one.
        @inline(never)
        private func handedOver(_ batch: consuming LogBatch) -> LogBatch {
            let next = batch.next
            writer.write(batch)
            return next
        }

        /// Hands over what has been collected.
        func flush() {
            // Room is kept for as long as there are lines each time.
            let next = collected.isEmpty ? LogBatch(source: collected.source) : collected.next
            let batch = exchange(&collected, with: next)
            if !batch.isEmpty { writer.write(batch) }
        }

        /// Is it the turn of an ordinary exchange to leave a line?
        /// - Parameter sampling: one in so many does.
        func takesOrdinary(sampling: UInt64) -> Bool {
            skipped += 1
            guard skipped == sampling else { return false }
            skipped = 0
            return true
        }
    }

    /// The first is that of sites without one of their own.
    private var outputs: [Output] = []
    private var style: AccessLogStyle
    /// 0 is the diagnostics log, which may go to the same place.
    private let source: Int
    /// The second that the last line was written in.
    private var second = LineTime.Second()
    private static let flushSize = 32_768

    /// - Parameter worker: the worker's number, from 0.
    init(_ logs: Logs, style: AccessLogStyle, worker: Int) {
        self.style = style
        source = worker + 1
        setOutputs(logs)
    }

    /// Is the first of them on? Beside the list, which is lent out and so checked wherever it is looked at (price 1).
    private var isFirstOn = false

    private var redactsFirst = false

    /// Does an exchange of the site leave a line?
    func isOn(for site: SitePlan?) -> Bool {
        guard let own = site?.log else { return isFirstOn }
        return outputs[index(of: own.destination)].writer.isOn
    }

    /// Does such a line have the request's identifier?
    func tellsRequestID(for site: SitePlan?) -> Bool { (site?.log?.style ?? style).tellsRequestID }

    /// What is left out of a target of the site's; nil if nothing is.
    func redaction(for site: SitePlan?) -> QueryRedaction? {
        guard let own = site?.log else { return redactsFirst ? style.redaction : nil }
        return own.style.redaction.isEmpty ? nil : own.style.redaction
    }

    /// Lines that begin from now on go there, in this format.
    func adopt(_ logs: Logs, style: AccessLogStyle) {
        flush()
        self.style = style
        setOutputs(logs)
    }

    private func setOutputs(_ logs: Logs) {
        outputs = logs.accessWriters.map { Output($0, source: source) }
        isFirstOn = outputs.first?.writer.isOn ?? false
        redactsFirst = !style.redaction.isEmpty
    }

    /// A site of an older configuration may have had one that is gone: its lines go where those of others do.
    private func index(of destination: Logging.Destination?) -> Int {
        guard let destination else { return 0 }
        return outputs.firstIndex { $0.writer.destination == destination } ?? 0
    }

    /// Adds the exchange's line.
    /// - Parameters:
    ///   - record: given away, since a copy counts all that it refers to.
    ///   - configuration: which one it went by.
    func append(_ record: consuming AccessRecord, _ client: any ClientSide, configuration: String) {
        let own = record.site?.log
        let index = if let own { index(of: own.destination) } else { 0 }
        let style = own?.style ?? style
        guard takes(record, style, at: index) else { return }
        let time = time()
        let line = AccessLine(record, client, style, time: time, configuration: configuration)
        outputs[index].add(time.nanoseconds) { line.append(to: &$0) }
    }

    /// Adds the line of a connection of `[[tcp]]`.
    /// - Parameters:
    ///   - name: that its client has asked for by SNI.
    ///   - configuration: which one it went by.
    func append(_ record: AccessRecord, of endpoint: ClientEndpoint, named name: String?, configuration: String) {
        guard takes(record, style, at: 0) else { return }
        let time = time()
        let line = AccessLine(record, of: endpoint, named: name, style, time: time, configuration: configuration)
        outputs[0].add(time.nanoseconds) { line.append(to: &$0) }
    }

    /// Now.
    private func time() -> LineTime {
        let time = LineTime(realtimeNanoseconds(), after: second)
        second = time.second
        return time
    }

    /// Does it leave a line, where only some do?
    @inline(__always)
    private func takes(_ record: borrowing AccessRecord, _ style: AccessLogStyle, at index: Int) -> Bool {
        guard style.sampling > 1, !style.mustKeep(record) else { return true }
        return outputs[index].takesOrdinary(sampling: style.sampling)
    }

    /// The line of an exchange that becomes a tunnel, but for what the tunnel's end decides: so the heads need not be kept.
    func template(_ record: AccessRecord, _ client: any ClientSide, configuration: String) -> Template {
        let own = record.site?.log
        let style = own?.style ?? style
        var bytes: [UInt8] = []
        AccessLine(record, client, style, time: nil, configuration: configuration).append(to: &bytes)
        return Template(bytes: Array(bytes), format: style.format, destination: own?.destination)
    }

    /// A line with placeholders. It stays in its format when another one comes into use.
    struct Template {
        fileprivate var bytes: [UInt8] = []
        fileprivate var format = Logging.Format.combined
        /// Nil: where lines of sites without a log of their own go.
        fileprivate var destination: Logging.Destination?
    }

    /// Adds a tunnel's line, if it is to leave one.
    /// - Parameters:
    ///   - template: made at its beginning.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func append(_ template: Template, _ ending: TunnelEnding, duration: UInt64) {
        guard !template.bytes.isEmpty else { return }
        let now = realtimeNanoseconds()
        outputs[index(of: template.destination)].add(now) { template.fill(ending, duration: duration, now: now, to: &$0) }
    }

    /// Hands over what has been collected.
    func flush() {
        for output in outputs { output.flush() }
    }
}

extension AccessLog.Template {
    /// Appends the line, with what the tunnel's end has decided.
    fileprivate func fill(_ ending: TunnelEnding, duration: UInt64, now: UInt64, to out: inout [UInt8]) {
        for byte in bytes {
            switch AccessLine.Placeholder(rawValue: byte) {
            case .time:
                if case .combined = format {
                    Timestamp.appendCommon(nanoseconds: now, to: &out)
                } else {
                    Timestamp.append(nanoseconds: now, to: &out)
                }
            case .bytesReceived: out.append(decimal: ending.up.bytes)
            case .bytesSent: out.append(decimal: ending.down.bytes)
            case .duration: out.append(guessing: 24) { $0.write(milliseconds: duration) }
            case .ending: ending.append(format, to: &out)
            case .nanoseconds: out.append(decimal: duration)
            case .commonTime: Timestamp.appendCommon(nanoseconds: now, to: &out)
            case .framesIn, .framesOut, .messagesIn, .messagesOut, .violations, .closedBy, .closeCode, .reason, .key:
                ending.append(AccessLine.Placeholder(rawValue: byte), to: &out)
            case nil: out.append(byte)
            }
        }
    }
}
