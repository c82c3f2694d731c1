import EventLoop
import HTTP

/// The step before a request goes upstream, on routes whose answers are kept: RFC 9111.
extension Exchange {
    /// Answers from the cache, or has the request go on and its answer stored.
    mutating nonisolated(nonsending) func answerFromCache(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan
    ) async throws(Failure) {
        guard let caching = route.caching else { return try await proxy(request, over: route, found, of: site) }
        let cache = generation.cache(of: caching.plan)
        guard request.method == .get || request.method == .head, request.framing.isEmpty, request.upgrade == nil else {
            return try await pass(request, over: route, found, of: site, caching, cache)
        }
        let asked = CacheRequest(
            request, rules: caching.plan.rules, isPersonal: isPersonal(request, found.route),
            try selectingFields(of: request, over: route, found, of: site))
        let key = CacheKey(route: caching.key, request)
        var status = CacheStatus(.uriMiss)
        var mayWait = caching.plan.lockTimeout > 0
        var waitsUntil: UInt64?
        if let disk = cache.disk { status.isFromDisk = await bring(key, asked.selecting, from: disk, into: cache) }
        while true {
            var stored: (CachedAnswer, canBeStale: Bool)?
            switch look(up: key, asked, in: cache, caching.plan.rules, &status) {
            case .nothing: break
            case .fresh(let answer, let left):
                return try await send(answer, asked, cache, status.hit(left), name: caching.plan.name)
            case .whileRevalidating(let answer, let left):
                refresh(answer, request, asked, over: route, found, of: site, caching, cache)
                cache.counts.stale += 1
                return try await send(answer, asked, cache, status.hit(left), name: caching.plan.name)
            case .stale(let answer, let canBeStale): stored = (answer, canBeStale)
            }
            if asked.directives.flags.contains(.onlyIfCached), caching.plan.rules.heedsClients {
                throw Failure(.notCached, detail: "nothing stored may be sent", key: "sites.cache_upstream.client_directives")
            }
            // A part is no answer to store, and what a client has is judged by the origin.
            let isPlain = asked.conditions.isEmpty || stored != nil && !asked.conditions.isForOrigin
            guard request.method == .get, isPlain, !asked.isPersonal || status.forward != .request else {
                cache.counts.misses += 1
                note(status, by: caching.plan.name)
                return try await proxy(request, over: route, found, of: site)
            }
            if mayWait, let fill = cache.fill(key) {
                let end = waitsUntil ?? resources.loop.now &+ caching.plan.lockTimeout
                waitsUntil = end
                let state = try await wait(for: fill, of: cache, until: end)
                status.isCollapsed = state == .stored
                mayWait = state == .stored || state == .failed
                continue
            }
            return try await lead(request, over: route, found, of: site, caching, cache, asked, key, stored, status)
        }
    }

    /// What the cache has for a request.
    private enum Lookup {
        case nothing
        /// It may be sent; seconds for which it is still fresh.
        case fresh(CachedAnswer, left: Int64)
        /// The same, while it is asked for anew.
        case whileRevalidating(CachedAnswer, left: Int64)
        /// The upstream is to say whether it is still the same; if it cannot be reached, this one may do.
        case stale(CachedAnswer, canBeStale: Bool)
    }

    /// Looks for a stored answer that its sender may have.
    /// - Parameter status: is told why the request goes on, if it does.
    private func look(
        up key: CacheKey, _ asked: CacheRequest, in cache: ResponseCache, _ rules: CacheRules, _ status: inout CacheStatus
    ) -> Lookup {
        let answer: CachedAnswer
        switch cache.find(key, asked.selecting) {
        case .nothing:
            status.forward = .uriMiss
            return .nothing
        case .otherVariant:
            status.forward = .varyMiss
            return .nothing
        case .answer(let found): answer = found
        }
        if asked.isPersonal, !CacheRules.isForAll(answer.directives) {
            status.forward = .request
            return .nothing
        }
        let now = resources.clock.seconds
        // Fresh, and still asked about: the request wants it so.
        status.forward = answer.times.freshness(at: now) > 0 ? .request : .stale
        switch rules.reuse(answer.times, answer.directives, asked: asked.directives, hasPragma: asked.hasPragma, now: now) {
        case .fresh(let left): return .fresh(answer, left: left)
        case .whileRevalidating(let left): return .whileRevalidating(answer, left: left)
        case .revalidate: return .stale(answer, canBeStale: false)
        case .revalidateOrStale: return .stale(answer, canBeStale: true)
        }
    }

    /// May the answer be one for its sender alone? So where a name goes on, by `Authorization` or fields of ours, or the sender
    /// has shown a certificate.
    private func isPersonal(_ request: RequestHead, _ route: RoutePlan) -> Bool {
        request.fields.contains(.authorization) || route.protection?.authenticates == true || endpoint.clientCertificate != nil
    }

    /// What selects one of several forms of an answer.
    /// - Throws: what is asked for is no path.
    private mutating func selectingFields(
        of request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan
    ) throws(Failure) -> SelectingFields {
        var target: [UInt8] = []
        if let rewrite = route.rewrite, rewrite.tellsOfSender {
            target = try rewritten(request, by: rewrite, found, of: site)
            target.append(0x0A)
        }
        return SelectingFields(
            request, policy: headers.request, edits: identity?.rules.edits(in: nil), lines: identity?.lines ?? [],
            client: endpoint.forwarding(to: site), target: target)
    }

    /// A request that is none for a cache goes on, and makes old what is stored of its target if it changes something.
    private mutating nonisolated(nonsending) func pass(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan, _ caching: CachedRoute,
        _ cache: ResponseCache
    ) async throws(Failure) {
        let isRead = request.method == .get || request.method == .head
        if request.upgrade == nil { note(CacheStatus(isRead ? .bypass : .method), by: caching.plan.name) }
        let method = request.method
        let target = CacheKey(route: 0, request).target
        let destination = CacheKey.destination(of: request)
        // RFC 9111 §4.4, also where the client leaves or the answer breaks off behind its head.
        defer {
            if CacheRules.invalidates(method, status: record.status) {
                cache.forget(target, of: caching.siblings)
                if let destination { cache.forget(destination, of: caching.siblings) }
            }
        }
        try await proxy(request, over: route, found, of: site)
    }

    private mutating func note(_ status: CacheStatus, by name: [UInt8]) {
        answerFields.append("Cache-Status") { status.append(to: &$0, of: name) }
    }
}

extension CacheStatus {
    /// Answered from the cache.
    /// - Parameter left: seconds for which the answer is still fresh.
    fileprivate func hit(_ left: Int64) -> CacheStatus {
        var status = CacheStatus()
        status.ttl = left
        status.isCollapsed = isCollapsed
        status.isFromDisk = isFromDisk
        return status
    }
}
