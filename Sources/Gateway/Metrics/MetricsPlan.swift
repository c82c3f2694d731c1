import Upstreams

/// What is counted of a plan, and what the plan itself says in figures.
final class MetricsPlan: Sendable {
    /// Servers of one name of a site.
    struct Pool: Sendable {
        var labels: MetricLabels
        var plan: PoolPlan
    }

    /// What is kept of the answers of a site's upstreams.
    struct Cache: Sendable {
        var series: CacheSeries
        /// nil: nothing on disk.
        var disk: DiskStore?
    }

    /// Counts requests that no site can be said of.
    let unknown: RouteSeries
    /// Each once.
    let routes: [RouteSeries]
    let pools: [Pool]
    /// The series of the listeners of `[[tcp]]`, each once.
    let passages: [TCPSeries]
    let caches: [Cache]
    /// Sets of labels that are in no series of their own: there are more than `metrics.max_label_sets`.
    let merged: Int

    init(
        unknown: RouteSeries, routes: [RouteSeries], pools: [Pool], passages: [TCPSeries], caches: [Cache], merged: Int
    ) {
        self.unknown = unknown
        self.passages = passages
        self.routes = routes
        self.pools = pools
        self.caches = caches
        self.merged = merged
    }
}

/// Gives a plan's routes and servers their series, as many as there may be.
struct MetricsPlanning {
    private let carried: CarriedState
    private let workers: Int
    /// How many series may still be added.
    private var room: Int
    private var known: Set<MetricLabels> = []
    private var routes: [RouteSeries] = []
    private var isListed: Set<ObjectIdentifier> = []
    private var pools: [MetricsPlan.Pool] = []
    private var passages: [TCPSeries] = []
    private var caches: [MetricsPlan.Cache] = []
    private var merged = 0
    /// What was asked for since the last site's turn began.
    private(set) var asked: [Asked] = []

    /// A set of labels, and whether it has a series of its own.
    struct Asked: Sendable {
        var labels: MetricLabels
        var isAdmitted: Bool
    }

    /// What those that are too many are counted under.
    private static let other = "other"

    /// - Parameters:
    ///   - limit: routes and servers that may have series of their own.
    ///   - workers: that will count.
    init(_ carried: CarriedState, limit: Int, workers: Int) {
        self.carried = carried
        self.workers = workers
        room = limit
    }

    /// - Parameters:
    ///   - route: as the configuration writes its path; empty for what no route takes.
    ///   - upstream: the pool's name; empty without one.
    mutating func route(site: String, _ route: String, upstream: String) -> RouteSeries {
        let labels = MetricLabels(["site": site, "route": route, "upstream": upstream])
        return series(
            admits(labels) ? labels : MetricLabels(["site": Self.other, "route": Self.other, "upstream": Self.other]))
    }

    private mutating func series(_ labels: MetricLabels) -> RouteSeries {
        let series = carried.routeSeries(labels, workers: workers)
        if isListed.insert(ObjectIdentifier(series)).inserted { routes.append(series) }
        return series
    }

    /// One for each server of a pool.
    mutating func servers(site: String, _ name: String, urls: [String]) -> [ServerSeries] {
        urls.map { url in
            let labels = MetricLabels(["site": site, "upstream": name, "server": url])
            return carried.serverSeries(
                admits(labels) ? labels : MetricLabels(["site": Self.other, "upstream": Self.other, "server": Self.other]),
                workers: workers)
        }
    }

    /// - Parameter upstream: the pool's name; empty for connections that go nowhere.
    mutating func passages(listener: String, upstream: String) -> TCPSeries {
        let labels = MetricLabels(["listener": listener, "upstream": upstream])
        let series = carried.tcpSeries(
            admits(labels) ? labels : MetricLabels(["listener": Self.other, "upstream": Self.other]), workers: workers)
        if isListed.insert(ObjectIdentifier(series)).inserted { passages.append(series) }
        return series
    }

    /// The next site's turn has come.
    mutating func beginSite() { asked = [] }

    /// Goes on with what a site has been given by the plan before.
    /// - Returns: false if it would be given something else now: nothing has happened then.
    mutating func take(_ site: PlannedSite) -> Bool {
        let (room, merged) = (room, merged)
        var new: [MetricLabels] = []
        for asked in site.asked {
            let isNew = !known.contains(asked.labels)
            if admits(asked.labels) == asked.isAdmitted {
                if isNew, asked.isAdmitted { new.append(asked.labels) }
                continue
            }
            known.subtract(new + [asked.labels])
            (self.room, self.merged) = (room, merged)
            return false
        }
        for series in [site.plan.series] + site.plan.routes.map(\.series) {
            if let series, isListed.insert(ObjectIdentifier(series)).inserted { routes.append(series) }
        }
        for pool in site.pools { add(pool, site: pool.site, pool.name) }
        return true
    }

    mutating func add(_ plan: PoolPlan, site: String, _ name: String) {
        pools.append(MetricsPlan.Pool(labels: MetricLabels(["site": site, "upstream": name]), plan: plan))
    }

    /// What is kept of the answers of a site's upstreams.
    mutating func cache(_ site: SiteIdentity, named name: String, _ disk: DiskStore?) -> CacheSeries {
        let labels = MetricLabels(["site": name])
        let series = carried.cacheSeries(
            site, admits(labels) ? labels : MetricLabels(["site": Self.other]), workers: workers)
        caches.append(MetricsPlan.Cache(series: series, disk: disk))
        return series
    }

    private mutating func admits(_ labels: MetricLabels) -> Bool {
        var isAdmitted = true
        if room > 0 {
            if known.insert(labels).inserted { room -= 1 }
        } else if !known.contains(labels) {
            merged += 1
            isAdmitted = false
        }
        asked.append(Asked(labels: labels, isAdmitted: isAdmitted))
        return isAdmitted
    }

    /// All that has been given.
    mutating func plan() -> MetricsPlan {
        let unknown = series(MetricLabels(["site": "", "route": "", "upstream": ""]))
        return MetricsPlan(
            unknown: unknown, routes: routes, pools: pools, passages: passages, caches: caches, merged: merged)
    }
}
