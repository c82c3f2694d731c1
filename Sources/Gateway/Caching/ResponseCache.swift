import HTTP

/// One worker's stored answers of one site's upstreams. Each worker has its own, so that nobody waits for anybody: what is asked
/// for of every worker is asked for of the upstream once for each of them, and is in memory as often.
final class ResponseCache {
    /// What was found for a request.
    enum Found {
        case answer(CachedAnswer)
        /// Others are stored of the same target.
        case otherVariant
        case nothing
    }

    /// What a worker's cache has done.
    struct Counts: Sendable {
        var answers = 0
        var bytes = 0
        var hits = 0
        var misses = 0
        var stale = 0
        var evictions = 0
        var stored = 0
    }

    /// Forms of one target that are kept: who asks in ever new ways must not fill the cache with one page.
    static let mostVariants = 16
    /// Targets of which it is remembered that their answers are none to be stored.
    static let mostPassing = 4096

    let site: SiteIdentity
    let siteName: String
    let limits: CachePlan.Limits
    private var slots: [CachedAnswer?] = []
    private var free: [Int] = []
    private var recency = RecencyList()
    /// The slots of each target's variants.
    private var places: [CacheKey: [Int]] = [:]
    private(set) var fills: [CacheKey: CacheFill] = [:]
    private var passing: Set<CacheKey> = []
    /// The answers that are under way, and whether they were forgotten before they came.
    private var receiving: [ObjectIdentifier: (key: CacheKey, isForgotten: Bool)] = [:]
    /// Of what is stored, and of what is being received.
    private(set) var bytes = 0
    var counts = Counts()
    private var published = Counts()
    private let series: CacheSeries?

    init(_ plan: CachePlan) {
        series = plan.series
        site = plan.site
        siteName = plan.siteName
        limits = plan.limits
    }

    /// May it go on for another plan?
    func suits(_ plan: CachePlan) -> Bool {
        site == plan.site && limits == plan.limits && siteName == plan.siteName && series === plan.series
    }

    // MARK: Finding

    func find(_ key: CacheKey, _ request: borrowing FieldSection) -> Found {
        guard let variants = places[key] else { return .nothing }
        for place in variants {
            guard let answer = slots[place], answer.suits(request) else { continue }
            recency.touch(place)
            return .answer(answer)
        }
        return .otherVariant
    }

    /// The answer that others wait for already, if one is awaited.
    func fill(_ key: CacheKey) -> CacheFill? { fills[key] }

    /// Others wait from now on for the answer to this request.
    /// - Returns: nil where the answers of this target were none to be stored: each asks for himself.
    func beginFill(_ key: CacheKey) -> CacheFill? {
        guard !passing.contains(key) else { return nil }
        let fill = CacheFill(key)
        fills[key] = fill
        return fill
    }

    func end(_ fill: CacheFill, _ state: CacheFill.State) {
        if fills[fill.key] === fill { fills[fill.key] = nil }
        if state == .passed {
            if passing.count >= Self.mostPassing { passing.removeAll(keepingCapacity: true) }
            passing.insert(fill.key)
        }
        fill.end(state)
    }

    // MARK: Storing

    /// An answer is asked for. Its like may be forgotten before it comes: see `endReceiving`.
    func beginReceiving(_ recording: CacheRecording) {
        receiving[ObjectIdentifier(recording)] = (recording.key, false)
    }

    /// - Returns: may it be stored?
    @discardableResult
    func endReceiving(_ recording: CacheRecording) -> Bool {
        receiving.removeValue(forKey: ObjectIdentifier(recording))?.isForgotten == false
    }

    /// Makes room for an answer that is being received.
    /// - Returns: false if there is none, even without what is stored.
    func reserve(_ count: Int) -> Bool {
        while bytes + count > limits.memory {
            guard evict() else { return false }
        }
        bytes += count
        return true
    }

    func giveBack(_ count: Int) { bytes -= count }

    /// Stores an answer in place of the one that it is a newer form of.
    func store(_ answer: CachedAnswer) {
        passing.remove(answer.key)
        remove(like: answer)
        guard reserve(answer.cost) else { return }
        counts.stored += 1
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(answer) } else { slots[place] = answer }
        recency.insert(place)
        places[answer.key, default: []].append(place)
        if let first = places[answer.key]?.first, places[answer.key, default: []].count > Self.mostVariants { remove(at: first) }
    }

    /// Has a stored answer been put in the place of another, or been removed?
    func holds(_ answer: CachedAnswer) -> Bool {
        places[answer.key]?.contains { slots[$0] === answer } ?? false
    }

    private func remove(like answer: CachedAnswer) {
        let old = places[answer.key]?.first { place in
            slots[place].map { $0.varying == answer.varying && $0.values == answer.values } ?? false
        }
        if let old { remove(at: old) }
    }

    private func evict() -> Bool {
        guard let oldest = recency.oldest else { return false }
        counts.evictions += 1
        remove(at: oldest)
        return true
    }

    private func remove(at place: Int) {
        guard let answer = slots[place] else { return }
        slots[place] = nil
        free.append(place)
        recency.remove(place)
        bytes -= answer.cost
        places[answer.key]?.removeAll { $0 == place }
        if places[answer.key]?.isEmpty == true { places[answer.key] = nil }
    }

    // MARK: Removing

    /// Forgets all forms of a target.
    func remove(_ key: CacheKey) {
        for (recording, state) in receiving where state.key == key { receiving[recording]?.isForgotten = true }
        for place in places[key] ?? [] { remove(at: place) }
    }

    /// Forgets the targets that `isMeant`.
    /// - Parameter isMeant: gets authority, path and query.
    /// - Returns: how many answers that were.
    func removeAll(where isMeant: ([UInt8]) -> Bool) -> Int {
        var count = 0
        for (recording, state) in receiving where isMeant(state.key.target) { receiving[recording]?.isForgotten = true }
        for key in Array(places.keys) where isMeant(key.target) {
            count += places[key]?.count ?? 0
            remove(key)
        }
        return count
    }

    /// Adds what has happened since the last call to what is counted.
    func publish(worker: Int) {
        guard let series else { return }
        let now = report
        series.add(now, since: published, worker: worker)
        published = now
    }

    var report: Counts {
        var counts = counts
        counts.answers = slots.count - free.count
        counts.bytes = bytes
        return counts
    }
}
