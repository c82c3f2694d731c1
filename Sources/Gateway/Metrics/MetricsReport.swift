import EventLoop
import HTTP

/// What a scrape asks for.
package enum MetricsFormat: Sendable {
    /// Prometheus's text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    package var contentType: StaticString {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// What the operating system says of the process.
package struct ProcessFigures: Sendable {
    /// Nanoseconds.
    package var cpuTime: UInt64
    /// Bytes.
    package var residentMemory: UInt64
    package var openDescriptors: UInt64
    package var maxDescriptors: UInt64
    /// Seconds since 1970.
    package var startTime: UInt64

    package init(cpuTime: UInt64, residentMemory: UInt64, openDescriptors: UInt64, maxDescriptors: UInt64, startTime: UInt64) {
        self.cpuTime = cpuTime
        self.residentMemory = residentMemory
        self.openDescriptors = openDescriptors
        self.maxDescriptors = maxDescriptors
        self.startTime = startTime
    }
}

extension Gateway {
    /// All metrics. No worker is asked for anything: what they count is read as it stands.
    /// - Parameters:
    ///   - fleet: nil: the gateway is of none.
    ///   - version: the program's.
    /// - Returns: nil if nothing is counted.
    package func metrics(
        _ format: MetricsFormat, process: ProcessFigures, fleet: FleetFigures?, version: String
    ) -> [UInt8]? {
        let plan = currentPlan
        guard let metrics = plan.metrics else { return nil }
        var text = MetricsText(isOpen: format == .openMetrics)
        text.append(metrics.routes)
        text.append(metrics.pools)
        text.append(metrics.passages)
        text.append(metrics.caches)
        text.append(shared.workerSeries)
        text.append(plan, metrics)
        text.append(plan.fetchedKeys.map(\.keys))
        text.appendSharedRates(of: self)
        text.append(shared)
        text.append(currentLogs)
        if let fleet { text.append(fleet, probes: probeCounts) }
        text.append(process, version: version)
        text.end()
        return text.bytes
    }
}

extension MetricsText {
    fileprivate mutating func append(_ plan: Plan, _ metrics: MetricsPlan) {
        family("gatehouse_tunnels", .gauge, "WebSockets that are open, and handshakes of such under way.")
        var tunnels: [MetricLabels: Int] = [:]
        var counted: Set<ObjectIdentifier> = []
        for site in plan.listeners.lazy.flatMap(\.sites) {
            for route in site.routes {
                guard let proxied = route.proxied, proxied.takesWebSocket, let series = route.series,
                    counted.insert(ObjectIdentifier(proxied.tunnelCount)).inserted
                else { continue }
                tunnels[series.labels, default: 0] += proxied.tunnelCount.value
            }
        }
        for (labels, count) in tunnels { sample(labels, UInt64(max(0, count))) }
        var expiry: [MetricLabels: Int64] = [:]
        for certificate in plan.certificates {
            guard let expires = certificate.expires else { continue }
            let labels = MetricLabels(["site": certificate.site])
            expiry[labels] = min(expiry[labels] ?? .max, expires)
        }
        family(
            "gatehouse_certificate_not_after_seconds", .gauge,
            "When a site's certificate expires, or the first one of its chain: seconds since 1970.")
        for (labels, expires) in expiry { sample(labels, UInt64(max(0, expires))) }
        family("gatehouse_certificates_in_trouble", .gauge, "Sites' certificates that somebody ought to look at, by why.")
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        var troubles: [CertificateHealth: UInt64] = [:]
        for certificate in plan.certificates {
            troubles[certificate.health(now: now, threshold: plan.expiryThreshold), default: 0] += 1
        }
        for health in CertificateHealth.allCases where health != .good {
            sample(nil, ("reason", health.word), troubles[health] ?? 0)
        }
        family("gatehouse_degraded_sites", .gauge, "Sites that lack something their configuration asks for.")
        let degraded = Set(plan.listeners.lazy.flatMap(\.sites).filter(\.isDegraded).map(\.keyPath))
        sample(UInt64(degraded.count))
        family(
            "gatehouse_metrics_merged", .gauge,
            "Routes and servers that metrics.max_label_sets leaves without series of their own.")
        sample(UInt64(metrics.merged))
    }

    fileprivate mutating func append(_ shared: ProcessCounters) {
        family("gatehouse_connections", .gauge, "Connections of clients that are open, or are being taken.")
        sample(UInt64(max(0, shared.connectionCount)))
        family("gatehouse_limit_hits", .counter, "How often a limit of the whole process was reached.")
        sample(nil, ("limit", "max_connections"), UInt64(shared.pauseCount))
        sample(nil, ("limit", "max_connections_idle_closed"), UInt64(shared.evictionCount))
        sample(nil, ("limit", "max_connections_per_client"), UInt64(shared.clients.turnedAwayCount))
        sample(nil, ("limit", "open_files"), UInt64(shared.shortageCount))
    }

    fileprivate mutating func append(_ logs: Logs) {
        family("gatehouse_log_lines_lost", .counter, "Lines that a log's destination did not take in time, or refused.")
        sample(nil, ("log", "access"), logs.missingLines(of: .accessLines))
        sample(nil, ("log", "diagnostics"), logs.missingLines(of: .diagnostics))
        guard logs.spans != nil else { return }
        family("gatehouse_spans_lost", .counter, "Exchanges whose spans the collector did not take in time, or refused.")
        sample(logs.missingLines(of: .spans))
    }

    fileprivate mutating func append(_ process: ProcessFigures, version: String) {
        family("gatehouse_build_info", .gauge, "The program's version.")
        sample(MetricLabels(["version": version]), 1)
        family("process_cpu_seconds", .counter, "Processor time, of the system's part too.")
        sample(nanoseconds: process.cpuTime)
        family("process_resident_memory_bytes", .gauge, "Memory in use.")
        sample(process.residentMemory)
        family("process_open_fds", .gauge, "Open file descriptors.")
        sample(process.openDescriptors)
        family("process_max_fds", .gauge, "File descriptors that may be open.")
        sample(process.maxDescriptors)
        family("process_start_time_seconds", .gauge, "When the process began: seconds since 1970.")
        sample(process.startTime)
    }
}
