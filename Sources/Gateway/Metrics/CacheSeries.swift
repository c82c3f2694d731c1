/// What is counted of the answers that workers keep of a site's upstreams. It outlives a plan: a reload sets nothing back.
final class CacheSeries: Sendable {
    let labels: MetricLabels
    private let workers: [Counters<7>]

    /// Where each number is.
    enum Index {
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
        for (index, difference) in [
            (Index.hits, now.hits - before.hits), (Index.misses, now.misses - before.misses),
            (Index.stale, now.stale - before.stale), (Index.stored, now.stored - before.stored),
            (Index.evictions, now.evictions - before.evictions),
        ] where difference > 0 {
            counters.add(UInt64(difference), at: index)
        }
        counters.set(UInt64(now.answers), at: Index.answers)
        counters.set(UInt64(max(0, now.bytes)), at: Index.bytes)
    }

    /// All workers' together.
    subscript(index: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[index] } }
}

extension MetricsText {
    mutating func append(_ caches: [MetricsPlan.Cache]) {
        guard !caches.isEmpty else { return }
        appendMemory(caches.map(\.series))
        appendDisks(caches)
    }

    private mutating func appendMemory(_ caches: [CacheSeries]) {
        // Sites at several addresses may have one name.
        var sums: [(labels: MetricLabels, values: [UInt64])] = []
        for cache in caches {
            let values = (Index.hits...Index.bytes).map { cache[$0] }
            if let known = sums.firstIndex(where: { $0.labels == cache.labels }) {
                sums[known].values = zip(sums[known].values, values).map { $0 &+ $1 }
            } else {
                sums.append((cache.labels, values))
            }
        }
        family("gatehouse_cache_requests", .counter, "Requests that what is kept could have answered, by what came of it.")
        for (labels, values) in sums {
            sample(labels, ("result", "hit"), values[Index.hits])
            sample(labels, ("result", "miss"), values[Index.misses])
            sample(labels, ("result", "stale"), values[Index.stale])
        }
        family("gatehouse_cache_stored", .counter, "Answers that were stored.")
        for (labels, values) in sums { sample(labels, values[Index.stored]) }
        family("gatehouse_cache_evictions", .counter, "Answers that made room for others.")
        for (labels, values) in sums { sample(labels, values[Index.evictions]) }
        family("gatehouse_cache_answers", .gauge, "Answers that are kept; one that several workers have counts for each.")
        for (labels, values) in sums { sample(labels, values[Index.answers]) }
        family("gatehouse_cache_bytes", .gauge, "Memory that they take.")
        for (labels, values) in sums { sample(labels, values[Index.bytes]) }
    }

    private mutating func appendDisks(_ caches: [MetricsPlan.Cache]) {
        var sums: [(labels: MetricLabels, counts: DiskStore.Counts)] = []
        var counted: Set<ObjectIdentifier> = []
        for cache in caches {
            guard let disk = cache.disk, counted.insert(ObjectIdentifier(disk)).inserted else { continue }
            if let known = sums.firstIndex(where: { $0.labels == cache.series.labels }) {
                sums[known].counts.add(disk.counts)
            } else {
                sums.append((cache.series.labels, disk.counts))
            }
        }
        guard !sums.isEmpty else { return }
        family("gatehouse_cache_disk_up", .gauge, "0 from an error of writing until a file could be written again, else 1.")
        for (labels, counts) in sums { sample(labels, counts.isUsed ? 1 : 0) }
        family("gatehouse_cache_disk_answers", .gauge, "Answers that are kept on disk, for all workers.")
        for (labels, counts) in sums { sample(labels, UInt64(counts.answers)) }
        family("gatehouse_cache_disk_bytes", .gauge, "Bytes of disk that they take.")
        for (labels, counts) in sums { sample(labels, UInt64(counts.bytes)) }
        family("gatehouse_cache_disk_hits", .counter, "Answers that were brought from disk into a worker's memory.")
        for (labels, counts) in sums { sample(labels, counts.hits) }
        family("gatehouse_cache_disk_stored", .counter, "Answers that were written to disk.")
        for (labels, counts) in sums { sample(labels, counts.written) }
        family("gatehouse_cache_disk_evictions", .counter, "Answers on disk that made room for others.")
        for (labels, counts) in sums { sample(labels, counts.evictions) }
        family("gatehouse_cache_disk_errors", .counter, "Answers that were not written or not read, by why.")
        for (labels, counts) in sums {
            sample(labels, ("error", "write"), counts.writeErrors)
            sample(labels, ("error", "read"), counts.readErrors)
            sample(labels, ("error", "damaged"), counts.damaged)
            sample(labels, ("error", "too_many_waiting"), counts.tooMany)
        }
    }

    private typealias Index = CacheSeries.Index
}
