import HTTP

/// The step that asks anew for a stale answer, while the client has it already.
extension Exchange {
    /// Has a stale answer asked for anew, unless somebody does so already.
    mutating func refresh(
        _ answer: CachedAnswer, _ request: RequestHead, _ asked: CacheRequest, over route: ProxyRoute, _ found: RouteTable.Found,
        of site: SitePlan, _ caching: CachedRoute, _ cache: ResponseCache
    ) {
        guard !answer.isRefreshing, cache.fill(answer.key) == nil, request.method == .get else { return }
        answer.isRefreshing = true
        let recording = CacheRecording(
            cache, caching.plan, answer.key, asked.selecting, .validation(answer, canBeStale: true), asked.forRules,
            fill: nil, clock: resources.clock, status: CacheStatus(.stale))
        let side = RefreshSide(
            request, endpoint: endpoint, generation: generation, resources: resources, recording: recording, route: route,
            found: found, site: site, headers: headers, identity: identity)
        askWhether(answer, in: side.request)
        resources.streamTasks.begin(side)
    }

    /// Carries a request of the cache's own out, whose answer nobody gets.
    mutating nonisolated(nonsending) func refresh(for side: RefreshSide) async {
        record.method = .get
        record.site = side.site
        record.route = side.found.route
        headers = side.headers
        identity = side.identity
        recording = side.recording
        // What goes wrong is told of by the server's health.
        try? await proxy(side.request, over: side.route, side.found, of: side.site)
        recording = nil
        // Nobody is there to be cut off.
        responder = nil
    }
}
