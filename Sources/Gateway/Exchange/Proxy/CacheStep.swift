import EventLoop
import HTTP
import Messages
import StaticFiles

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
            switch cache.find(key, asked.selecting) {
            case .nothing: status.forward = .uriMiss
            case .otherVariant: status.forward = .varyMiss
            case .answer(let answer):
                if asked.isPersonal, !CacheRules.isForAll(answer.directives) {
                    status.forward = .request
                    break
                }
                status.forward = .stale
                let now = resources.clock.seconds
                switch caching.plan.rules.reuse(
                    answer.times, answer.directives, asked: asked.directives, hasPragma: asked.hasPragma, now: now)
                {
                case .fresh(let left):
                    return try await send(answer, asked, cache, status.hit(left), name: caching.plan.name)
                case .whileRevalidating(let left):
                    refresh(answer, request, asked, over: route, found, of: site, caching, cache)
                    cache.counts.stale += 1
                    return try await send(answer, asked, cache, status.hit(left), name: caching.plan.name)
                case .revalidate: stored = (answer, false)
                case .revalidateOrStale: stored = (answer, true)
                }
                if stored != nil, answer.times.freshness(at: now) > 0 { status.forward = .request }
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

    /// May the answer be one for its sender alone? So where a name goes on, by `Authorization` or fields of ours, or the sender
    /// has shown a certificate.
    private func isPersonal(_ request: RequestHead, _ route: RoutePlan) -> Bool {
        request.fields.contains(.authorization) || route.protection?.asksWho == true || endpoint.clientCertificate != nil
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
            request, policy: headers.request, edits: requestRules.map { FieldEdits($0) }, client: endpoint.forwarding(to: site),
            target: target)
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
        // RFC 9111 §4.4, also where the client leaves or the answer breaks off behind its head.
        defer {
            if CacheRules.invalidates(method, status: record.status) { cache.forget(target, of: caching.siblings) }
        }
        try await proxy(request, over: route, found, of: site)
    }

    private mutating func note(_ status: CacheStatus, by name: [UInt8]) {
        answerFields.append("Cache-Status") { status.append(to: &$0, of: name) }
    }

    // MARK: Together

    /// For how long others put up with a client that takes its answer more slowly than it comes.
    private static let patience: UInt64 = 250_000_000

    /// Waits for the answer to another request for the same.
    private mutating nonisolated(nonsending) func wait(
        for fill: CacheFill, of cache: ResponseCache, until end: UInt64
    ) async throws(Failure) -> CacheFill.State {
        let waiter = client.waiter
        fill.join(waiter)
        defer {
            fill.leave(waiter)
            client.unwatch()
        }
        while case .awaited = fill.state {
            client.watch(reading: false, writing: false)
            let now = resources.loop.now
            guard end > now else { return .passed }
            _ = await waiter.wait(timeout: min(end - now, Self.patience))
            if client.hasLeft { throw Failure.clientLeft() }
            // Another one asks then, and is waited for.
            if case .awaited = fill.state, fill.isHeldUp, resources.loop.now &- now >= Self.patience { cache.end(fill, .failed) }
        }
        return fill.state
    }

    /// Brings an answer from disk that is not in memory; others who ask for the same wait for that.
    /// - Returns: was there one?
    private mutating nonisolated(nonsending) func bring(
        _ key: CacheKey, _ asked: SelectingFields, from disk: DiskStore, into cache: ResponseCache
    ) async -> Bool {
        if case .answer = cache.find(key, asked) { return false }
        let mark = cache.changes.mark(of: key)
        guard cache.fill(key) == nil, let entry = disk.find(key, asked) else { return false }
        let (removals, fill) = (cache.removals, cache.beginFill(key))
        let answer = try? await resources.shared.fileThreads.run(generation.limits.files.impatient) { disk.read(entry) }
        // What was forgotten meanwhile must not come back.
        guard let answer, cache.removals == removals else {
            if let fill { cache.end(fill, .failed) }
            return false
        }
        cache.take(answer, mark)
        if let fill { cache.end(fill, .stored) }
        return true
    }

    /// Asks the upstream, for all who wait.
    private mutating nonisolated(nonsending) func lead(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan, _ caching: CachedRoute,
        _ cache: ResponseCache, _ asked: CacheRequest, _ key: CacheKey, _ stored: (CachedAnswer, canBeStale: Bool)?,
        _ status: CacheStatus
    ) async throws(Failure) {
        cache.counts.misses += 1
        let recording = CacheRecording(
            cache, caching.plan, key, asked.selecting, stored.map { .validation($0, canBeStale: $1) } ?? .new, asked.forRules,
            fill: cache.fill(key) == nil ? cache.beginFill(key) : nil, clock: resources.clock, status: status)
        if let answer = stored?.0 { askWhether(answer, in: request) }
        self.recording = recording
        defer { self.recording = nil }
        do throws(Failure) {
            try await proxy(request, over: route, found, of: site)
        } catch {
            guard let (answer, canBeStale) = stored, canBeStale, responder != nil, error.blame == .upstream else { throw error }
            var status = status
            if case .status(let code) = error.retry { status.forwardStatus = code }
            cache.counts.stale += 1
            status.ttl = answer.times.freshness(at: resources.clock.seconds)
            return try await send(answer, asked, cache, status, name: caching.plan.name)
        }
        guard responder != nil, let answer = recording.validated else { return }
        var status = recording.status
        status.ttl = answer.times.freshness(at: resources.clock.seconds)
        status.isStored = cache.holds(answer)
        try await send(answer, asked, cache, status, name: caching.plan.name)
    }

    private mutating func askWhether(_ answer: CachedAnswer, in request: RequestHead) {
        if !request.askWhether(answer.head) { request.dropConditions() }
    }

    // MARK: The stored answer

    /// Sends a stored answer, or of it what the client has not.
    private mutating nonisolated(nonsending) func send(
        _ answer: CachedAnswer, _ asked: CacheRequest, _ cache: ResponseCache, _ status: CacheStatus, name: [UInt8]
    ) async throws(Failure) {
        let now = resources.clock.seconds
        var head = resources.acquireResponseHead()
        defer { resources.release(head) }
        head.copy(answer.head)
        var fields = AnswerFields()
        // Both, and the words of most answers' other fields.
        fields.reserve(192)
        fields.append("Age", answer.times.age(at: now))
        fields.append("Cache-Status") { status.append(to: &$0, of: name) }
        if status.forward == nil { cache.counts.hits += 1 }
        var part: Range<Int>? = 0..<answer.body.count
        if asked.conditions.hold(for: head, now: now) {
            (head, part) = (replace(head, with: StoredHead.notModified(head)), nil)
        } else if !asked.isHead, let range = asked.conditions.range(of: head, now: now) {  // RFC 9110 §14.2: of GET alone.
            switch ByteRange.parse(range, size: UInt64(answer.body.count)) {
            // RFC 9110 §14.2: a server may ignore ranges, and several are not worth their effort here.
            case .whole, .parts: break
            case .part(let range):
                part = Int(range.lowerBound)..<Int(range.upperBound)
                head = replace(head, with: StoredHead.partial(head))
                let words = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(answer.body.count)"
                fields.append("Content-Range", words)
            case .unsatisfiable:
                throw Failure(
                    .rangeNotSatisfiable, fields: AnswerFields("Content-Range", "bytes */\(answer.body.count)"))
            }
        }
        try await send(answer, head, part, fields, isHead: asked.isHead)
    }

    private mutating nonisolated(nonsending) func send(
        _ answer: CachedAnswer, _ head: ResponseHead, _ part: Range<Int>?, _ fields: AnswerFields, isHead: Bool
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        var fields = fields
        fields.append(answerFields)
        var framing = BodyFraming.none
        if let part, head.status != 204, head.status != 304 {
            if isHead { fields.append("Content-Length", UInt64(part.count)) } else { framing = .length(UInt64(part.count)) }
        }
        head.add(fields)
        record.status = head.status
        let writer = responder.begin(forwarding: head, framing: framing, policy: headers.answer)
        if let part, !framing.isEmpty { try await send(answer.body, part, to: writer) }
        writer.finish()
        try await flush()
    }

    private func read(_ bytes: [UInt8], into head: ResponseHead) {
        // It has been made of a head, and was read once.
        guard (try? head.parse(bytes.span, limits: .stored)) != nil else { preconditionFailure("a stored head is one") }
    }

    private func replace(_ head: ResponseHead, with bytes: [UInt8]) -> ResponseHead {
        head.reset()
        read(bytes, into: head)
        return head
    }

    // MARK: In the background

    /// Has a stale answer asked for anew, unless somebody does so already.
    private mutating func refresh(
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
            found: found,
            site: site, headers: headers, rules: requestRules)
        askWhether(answer, in: side.request)
        resources.streamTasks.begin(side)
    }

    /// Carries a request of the cache's own out, whose answer nobody gets.
    mutating nonisolated(nonsending) func refresh(for side: RefreshSide) async {
        record.method = .get
        record.site = side.site
        record.route = side.found.route
        headers = side.headers
        requestRules = side.rules
        recording = side.recording
        // What goes wrong is told of by the server's health.
        try? await proxy(side.request, over: side.route, side.found, of: side.site)
        recording = nil
        // Nobody is there to be cut off.
        responder = nil
    }
}

/// What of a request a cache looks at, as the client has sent it: it is changed before it goes on.
struct CacheRequest {
    let directives: CacheDirectives
    let hasPragma: Bool
    let conditions: CacheConditions
    let isPersonal: Bool
    let isHead: Bool
    let forRules: CacheRules.Asked
    let selecting: SelectingFields

    init(_ request: RequestHead, rules: CacheRules, isPersonal: Bool, _ selecting: SelectingFields) {
        self.selecting = selecting
        let fields = request.fields
        directives = rules.heedsClients ? CacheDirectives(fields) : CacheDirectives()
        hasPragma = rules.heedsClients && fields.hasNoCachePragma
        conditions = CacheConditions(fields)
        self.isPersonal = isPersonal
        isHead = request.method == .head
        forRules = CacheRules.Asked(method: request.method, isPersonal: isPersonal, directives: directives)
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

extension FileThreads.Terms {
    /// For what is only a shorter way: an upstream answers sooner than a disk that takes longer than a second.
    fileprivate var impatient: FileThreads.Terms {
        FileThreads.Terms(threads: threads, waiting: waiting, timeout: min(timeout, 1_000_000_000))
    }
}
