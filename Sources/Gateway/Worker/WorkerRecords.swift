import EventLoop

/// What a worker tells of exchanges, tunnels and handshakes: its lines, spans, the flight recorder, and counts.
///
/// It cannot be copied, so that a look at one of its parts does not count all of them (price 2).
struct WorkerRecords: ~Copyable {
    let log: AccessLog
    let spans: SpanLog
    let recorder: FlightRecorder
    /// The newest that did not end well.
    let failures: RecentFailures
    let series = WorkerSeries()

    /// - Parameters:
    ///   - logs: where lines and spans go.
    ///   - worker: the worker's number, from 0.
    ///   - loop: the worker's.
    init(_ logs: Logs, for plan: Plan, worker: Int, loop: EventLoop) {
        log = AccessLog(logs, style: plan.logStyle, worker: worker)
        spans = SpanLog(logs, style: plan.logStyle, worker: worker)
        recorder = FlightRecorder(capacity: plan.recordedExchanges, worker: worker, loop: loop)
        failures = RecentFailures(worker: worker)
    }

    /// Lines and spans that begin from now on go there, as the plan has them written.
    func adopt(_ logs: Logs, for plan: Plan) {
        log.adopt(logs, style: plan.logStyle)
        spans.adopt(logs, style: plan.logStyle)
    }

    /// A tunnel has ended: it is counted, and leaves its line.
    /// - Parameter now: monotonic nanoseconds.
    func note(_ ending: TunnelEnding, of tunnel: Tunnel, now: UInt64) {
        let duration = now &- tunnel.born
        log.append(tunnel.logLine, ending, duration: duration)
        recorder.record(ending, exchange: tunnel.recordNumber, duration: duration)
        if tunnel.counting != nil { series.count(.tunnel(ending.reason)) }
    }

    /// Hands over lines and spans that have been collected.
    func flush() {
        log.flush()
        spans.flush()
    }
}
