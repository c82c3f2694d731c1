import EventLoop
import HTTP
import Messages

/// The step after the last: the exchange is counted, and leaves its line.
extension Exchange {
    /// Once, when there is nothing left to do.
    mutating func finish() {
        places = nil
        state.countAnswer(record.status)
        if record.status >= 500 || record.failure != nil { state.failures.note(record, client, now: state.loop.now) }
        let isLogged = state.log.isOn(for: record.site)
        let tracing = generation.plan.tracing
        guard generation.plan.metrics != nil || isLogged || tracing != nil else { return }
        record.bodyBytesReceived = client.body.bodyBytes
        record.bodyBytesSent = client.answerBody.bodyBytes
        record.duration = state.loop.now &- record.began
        if let series = record.route?.series ?? record.site?.series ?? generation.plan.metrics?.unknown { count(in: series) }
        if let tracing { state.spans.append(record, client, tracing, configuration: generation.plan.configurationHash) }
        guard isLogged else { return }
        if let tunnel {
            tunnel.logLine = state.log.template(record, client, configuration: generation.plan.configurationHash)
        } else {
            state.log.append(record, client, configuration: generation.plan.configurationHash)
        }
    }

    @inline(__always)
    private mutating func count(in series: RouteSeries) {
        series.count(record, worker: state.number)
        if let reason = record.reason { state.series.count(reason) }
        if let tunnel {
            tunnel.counting = TunnelCounting(series, worker: state.number)
            series.add(1, at: RouteSeries.Place.tunnels, worker: state.number)
        }
    }
}
