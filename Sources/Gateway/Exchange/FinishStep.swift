import EventLoop
import HTTP
import Messages

/// The last step: the exchange is counted, traced, and logged.
extension Exchange {
    /// Called once, when the exchange is over: its answer has ended, or it has become a tunnel.
    mutating func finish() {
        slots = nil
        resources.countAnswer(isFailure: record.isFailure)
        if record.status >= 500 || record.failure != nil { resources.records.failures.note(record, client, now: resources.now) }
        let isLogged = resources.records.log.isOn(for: record.site)
        let tracing = generation.plan.tracing
        guard
            generation.plan.metrics != nil || isLogged || tracing != nil || resources.records.recorder.isOn
                || !resources.taps.isEmpty
        else { return }
        (record.bodyBytesReceived, record.bodyBytesSent) = client.bodyBytes
        record.duration = resources.now &- record.began
        if let tracing { beginTraceIfNone(tracing) }
        if isLogged, record.requestID == nil, resources.records.log.tellsRequestID(for: record.site) { nameRequest() }
        if let series = record.route?.series ?? record.site?.series ?? generation.plan.metrics?.unknown { count(in: series) }
        if let tracing {
            resources.records.spans.append(record, client, tracing, configuration: generation.plan.configurationHash)
        }
        if resources.records.recorder.isOn { recordFlight() }
        if !resources.taps.isEmpty { showToTaps() }
        guard isLogged else { return }
        if let tunnel {
            tunnel.logLine = resources.records.log.template(record, client, configuration: generation.plan.configurationHash)
        } else {
            // Nothing looks at the record after this, so it is moved.
            let record = Swift.exchange(&record, with: AccessRecord(began: record.began))
            resources.records.log.append(record, client, configuration: generation.plan.configurationHash)
        }
    }

    /// Gives the request an identifier for its log line, where none was asked for before.
    private mutating func nameRequest() {
        let new = resources.requestIDs.next()
        guard let site = record.site, !site.trustedProxies.isEmpty, let request = client.requestIfAny else {
            record.requestID = new
            return
        }
        record.requestID = RequestID(of: request, isTrusted: endpoint.forwarding(to: site).isTrusted, or: new)
    }

    /// The names of the route that it took, or of its site.
    var names: RouteNames { record.route?.names ?? record.site?.names ?? generation.plan.routeNames }

    private mutating func recordFlight() {
        // Asked for before: what stands between would have the whole record copied.
        let (names, redaction) = (names, resources.records.log.redaction(for: record.site))
        let number = resources.records.recorder.record(record, client, endpoint, names, redaction)
        tunnel?.recordNumber = number
    }

    /// A tap of frames shows no exchanges.
    @inline(never)
    private mutating func showToTaps() {
        let redaction = resources.records.log.redaction(for: record.site) ?? QueryRedaction([])
        for own in resources.taps {
            guard own.tap.frames != nil else {
                own.offer(record, client, names, redaction)
                continue
            }
            let name = "\(resources.number)-\(endpoint.connection)"
            if let tunnel, own.takesTunnel(record, client, of: name) { tunnel.show(own, as: name) }
        }
    }

    @inline(__always)
    private mutating func count(in series: RouteSeries) {
        series.count(record, worker: resources.number)
        if let trace = record.trace, generation.plan.tracing?.mustKeep(record) == true {
            series.note(trace, duration: record.duration, time: realtimeNanoseconds(), worker: resources.number)
        }
        if let reason = record.reason { resources.records.series.count(reason) }
        if let tunnel {
            tunnel.counting = TunnelCounting(series, worker: resources.number)
            series.add(1, at: RouteSeries.Index.tunnels, worker: resources.number)
        }
    }
}
