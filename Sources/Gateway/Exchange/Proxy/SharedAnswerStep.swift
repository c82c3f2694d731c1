import EventLoop
import HTTP
import Messages
import StaticFiles

/// The step in which one request asks the upstream, and the others that want the same wait for its answer.
extension Exchange {
    /// Nanoseconds for which others put up with a client that takes its answer more slowly than it comes.
    private static let holdUpLimit: UInt64 = 250_000_000

    /// Waits for the answer to another request for the same, and notes what has come of it.
    mutating nonisolated(nonsending) func wait(
        for fill: CacheFill, _ cacheable: inout CacheableRequest
    ) async throws(Failure) {
        let end = cacheable.waitEnd ?? resources.now &+ cacheable.plan.lockTimeout
        cacheable.waitEnd = end
        let state = try await wait(for: fill, of: cacheable.cache, until: end)
        cacheable.status.isCollapsed = state == .stored
        cacheable.mayWait = state == .stored || state == .failed
    }

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
            let now = resources.now
            guard end > now else { return .passed }
            _ = await waiter.wait(timeout: min(end - now, Self.holdUpLimit))
            try client.checkPresence(generation.limits, now: resources.now)
            // Another one asks then, and is waited for.
            if case .awaited = fill.state, fill.isHeldUp, resources.now &- now >= Self.holdUpLimit {
                cache.end(fill, .failed)
            }
        }
        return fill.state
    }

    /// Loads an answer from disk that is not in memory; others who ask for the same wait for that.
    /// - Returns: was there one?
    mutating nonisolated(nonsending) func load(_ cacheable: borrowing CacheableRequest, from disk: DiskStore) async -> Bool {
        let (cache, key, asked) = (cacheable.cache, cacheable.key, cacheable.asked.selecting)
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
    /// - Parameter stored: what the cache has and may not send before it is asked about.
    mutating nonisolated(nonsending) func fetch(
        _ cacheable: borrowing CacheableRequest, _ stored: (CachedAnswer, canBeStale: Bool)?
    ) async throws(Failure) {
        let (cache, key, asked) = (cacheable.cache, cacheable.key, cacheable.asked)
        cache.counts.misses += 1
        let recording = CacheRecording(
            cache, cacheable.plan, key, asked.selecting, stored.map { .validation($0, canBeStale: $1) } ?? .new, asked.forRules,
            fill: cache.fill(key) == nil ? cache.beginFill(key) : nil, clock: resources.clock, status: cacheable.status)
        if let answer = stored?.0 { makeConditional(cacheable.head, on: answer) }
        self.recording = recording
        defer { self.recording = nil }
        do throws(Failure) {
            try await proxy(cacheable.head, over: cacheable.route, cacheable.found, of: cacheable.site)
        } catch {
            guard let (answer, canBeStale) = stored, canBeStale, responder != nil, error.blame == .upstream else { throw error }
            var status = cacheable.status
            if case .status(let code) = error.retry { status.forwardStatus = code }
            cache.counts.stale += 1
            status.ttl = answer.times.freshness(at: resources.clock.seconds)
            return try await send(answer, to: cacheable, status)
        }
        if responder != nil, recording.isMismatched {
            // What is stored is none, then, and the upstream is asked for the whole answer.
            cacheable.head.dropConditions()
            return try await fetch(cacheable, nil)
        }
        guard responder != nil, let answer = recording.validated else { return }
        var status = recording.status
        status.ttl = answer.times.freshness(at: resources.clock.seconds)
        status.isStored = cache.holds(answer)
        // An application that begins a session with each request does so in a 304, too.
        for cookie in recording.cookies { answerFields.append("Set-Cookie", said: cookie[...]) }
        try await send(answer, to: cacheable, status)
    }

    /// Has the request ask whether a stored answer is still the same (RFC 9111 §4.3.1).
    mutating func makeConditional(_ request: RequestHead, on answer: CachedAnswer) {
        if !request.makeConditional(on: answer.head) { request.dropConditions() }
    }
}

extension FileThreads.Limits {
    /// The limits for what is only a shorter way: an upstream answers sooner than a disk that takes longer than a second.
    fileprivate var impatient: FileThreads.Limits {
        FileThreads.Limits(threads: threads, waiting: waiting, timeout: min(timeout, 1_000_000_000))
    }
}
