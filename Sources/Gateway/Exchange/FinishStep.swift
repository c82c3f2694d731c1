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
        guard generation.plan.metrics != nil || isLogged || tracing != nil || state.recorder.isOn || !state.taps.isEmpty else {
            return
        }
        record.bodyBytesReceived = client.body.bodyBytes
        record.bodyBytesSent = client.answerBody.bodyBytes
        record.duration = state.loop.now &- record.began
        if let series = record.route?.series ?? record.site?.series ?? generation.plan.metrics?.unknown { count(in: series) }
        if let tracing { state.spans.append(record, client, tracing, configuration: generation.plan.configurationHash) }
        if state.recorder.isOn { recordFlight() }
        if !state.taps.isEmpty { showToTaps() }
        guard isLogged else { return }
        if let tunnel {
            tunnel.logLine = state.log.template(record, client, configuration: generation.plan.configurationHash)
        } else {
            state.log.append(record, client, configuration: generation.plan.configurationHash)
        }
    }

    private mutating func recordFlight() {
        let number = state.recorder.record(
            record, client, state.log.redaction(for: record.site), configuration: generation.plan.configurationHash)
        tunnel?.recordNumber = number
    }

    /// A tap of frames shows no exchanges.
    @inline(never)
    private mutating func showToTaps() {
        let redaction = state.log.redaction(for: record.site)
        for own in state.taps {
            guard own.tap.frames != nil else {
                own.offer(record, client, redaction, configuration: generation.plan.configurationHash)
                continue
            }
            let name = "\(state.number)-\(endpoint.connection)"
            if let tunnel, own.takesTunnel(record, client, of: name) { tunnel.show(own, as: name) }
        }
    }

    @inline(__always)
    private mutating func count(in series: RouteSeries) {
        series.count(record, worker: state.number)
        if let trace = record.trace, generation.plan.tracing?.mustKeep(record) == true {
            series.note(trace, duration: record.duration, time: realtimeNanoseconds(), worker: state.number)
        }
        if let reason = record.reason { state.series.count(reason) }
        if let tunnel {
            tunnel.counting = TunnelCounting(series, worker: state.number)
            series.add(1, at: RouteSeries.Place.tunnels, worker: state.number)
        }
    }
}
