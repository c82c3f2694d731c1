import HTTP

/// A request that a cache may answer: what its steps have in common, and what one leaves to the next.
struct CacheableRequest: ~Copyable {
    let head: RequestHead
    let route: ProxyRoute
    let found: RouteTable.Found
    let site: SitePlan
    let plan: CachePlan
    let cache: ResponseCache
    /// What the client has asked, before the request is changed to go on.
    let asked: CacheRequest
    let key: CacheKey
    /// What the answer will say of the cache.
    var status = CacheStatus(.uriMiss)
    /// May it wait for the answer to another request for the same?
    var mayWait: Bool
    /// When it has waited for long enough, in monotonic nanoseconds; nil before it waits.
    var waitEnd: UInt64?

    init(
        _ head: RequestHead, asked: CacheRequest, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan,
        _ caching: CachedRoute, in cache: ResponseCache
    ) {
        self.head = head
        self.asked = asked
        self.route = route
        self.found = found
        self.site = site
        self.cache = cache
        plan = caching.plan
        key = CacheKey(route: caching.key, head)
        mayWait = caching.plan.lockTimeout > 0
    }

    /// What a stored answer says of the cache that has answered.
    /// - Parameter left: seconds for which the answer is still fresh.
    func hit(_ left: Int64) -> CacheStatus {
        var hit = CacheStatus()
        hit.ttl = left
        hit.isCollapsed = status.isCollapsed
        hit.isFromDisk = status.isFromDisk
        return hit
    }
}
