import Configuration
import HTTP

/// The part of making a plan that is about stored answers.
extension PlanBuilder {
    /// What is kept of a route's answers; nil: nothing.
    mutating func caching(_ route: Route, of site: Site) -> CachedRoute? {
        guard let settings = site.cacheUpstream, route.cache != false else { return nil }
        let routes = ((site.proxy?.routes ?? []) + site.routes).filter { $0.action == .proxy && $0.cache != false }
        return CachedRoute(plan: cache(settings, of: site), key: Self.key(of: route), siblings: routes.map(Self.key))
    }

    private mutating func cache(_ settings: UpstreamCache, of site: Site) -> CachePlan {
        if let known = caches.first(where: { $0.site == site.identity }) { return known }
        let rules = CacheRules(
            defaultLifetime: settings.defaultLifetime.wholeSeconds,
            staleWhileRevalidate: settings.staleWhileRevalidate.wholeSeconds, staleIfError: settings.staleIfError.wholeSeconds,
            heedsClients: settings.clientDirectives)
        let plan = CachePlan(
            place: caches.count, site: site.identity, siteName: site.name, rules: rules,
            limits: CachePlan.Limits(memory: settings.maxMemory, object: min(settings.maxObject, settings.maxMemory)),
            lockTimeout: settings.lockTimeout.nanoseconds, name: ProxyName(configuration.server.name),
            series: metrics?.cache(site.identity, named: site.name))
        caches.append(plan)
        return plan
    }

    /// All that the route says: once it is changed, what was stored by it may be another's.
    private static func key(of route: Route) -> UInt64 {
        var hash = FNV1a()
        hash.combine(Array(String(describing: route).utf8))
        return hash.value
    }
}

extension Duration {
    fileprivate var wholeSeconds: UInt64 { UInt64(max(0, components.seconds)) }
}
