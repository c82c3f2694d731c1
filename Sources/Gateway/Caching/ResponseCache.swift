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

        /// Adds another worker's, of the same site.
        mutating func add(_ other: Counts) {
            answers += other.answers
            bytes += other.bytes
            hits += other.hits
            misses += other.misses
            stale += other.stale
            evictions += other.evictions
            stored += other.stored
        }
    }

    /// Targets of which it is remembered that their answers are none to be stored.
    static let maxPassing = 4096

    let site: SiteIdentity
    let siteName: String
    let limits: CachePlan.Limits
    /// What is stored besides on disk; nil: nothing.
    let disk: DiskStore?
    /// What requests have changed, through whichever worker.
    let changes: ChangedTargets
    private var table = AnswerTable<CachedAnswer>()
    private(set) var fills: [CacheKey: CacheFill] = [:]
    /// Their hashes: they would take memory that nobody counts. Of two that are alike requests do not wait where they could.
    private var passing: Set<Int> = []
    /// The answers that are under way, and whether they were forgotten before they came.
    private var receiving: [ObjectIdentifier: (key: CacheKey, isForgotten: Bool)] = [:]
    /// Bytes of what is being received.
    private var reserved = 0
    /// How often something was forgotten by order: what is being read from disk may be meant.
    private(set) var removals = 0
    var counts = Counts()
    private var published = Counts()
    private let series: CacheSeries?

    init(_ plan: CachePlan) {
        series = plan.series
        site = plan.site
        siteName = plan.siteName
        limits = plan.limits
        disk = plan.disk
        changes = plan.changes
    }

    /// May it go on for another plan?
    func suits(_ plan: CachePlan) -> Bool {
        site == plan.site && limits == plan.limits && siteName == plan.siteName && series === plan.series
            && disk === plan.disk && changes === plan.changes
    }

    // MARK: Finding

    func find(_ key: CacheKey, _ asked: borrowing SelectingFields) -> Found {
        while let answer = table.find(key, asked) {
            if changes.isCurrent(answer.mark) { return .answer(answer) }
            table.remove(answer)
        }
        return table.has(key) ? .otherVariant : .nothing
    }

    /// The answer that others wait for already, if one is awaited.
    func fill(_ key: CacheKey) -> CacheFill? { fills[key] }

    /// Others wait from now on for the answer to this request.
    /// - Returns: nil where the answers of this target were none to be stored: each asks for himself.
    func beginFill(_ key: CacheKey) -> CacheFill? {
        guard !passing.contains(key.hashValue) else { return nil }
        let fill = CacheFill(key)
        fills[key] = fill
        return fill
    }

    func end(_ fill: CacheFill, _ state: CacheFill.State) {
        if fills[fill.key] === fill { fills[fill.key] = nil }
        if state == .passed {
            if passing.count >= Self.maxPassing { passing.removeAll(keepingCapacity: true) }
            passing.insert(fill.key.hashValue)
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
        receiving.removeValue(forKey: ObjectIdentifier(recording))?.isForgotten == false && changes.isCurrent(recording.mark)
    }

    /// Makes room for an answer that is being received.
    /// - Returns: false if there is none, even without what is stored.
    func reserve(_ count: Int) -> Bool {
        guard makeRoom(count) else { return false }
        reserved += count
        return true
    }

    func release(_ count: Int) { reserved -= count }

    private func makeRoom(_ count: Int) -> Bool {
        while table.bytes + reserved + count > limits.memory {
            guard table.removeOldest() != nil else { return false }
            counts.evictions += 1
        }
        return true
    }

    /// Stores an answer in place of the one that it is a newer form of.
    /// - Parameter onDisk: there, too, if there is a disk.
    func store(_ answer: CachedAnswer, onDisk: Bool = true) {
        passing.remove(answer.key.hashValue)
        if onDisk, let disk {
            disk.put(answer.stored)
            // Whoever changes the target says so first, and then looks at the disk.
            if !changes.isCurrent(answer.mark) { disk.remove(answer.key) }
        }
        table.remove(like: answer)
        guard makeRoom(answer.cost) else { return }
        counts.stored += 1
        table.insert(answer)
    }

    /// Takes an answer that was read from disk.
    /// - Parameter mark: from before it was looked for.
    func take(_ stored: StoredAnswer, _ mark: ChangedTargets.Mark) {
        disk?.noteHit()
        if let answer = CachedAnswer(stored, mark) { store(answer, onDisk: false) }
    }

    /// Has a stored answer been put in the place of another, or been removed?
    func holds(_ answer: CachedAnswer) -> Bool { table.contains(answer) }

    // MARK: Removing

    /// A request has changed something of its target: all workers forget what they have of it.
    /// - Parameters:
    ///   - target: as keys have it.
    ///   - routes: those of the site.
    func forget(_ target: [UInt8], of routes: [UInt64]) {
        changes.note(CacheKey(route: 0, target: target))
        for route in routes { remove(CacheKey(route: route, target: target)) }
        // Another worker may have found it on disk in between.
        if disk != nil { changes.note(CacheKey(route: 0, target: target)) }
    }

    /// The upstream has said something else than a stored answer does: that one is forgotten, unless another is in its place.
    func remove(_ answer: CachedAnswer) {
        guard table.remove(answer) else { return }
        removals += 1
        disk?.remove(answer.key)
    }

    /// Forgets all forms of a target that this worker or the disk has.
    func remove(_ key: CacheKey) {
        for (recording, state) in receiving where state.key == key { receiving[recording]?.isForgotten = true }
        removals += 1
        table.removeAll(of: key)
        disk?.remove(key)
    }

    /// Forgets the targets that `isMeant`, in memory.
    /// - Parameter isMeant: gets authority, path and query.
    /// - Returns: how many answers that were.
    func removeAll(where isMeant: ([UInt8]) -> Bool) -> Int {
        for (recording, state) in receiving where isMeant(state.key.target) { receiving[recording]?.isForgotten = true }
        removals += 1
        return table.removeAll { isMeant($0.target) }.count
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
        counts.answers = table.count
        counts.bytes = table.bytes + reserved
        return counts
    }
}
