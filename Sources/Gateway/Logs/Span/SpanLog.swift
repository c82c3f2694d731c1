import Configuration
import EventLoop
import HTTP

/// One worker's spans, collected and handed over many at a time, as access lines are.
final class SpanLog {
    /// Nil: nobody takes them.
    private var writer: LogWriter?
    private var style: AccessLogStyle
    private var batch: LogBatch
    private var second = LineTime.Second()
    private static let flushSize = 32_768

    /// - Parameter worker: the worker's number, from 0.
    init(_ logs: Logs, style: AccessLogStyle, worker: Int) {
        writer = logs.spans
        self.style = style.written(as: .otel)
        batch = LogBatch(source: worker + 1)
    }

    /// Spans of exchanges that end from now on go there.
    func adopt(_ logs: Logs, style: AccessLogStyle) {
        flush()
        writer = logs.spans
        self.style = style.written(as: .otel)
    }

    /// Adds the spans of an exchange that has ended, if it is one of those that are sent.
    func append(_ record: AccessRecord, _ client: any ClientSide, _ tracing: TracingPlan, configuration: String) {
        guard writer != nil, let trace = record.trace, tracing.mustKeep(record) else { return }
        let now = realtimeNanoseconds()
        let time = LineTime(now, after: second)
        second = time.second
        let line = AccessLine(record, client, style, time: time, configuration: configuration)
        let span = SpanLine(line: line, trace: trace, time: now)
        batch.bytes.append(guessing: 2048) { span.write(to: &$0) }
        batch.endLine(time: now)
        if batch.bytes.count >= Self.flushSize { flush() }
    }

    /// Hands over what has been collected.
    func flush() {
        guard !batch.isEmpty else { return }
        writer?.write(exchange(&batch, with: LogBatch(source: batch.source)))
    }
}
