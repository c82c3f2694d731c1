/// What is counted of the answers that workers keep of a site's upstreams. It outlives a plan: a reload sets nothing back.
final class CacheSeries: Sendable {
    let labels: MetricLabels
    private let workers: [Counters<7>]

    /// Where each number is.
    enum Place {
        static let hits = 0
        static let misses = 1
        static let stale = 2
        static let stored = 3
        static let evictions = 4
        static let answers = 5
        static let bytes = 6
    }

    init(_ labels: MetricLabels, workers: Int) {
        self.labels = labels
        self.workers = (0..<workers).map { _ in Counters() }
    }

    /// Adds what has happened since a worker told it the last time.
    func add(_ now: ResponseCache.Counts, since before: ResponseCache.Counts, worker: Int) {
        let counters = workers[worker]
        for (place, difference) in [
            (Place.hits, now.hits - before.hits), (Place.misses, now.misses - before.misses),
            (Place.stale, now.stale - before.stale), (Place.stored, now.stored - before.stored),
            (Place.evictions, now.evictions - before.evictions),
        ] where difference > 0 {
            counters.add(UInt64(difference), at: place)
        }
        counters.set(UInt64(now.answers), at: Place.answers)
        counters.set(UInt64(max(0, now.bytes)), at: Place.bytes)
    }

    /// All workers' together.
    subscript(place: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[place] } }
}

extension MetricsText {
    mutating func append(_ caches: [CacheSeries]) {
        guard !caches.isEmpty else { return }
        // Sites at several addresses may have one name.
        var sums: [(labels: MetricLabels, values: [UInt64])] = []
        for cache in caches {
            let values = (Place.hits...Place.bytes).map { cache[$0] }
            if let known = sums.firstIndex(where: { $0.labels == cache.labels }) {
                sums[known].values = zip(sums[known].values, values).map { $0 &+ $1 }
            } else {
                sums.append((cache.labels, values))
            }
        }
        family("gatehouse_cache_requests", .counter, "Requests that what is kept could have answered, by what came of it.")
        for (labels, values) in sums {
            sample(labels, ("result", "hit"), values[Place.hits])
            sample(labels, ("result", "miss"), values[Place.misses])
            sample(labels, ("result", "stale"), values[Place.stale])
        }
        family("gatehouse_cache_stored", .counter, "Answers that were stored.")
        for (labels, values) in sums { sample(labels, values[Place.stored]) }
        family("gatehouse_cache_evictions", .counter, "Answers that made room for others.")
        for (labels, values) in sums { sample(labels, values[Place.evictions]) }
        family("gatehouse_cache_answers", .gauge, "Answers that are kept; one that several workers have counts for each.")
        for (labels, values) in sums { sample(labels, values[Place.answers]) }
        family("gatehouse_cache_bytes", .gauge, "Memory that they take.")
        for (labels, values) in sums { sample(labels, values[Place.bytes]) }
    }

    private typealias Place = CacheSeries.Place
}
