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
        guard request.method == .get || request.method == .head, request.framing.isEmpty, request.upgrade == nil,
            !request.fields.asksForOtherMethod
        else {
            return try await bypassCache(request, over: route, found, of: site, caching, cache)
        }
        let asked = CacheRequest(
            request, rules: caching.plan.rules, isPersonal: isPersonal(request, found.route),
            try selectingFields(of: request, over: route, found, of: site))
        var cacheable = CacheableRequest(request, asked: asked, over: route, found, of: site, caching, in: cache)
        if let disk = cache.disk { cacheable.status.isFromDisk = await load(cacheable, from: disk) }
        while true {
            var stored: (CachedAnswer, canBeStale: Bool)?
            switch look(up: &cacheable) {
            case .nothing: break
            case .fresh(let answer, let left): return try await send(answer, to: cacheable, cacheable.hit(left))
            case .whileRevalidating(let answer, let left):
                refresh(answer, for: cacheable)
                cache.counts.stale += 1
                return try await send(answer, to: cacheable, cacheable.hit(left))
            case .stale(let answer, let canBeStale): stored = (answer, canBeStale)
            }
            if cacheable.asked.directives.flags.contains(.onlyIfCached), cacheable.plan.rules.honoursClientDirectives {
                throw Failure(.notCached, detail: "nothing stored may be sent", key: "sites.cache_upstream.client_directives")
            }
            guard mayBeStored(cacheable, hasStored: stored != nil) else {
                cache.counts.misses += 1
                note(cacheable.status, by: cacheable.plan.name)
                return try await proxy(request, over: route, found, of: site)
            }
            guard cacheable.mayWait, let fill = cache.fill(cacheable.key) else { return try await fetch(cacheable, stored) }
            try await wait(for: fill, &cacheable)
        }
    }

    /// May the upstream's answer be stored, and sent to others who wait for it?
    /// - Parameter hasStored: is there a stored answer, which the upstream is asked about?
    private func mayBeStored(_ cacheable: borrowing CacheableRequest, hasStored: Bool) -> Bool {
        guard cacheable.asked.isForWhole(hasStored: hasStored) else { return false }
        return !cacheable.asked.isPersonal || cacheable.status.forward != .request
    }

    /// What the cache has for a request.
    private enum Lookup {
        case nothing
        /// It may be sent; seconds for which it is still fresh.
        case fresh(CachedAnswer, left: Int64)
        /// It may be sent, while it is asked for anew.
        case whileRevalidating(CachedAnswer, left: Int64)
        /// The upstream is to say whether it is still the same; if it cannot be reached, this one may do.
        case stale(CachedAnswer, canBeStale: Bool)
    }

    /// Looks for a stored answer that its sender may have, and notes why the request goes on, if it does.
    private func look(up cacheable: inout CacheableRequest) -> Lookup {
        let answer: CachedAnswer
        switch cacheable.cache.find(cacheable.key, cacheable.asked.selecting) {
        case .nothing:
            cacheable.status.forward = .uriMiss
            return .nothing
        case .otherVariant:
            cacheable.status.forward = .varyMiss
            return .nothing
        case .answer(let found): answer = found
        }
        if cacheable.asked.isPersonal, !CacheRules.isForAll(answer.directives) {
            cacheable.status.forward = .request
            return .nothing
        }
        let now = resources.clock.seconds
        // Fresh, and still asked about: the request wants it so.
        cacheable.status.forward = answer.times.freshness(at: now) > 0 ? .request : .stale
        let reuse = cacheable.plan.rules.reuse(
            answer.times, answer.directives, asked: cacheable.asked.directives, hasPragma: cacheable.asked.hasPragma, now: now)
        return switch reuse {
        case .fresh(let left): .fresh(answer, left: left)
        case .whileRevalidating(let left): .whileRevalidating(answer, left: left)
        case .revalidate: .stale(answer, canBeStale: false)
        case .revalidateOrStale: .stale(answer, canBeStale: true)
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

    /// Sends a request on that is none for a cache, and makes old what is stored of its target if it changes something.
    private mutating nonisolated(nonsending) func bypassCache(
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
