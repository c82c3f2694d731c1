import Upstreams
import TLS

/// What has been counted since the start, read as it stands: no worker is asked for anything. Of two such reports ``since(_:)``
/// makes what happened in between.
package struct TrafficReport: Sendable {
    /// The counts of some requests.
    package struct Counts: Sendable {
        /// Answers by class of status, 1xx to 5xx.
        package var classes = InlineArray<5, UInt64>(repeating: 0)
        /// Requests by bucket of duration, `DurationBuckets.count` of them.
        fileprivate var durations = InlineArray<13, UInt64>(repeating: 0)
        /// Bytes of bodies and of tunnels, from clients and to them.
        package var bytesIn: UInt64 = 0
        package var bytesOut: UInt64 = 0
        /// Attempts of a server without an answer.
        package var failures: UInt64 = 0

        package init() {}

        package var requests: UInt64 {
            var sum: UInt64 = 0
            for index in 0..<5 { sum &+= classes[index] }
            return sum
        }
    }

    /// A route's, or a site's that no route took.
    package struct Route: Sendable {
        package var site: String
        package var route: String
        package var upstream: String
        package var counts: Counts
    }

    /// A server's answers, those that were retried among them.
    package struct Server: Sendable {
        package var site: String
        package var upstream: String
        package var url: String
        package var counts: Counts
    }

    /// A worker's, whatever the plan.
    package struct Worker: Sendable {
        package var accepted: UInt64
        /// TLS handshakes.
        package var handshakes: UInt64
        /// How many handshakes resumed a session.
        package var resumed: UInt64
        package var failedHandshakes: UInt64
        /// Open now.
        package var connections: Int
    }

    /// Nothing is counted without metrics.
    package var isCounted = false
    package var routes: [Route] = []
    package var servers: [Server] = []
    package var workers: [Worker] = []
    /// Clients' connections that are open now.
    package var connections = 0
    /// WebSockets that are open now.
    package var tunnels = 0
    /// All routes' together.
    package var total = Counts()

    package init() {}
}

extension Gateway {
    /// What clients have open, read as it stands: connections, and WebSockets.
    package var open: (connections: Int, tunnels: Int) { (max(0, shared.connectionCount), currentPlan.openTunnelCount) }

    package var traffic: TrafficReport {
        let plan = currentPlan
        var report = TrafficReport()
        report.connections = max(0, shared.connectionCount)
        report.workers = shared.workerSeries.map { TrafficReport.Worker($0) }
        report.tunnels = plan.openTunnelCount
        guard let metrics = plan.metrics else { return report }
        report.isCounted = true
        for series in metrics.routes {
            let counts = TrafficReport.Counts(series)
            report.total.add(counts)
            guard counts.requests > 0 else { continue }
            let names = series.labels.values
            report.routes.append(
                TrafficReport.Route(site: names[0], route: names[1], upstream: names[2], counts: counts))
        }
        var seen: Set<ObjectIdentifier> = []
        for series in metrics.pools.lazy.flatMap(\.plan.series) where seen.insert(ObjectIdentifier(series)).inserted {
            let names = series.labels.values
            report.servers.append(
                TrafficReport.Server(
                    site: names[0], upstream: names[1], url: names[2], counts: TrafficReport.Counts(series)))
        }
        return report
    }
}

extension Plan {
    /// WebSockets, and handshakes of such under way.
    fileprivate var openTunnelCount: Int {
        var counted: Set<ObjectIdentifier> = []
        var sum = 0
        for route in listeners.lazy.flatMap(\.sites).flatMap(\.routes).compactMap(\.proxied)
        where route.takesWebSocket && counted.insert(ObjectIdentifier(route.tunnelCount)).inserted {
            sum += route.tunnelCount.value
        }
        return max(0, sum)
    }
}

extension TrafficReport.Counts {
    fileprivate init(_ series: RouteSeries) {
        for index in 0..<50 { classes[index % 5] &+= series[RouteSeries.Index.requests + index] }
        for index in 0..<DurationBuckets.count { durations[index] = series[RouteSeries.Index.durations + index] }
        bytesIn = series[RouteSeries.Index.receivedSum] &+ series[RouteSeries.Index.bytesIn]
        bytesOut = series[RouteSeries.Index.sentSum] &+ series[RouteSeries.Index.bytesOut]
    }

    fileprivate init(_ series: ServerSeries) {
        for index in 0..<5 { classes[index] = series[ServerSeries.Index.answers + index] }
        for index in 0..<DurationBuckets.count { durations[index] = series[ServerSeries.Index.durations + index] }
        failures = series[ServerSeries.Index.failures]
    }

    /// Makes it those of both together.
    package mutating func add(_ other: Self) {
        for index in 0..<5 { classes[index] &+= other.classes[index] }
        for index in 0..<DurationBuckets.count { durations[index] &+= other.durations[index] }
        bytesIn &+= other.bytesIn
        bytesOut &+= other.bytesOut
        failures &+= other.failures
    }

    /// What has come since an earlier count; nothing where the earlier one is of something else that had the name.
    package func since(_ earlier: Self) -> Self {
        var difference = self
        for index in 0..<5 { difference.classes[index] = Self.difference(classes[index], earlier.classes[index]) }
        for index in 0..<DurationBuckets.count {
            difference.durations[index] = Self.difference(durations[index], earlier.durations[index])
        }
        difference.bytesIn = Self.difference(bytesIn, earlier.bytesIn)
        difference.bytesOut = Self.difference(bytesOut, earlier.bytesOut)
        difference.failures = Self.difference(failures, earlier.failures)
        return difference
    }

    private static func difference(_ now: UInt64, _ before: UInt64) -> UInt64 { now > before ? now - before : 0 }

    /// Nanoseconds that so large a part took at most, as far as the buckets of the histogram tell: within one, durations are
    /// taken to be spread evenly, and of those beyond the last bound no more is known than that.
    /// - Parameter share: 0...1.
    /// - Returns: nil if there is nothing.
    package func quantile(_ share: Double) -> Double? {
        var sum: UInt64 = 0
        for index in 0..<DurationBuckets.count { sum &+= durations[index] }
        guard sum > 0 else { return nil }
        let rank = share * Double(sum)
        var below: Double = 0
        for index in 0..<DurationBuckets.count {
            let here = Double(durations[index])
            guard here > 0, below + here >= rank else {
                below += here
                continue
            }
            guard index < DurationBuckets.limits.count else { break }
            let floor = index == 0 ? 0 : DurationBuckets.limits[index - 1]
            return floor + (DurationBuckets.limits[index] - floor) * (rank - below) / here
        }
        return DurationBuckets.limits.last
    }

    /// Makes counts without series, for tests.
    package init(classes: [UInt64], durations: [UInt64]) {
        for (index, count) in classes.enumerated() { self.classes[index] = count }
        for duration in durations { self.durations[DurationBuckets.bucket(duration)] += 1 }
    }
}

extension TrafficReport.Worker {
    fileprivate init(_ series: WorkerSeries) {
        accepted = series[WorkerSeries.Index.accepted]
        handshakes = (0..<4).reduce(0) { $0 &+ series[WorkerSeries.Index.handshakes + $1] }
        resumed = series[WorkerSeries.Index.handshakes + 1] &+ series[WorkerSeries.Index.handshakes + 3]
        failedHandshakes = HandshakeFault.allCases.indices.reduce(0) {
            $0 &+ series[WorkerSeries.Index.failedHandshakes + $1]
        }
        connections = Int(series[WorkerSeries.Index.connections])
    }
}
