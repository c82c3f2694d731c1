import HTTP

/// What is kept of the answers of a site's upstreams, and for how long.
final class CachePlan: Sendable {
    /// What a worker's cache may hold.
    struct Limits: Equatable, Sendable {
        /// Bytes, heads and bodies and what is needed to find them.
        var memory: Int
        /// Bytes of one answer's body.
        var object: Int
    }

    /// Its index among the plan's.
    let index: Int
    let site: SiteIdentity
    let siteName: String
    let rules: CacheRules
    let limits: Limits
    /// Nanoseconds for which a request waits for the answer to another one for the same.
    let lockTimeout: UInt64
    /// The name in `Cache-Status`.
    let name: [UInt8]
    /// Where it is counted what workers keep; nil if nothing is counted.
    let series: CacheSeries?
    /// What is stored besides on disk, and its bounds; nil: nothing.
    let disk: DiskStore?
    private let diskLimits: DiskStore.Limits
    /// What requests have changed, of all plans that keep the site's answers.
    let changes: ChangedTargets

    init(
        index: Int, site: SiteIdentity, siteName: String, rules: CacheRules, limits: Limits, lockTimeout: UInt64, name: ProxyName,
        changes: ChangedTargets, series: CacheSeries? = nil, disk: DiskStore? = nil,
        diskLimits: DiskStore.Limits = DiskStore.Limits(bytes: 0, answers: 0)
    ) {
        self.index = index
        self.site = site
        self.siteName = siteName
        self.rules = rules
        self.limits = limits
        self.lockTimeout = lockTimeout
        self.name = name.text
        self.series = series
        self.disk = disk
        self.diskLimits = diskLimits
        self.changes = changes
    }

    /// It is used from now on.
    func takeEffect() { disk?.start(diskLimits) }
}

/// A route whose answers are kept.
struct CachedRoute: Sendable {
    let plan: CachePlan
    /// The route's part of cache keys: another one once anything of the route is changed.
    let key: UInt64
    /// Those of all routes of the site, for what makes answers old.
    let siblings: [UInt64]
}
