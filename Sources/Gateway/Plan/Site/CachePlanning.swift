import Configuration
import EventLoop
import HTTP

/// The part of making a plan that is about stored answers.
extension PlanBuilder {
    /// What is kept of a route's answers; nil: nothing.
    mutating func caching(_ route: Route, of site: Site) -> CachedRoute? {
        guard let settings = site.cacheUpstream, route.cache != false else { return nil }
        let keys = caches.keys(of: site)
        return CachedRoute(plan: cache(settings, of: site), key: keys.key(of: route), siblings: keys.all)
    }

    private mutating func cache(_ settings: UpstreamCache, of site: Site) -> CachePlan {
        if let known = caches.plan(of: site.identity) { return known }
        let rules = CacheRules(
            defaultLifetime: settings.defaultLifetime.wholeSeconds,
            staleWhileRevalidate: settings.staleWhileRevalidate.wholeSeconds, staleIfError: settings.staleIfError.wholeSeconds,
            honoursClientDirectives: settings.clientDirectives)
        let disk = settings.diskDir.map { carried.disk(DiskStore.Identity(site: site.identity, directory: $0)) }
        let plan = CachePlan(
            index: caches.all.count, site: site.identity, siteName: site.name, rules: rules,
            limits: CachePlan.Limits(memory: settings.maxMemory, object: min(settings.maxObject, settings.maxMemory)),
            lockTimeout: settings.lockTimeout.nanoseconds, name: ProxyName(configuration.server.name),
            changes: carried.changedTargets(site.identity), series: metrics?.cache(site.identity, named: site.name, disk),
            disk: disk,
            diskLimits: DiskStore.Limits(bytes: settings.diskSize, answers: settings.diskAnswers))
        caches.add(plan)
        return plan
    }

    /// Where answers are to be stored must be there: what is wrong with it is an error of the configuration, not of the moment in
    /// which the first one is written.
    mutating func checkCacheDirectories() {
        for (index, site) in configuration.sites.enumerated() {
            guard let directory = site.cacheUpstream?.diskDir,
                let error = FileAccess.problem(appendingTo: "\(directory)/answers")
            else { continue }
            problem(
                at: "sites[\(index)].cache_upstream.disk_dir", "cannot keep answers in \(directory): \(error.reason)",
                hint: "the directory must be there, and whoever runs Gatehouse must be allowed to write there")
        }
    }
}

/// The keys of a site's routes whose answers are kept, each made once: that takes a while.
struct RouteKeys {
    let all: [UInt64]
    /// The site's routes with their keys, by name, which several may have.
    private let known: [String: [(route: Route, key: UInt64)]]

    init(of site: Site) {
        let routes = ((site.proxy?.routes ?? []) + site.routes).filter { $0.action == .proxy && $0.cache != false }
        let keys = routes.map { (route: $0, key: Self.made(of: $0)) }
        all = keys.map(\.key)
        known = Dictionary(grouping: keys) { $0.route.name }
    }

    func key(of route: Route) -> UInt64 {
        known[route.name]?.first { $0.route == route }?.key ?? Self.made(of: route)
    }

    /// All that the route says: once it is changed, what was stored by it may be another's.
    private static func made(of route: Route) -> UInt64 {
        var hash = FNV1a()
        hash.combine(Array(String(describing: route).utf8))
        return hash.value
    }
}

extension Duration {
    fileprivate var wholeSeconds: UInt64 { UInt64(max(0, components.seconds)) }
}
