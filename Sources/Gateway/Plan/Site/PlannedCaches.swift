import Configuration

/// The caches of sites that keep upstreams' answers, each made when a route of the site first wants it.
struct PlannedCaches {
    /// A cache's `index` is its index here.
    private(set) var all: [CachePlan] = []
    private var keys: [SiteIdentity: RouteKeys] = [:]

    /// The cache of a site; nil if none has been wanted.
    func plan(of site: SiteIdentity) -> CachePlan? { all.first { $0.site == site } }

    /// - Parameter plan: has the number of caches as its index.
    mutating func add(_ plan: CachePlan) { all.append(plan) }

    /// The keys of a site's routes; made when they are first asked for.
    mutating func keys(of site: Site) -> RouteKeys {
        let made = keys[site.identity] ?? RouteKeys(of: site)
        keys[site.identity] = made
        return made
    }
}
