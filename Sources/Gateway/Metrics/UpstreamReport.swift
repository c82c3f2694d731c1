import Upstreams

/// The families about upstreams and their servers.
extension MetricsText {
    /// A server, with what is counted of it.
    private struct Entry {
        var series: ServerSeries
        var server: UpstreamServer
        var health: ServerHealth
    }

    mutating func append(_ pools: [MetricsPlan.Pool]) {
        var seen: Set<ObjectIdentifier> = []
        // Sites of one name, such as those of a plain and of a TLS port, share a server's series.
        let entries = pools.flatMap { pool in
            zip(pool.plan.series, pool.plan.servers).compactMap { series, server in
                seen.insert(ObjectIdentifier(series)).inserted
                    ? Entry(series: series, server: server, health: server.state.health) : nil
            }
        }
        appendCounts(entries.map(\.series))
        appendStandings(entries)
        family("gatehouse_queue_waiting", .gauge, "Requests that wait for room at an upstream's servers.")
        var waiting: [MetricLabels: Int] = [:]
        for pool in pools { waiting[pool.labels, default: 0] += pool.plan.queue?.count.value ?? 0 }
        var written: Set<MetricLabels> = []
        for pool in pools where pool.plan.queue != nil && written.insert(pool.labels).inserted {
            sample(pool.labels, UInt64(max(0, waiting[pool.labels] ?? 0)))
        }
    }

    private mutating func appendCounts(_ servers: [ServerSeries]) {
        family("gatehouse_upstream_responses", .counter, "Answers of a server, those that were retried among them.")
        for server in servers {
            for (number, word) in RouteSeries.classes.enumerated() {
                let count = server[ServerSeries.Index.answers + number]
                if count > 0 { sample(server.labels, ("code", word), count) }
            }
        }
        family("gatehouse_upstream_response_seconds", .histogram, "From an attempt's beginning to the head of a server's answer.")
        for server in servers {
            histogram(
                server.labels, DurationBuckets.bounds, bucket: { server[ServerSeries.Index.durations + $0] },
                sum: server[ServerSeries.Index.durationSum], isSeconds: true)
        }
        family("gatehouse_upstream_failures", .counter, "Attempts that came to no whole answer by the server's fault.")
        for server in servers { sample(server.labels, server[ServerSeries.Index.failures]) }
        family("gatehouse_upstream_connections_opened", .counter, "Connections to a server that were made.")
        for server in servers { sample(server.labels, server[ServerSeries.Index.opened]) }
        family("gatehouse_upstream_idle_connections", .gauge, "Connections to a server that wait to be used again.")
        for server in servers { sample(server.labels, server[ServerSeries.Index.idle]) }
    }

    private mutating func appendStandings(_ entries: [Entry]) {
        family("gatehouse_upstream_requests_in_flight", .gauge, "Exchanges and WebSockets under way at a server.")
        for entry in entries { sample(entry.series.labels, UInt64(max(0, entry.server.load))) }
        family("gatehouse_upstream_weight", .gauge, "A server's weight; 0 takes no requests.")
        for entry in entries { sample(entry.series.labels, UInt64(max(0, entry.server.weight))) }
        family("gatehouse_upstream_up", .gauge, "1 while nothing is known against a server, else 0.")
        for entry in entries { sample(entry.series.labels, entry.health.isHealthy ? 1 : 0) }
        family("gatehouse_upstream_state", .gauge, "What keeps a server from its requests: 1 where it holds.")
        for entry in entries {
            sample(entry.series.labels, ("state", "probe_failing"), entry.health.probes.isHealthy ? 0 : 1)
            sample(entry.series.labels, ("state", "ejected"), entry.health.ejection.until == nil ? 0 : 1)
            sample(entry.series.labels, ("state", "circuit_open"), entry.health.breaker.state == .closed ? 0 : 1)
            sample(entry.series.labels, ("state", "draining"), entry.server.state.isDraining ? 1 : 0)
            sample(entry.series.labels, ("state", "disabled"), entry.server.state.isDisabled ? 1 : 0)
            sample(entry.series.labels, ("state", "unresolved"), entry.server.state.unresolved == nil ? 0 : 1)
        }
    }
}

extension ServerHealth {
    fileprivate var isHealthy: Bool { probes.isHealthy && ejection.until == nil && breaker.state == .closed }
}
