import HTTP

/// The step that asks anew for a stale answer, while the client has it already.
extension Exchange {
    /// Has a stale answer asked for anew, unless somebody does so already.
    mutating func refresh(_ answer: CachedAnswer, for cacheable: borrowing CacheableRequest) {
        let cache = cacheable.cache
        guard !answer.isRefreshing, cache.fill(answer.key) == nil, cacheable.head.method == .get else { return }
        answer.isRefreshing = true
        let recording = CacheRecording(
            cache, cacheable.plan, answer.key, cacheable.asked.selecting, .validation(answer, canBeStale: true),
            cacheable.asked.forRules, fill: nil, clock: resources.clock, status: CacheStatus(.stale))
        let side = RefreshSide(
            cacheable, endpoint: endpoint, generation: generation, resources: resources, recording: recording,
            headers: headers, identity: identity)
        makeConditional(side.request, on: answer)
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
