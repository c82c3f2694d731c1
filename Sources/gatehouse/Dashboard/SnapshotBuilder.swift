import EventLoop
import Gateway
import Glibc

/// Makes one snapshot after another: what has come since the one before is in the next.
struct SnapshotBuilder {
    private var before: (traffic: TrafficReport, caches: [CacheReport], time: UInt64, processorTime: UInt64)?
    private var number: UInt64 = 0

    /// What is asked for elsewhere.
    struct Sources {
        var name: String
        var version: String
        var uptime: UInt64
        var certificates: [AdminStatus.Certificate]
        var configuration: String
        /// One for each worker; nil: it has not answered yet.
        var statuses: [WorkerStatus?]
        /// Whether each worker has answered.
        var answers: [Bool]
        var caches: [CacheReport]
        var watchers: Int
        var fleet: AdminFleet?
    }

    mutating func next(_ traffic: TrafficReport, _ servers: [ServerReport], _ sources: Sources) -> Snapshot {
        let now = monotonicNanoseconds()
        let figures = ProcessReading.figures()
        number += 1
        let seconds = before.map { max(0.001, Double(now - $0.time) / 1_000_000_000) }
        let earlier = before?.traffic
        let measure = Measure(traffic, since: earlier, seconds: seconds)
        let processor = before.flatMap { before in
            seconds.map { Double(figures.cpuTime &- before.processorTime) / 10_000_000 / $0 }
        }
        let caches = Snapshot.Caches(sources.caches, since: before?.caches, seconds: seconds)
        before = (traffic, sources.caches, now, figures.cpuTime)
        return Snapshot(
            number: number, time: Timestamp.text(seconds: Int64(realtimeNanoseconds() / 1_000_000_000)), seconds: seconds,
            name: sources.name, version: sources.version, pid: getpid(), uptimeSeconds: sources.uptime,
            isCounted: traffic.isCounted, rates: measure.total, handshakes: measure.handshakes,
            connections: traffic.connections, tunnels: traffic.tunnels, processor: processor, memory: figures.residentMemory,
            descriptors: figures.openDescriptors, mostDescriptors: figures.maxDescriptors,
            workers: zip(traffic.workers, sources.answers).map { Snapshot.Worker(connections: $0.connections, answers: $1) },
            sites: measure.sites, routes: measure.routes, servers: measure.servers(servers), caches: caches,
            certificates: Snapshot.Certificates(sources.certificates), generations: Snapshot.Generations(sources),
            failures: Snapshot.Failures(sources.statuses), watchers: sources.watchers, fleet: sources.fleet)
    }

    /// What comes next is compared with nothing.
    mutating func forget() { before = nil }
}

/// Two reports, and the time between them.
private struct Measure {
    private let now: TrafficReport
    private let seconds: Double?
    private let earlier: TrafficReport?

    init(_ now: TrafficReport, since earlier: TrafficReport?, seconds: Double?) {
        self.now = now
        self.earlier = earlier
        self.seconds = seconds
    }

    var total: Snapshot.Rates? { earlier.map { rates(now.total, $0.total) } }

    /// - Parameter before: nil: nothing had been counted.
    func rates(_ counts: TrafficReport.Counts, _ before: TrafficReport.Counts?) -> Snapshot.Rates {
        let difference = before.map { counts.since($0) } ?? (earlier == nil ? counts.since(counts) : counts)
        let each = 1 / (seconds ?? 1)
        func milliseconds(_ share: Double) -> Double? { difference.quantile(share).map { $0 / 1_000_000 } }
        return Snapshot.Rates(
            requests: Double(difference.requests) * each, classes: (0..<5).map { Double(difference.classes[$0]) * each },
            p50: milliseconds(0.5), p90: milliseconds(0.9), p99: milliseconds(0.99),
            bytesIn: Double(difference.bytesIn) * each, bytesOut: Double(difference.bytesOut) * each)
    }

    var handshakes: Snapshot.Handshakes? {
        guard let earlier, let seconds else { return nil }
        func each(_ path: KeyPath<TrafficReport.Worker, UInt64>) -> Double {
            let sums = [now, earlier].map { $0.workers.reduce(0) { $0 &+ $1[keyPath: path] } }
            return sums[0] > sums[1] ? Double(sums[0] - sums[1]) / seconds : 0
        }
        return Snapshot.Handshakes(
            completed: each(\.handshakes), resumed: each(\.resumed), failed: each(\.failedHandshakes),
            connections: each(\.accepted))
    }

    private struct RouteName: Hashable {
        var site: String
        var route: String
        var upstream: String

        init(_ route: TrafficReport.Route) { (site, self.route, upstream) = (route.site, route.route, route.upstream) }
    }

    var routes: Snapshot.Rows {
        let before = Dictionary(
            (earlier?.routes ?? []).map { (RouteName($0), $0.counts) }, uniquingKeysWith: { first, _ in first })
        return Self.busiest(
            now.routes.map { route in
                Snapshot.Row(
                    site: route.site, route: route.route, upstream: route.upstream, total: route.counts.requests,
                    rates: rates(route.counts, before[RouteName(route)]))
            })
    }

    var sites: Snapshot.Rows {
        let before = Self.sums(earlier?.routes ?? [])
        return Self.busiest(
            Self.sums(now.routes).map { Snapshot.Row(site: $0, total: $1.requests, rates: rates($1, before[$0])) })
    }

    /// The traffic of each site, summed over its routes.
    private static func sums(_ routes: [TrafficReport.Route]) -> [String: TrafficReport.Counts] {
        var sums: [String: TrafficReport.Counts] = [:]
        for route in routes { sums[route.site, default: TrafficReport.Counts()].add(route.counts) }
        return sums
    }

    private static func busiest(_ rows: [Snapshot.Row]) -> Snapshot.Rows {
        let sorted = rows.sorted {
            ($1.rates.requests, $1.total, $0.site, $0.route ?? "") < ($0.rates.requests, $0.total, $1.site, $1.route ?? "")
        }
        return Snapshot.Rows(total: rows.count, first: Array(sorted.prefix(Snapshot.maxRows)))
    }

    private struct ServerName: Hashable {
        var site: String
        var upstream: String
        var url: String
    }

    private static func serverCounts(_ traffic: TrafficReport?) -> [ServerName: TrafficReport.Counts] {
        var counts: [ServerName: TrafficReport.Counts] = [:]
        for server in traffic?.servers ?? [] {
            counts[ServerName(site: server.site, upstream: server.upstream, url: server.url)] = server.counts
        }
        return counts
    }

    func servers(_ reports: [ServerReport]) -> Snapshot.Servers {
        let (here, before) = (Self.serverCounts(now), Self.serverCounts(earlier))
        let servers = reports.map { report in
            let name = ServerName(site: report.site, upstream: report.upstream, url: report.url)
            return server(report, here[name], before[name])
        }
        let sorted = servers.sorted { one, other in
            if one.states.isEmpty != other.states.isEmpty { return other.states.isEmpty }
            let (here, there) = (one.rates?.requests ?? 0, other.rates?.requests ?? 0)
            return (there, other.total, one.url) < (here, one.total, other.url)
        }
        return Snapshot.Servers(
            total: servers.count, unhealthy: servers.count { !$0.states.isEmpty },
            first: Array(sorted.prefix(Snapshot.maxRows)))
    }

    private func server(
        _ report: ServerReport, _ counts: TrafficReport.Counts?, _ before: TrafficReport.Counts?
    ) -> Snapshot.Server {
        let failures = counts.map { counts in
            let earlier = before ?? (earlier == nil ? counts : TrafficReport.Counts())
            return Double(counts.since(earlier).failures) / (seconds ?? 1)
        }
        return Snapshot.Server(
            site: report.site, upstream: report.upstream, url: report.url, states: report.states, order: report.order,
            weight: report.weight, configuredWeight: report.configuredWeight, isBackup: report.isBackup,
            underWay: report.underWay, total: report.requests, rates: counts.map { rates($0, before) }, failures: failures,
            lastFault: report.lastFault)
    }
}

extension Snapshot.Certificates {
    fileprivate init(_ all: [AdminStatus.Certificate]) {
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        let sorted = all.sorted { one, other in
            if (one.health == "good") != (other.health == "good") { return other.health == "good" }
            return (one.expiry ?? .min, one.site) < (other.expiry ?? .min, other.site)
        }
        total = all.count
        inTrouble = all.count { $0.health != "good" }
        first = sorted.prefix(Snapshot.maxRows).map { certificate in
            Snapshot.Certificate(
                site: certificate.site, expires: certificate.expires,
                daysLeft: certificate.expiry.map { Int(($0 - now) / 86_400) - ($0 < now ? 1 : 0) }, health: certificate.health)
        }
    }
}

extension Snapshot.Generations {
    fileprivate init(_ sources: SnapshotBuilder.Sources) {
        let numbers = Set(sources.statuses.compactMap { $0?.generations }.joined())
        current = numbers.max()
        older = numbers.subtracting([numbers.max() ?? 0]).sorted(by: >)
        configuration = sources.configuration
    }
}

extension Snapshot.Failures {
    fileprivate init(_ statuses: [WorkerStatus?]) {
        total = statuses.reduce(0) { $0 &+ ($1?.failureCount ?? 0) }
        let newest = statuses.flatMap { $0?.failures ?? [] }.sorted { $0.time > $1.time }
        first = newest.prefix(Snapshot.maxRows).map { Snapshot.Failure($0) }
    }
}

extension Snapshot.Failure {
    init(_ report: FailureReport) {
        (id, time) = ("\(report.worker)-\(report.number)", Timestamp.text(seconds: Int64(report.time / 1_000_000_000)))
        (client, site, route) = (report.client, report.site, report.route)
        (method, path, status) = (report.method, report.path, report.status)
        (reason, key, upstream, detail) = (report.reason, report.key, report.upstream, report.detail)
    }
}
