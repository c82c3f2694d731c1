/// What all workers together keep of the answers of a site's upstreams.
package struct CacheReport: Sendable {
    package var site: String
    /// Stored; an answer that several workers have counts for each.
    package var answers: Int
    /// Bytes of memory.
    package var bytes: Int
    /// Requests that were answered without the upstream, since the start.
    package var hits: Int
    /// Requests that went on.
    package var misses: Int
    /// Stale answers that were sent.
    package var stale: Int
    /// Answers that made room for others.
    package var evictions: Int
    /// Answers that were stored.
    package var stored: Int
    /// What is kept on disk; nil where nothing is.
    package var disk: Disk?

    /// What is on disk.
    package struct Disk: Sendable {
        package var answers: Int
        /// Bytes, in a file system's blocks.
        package var bytes: Int
        /// Answers that were brought from there into a worker's memory, since the start.
        package var hits: UInt64
        /// Answers that made room for others.
        package var evictions: UInt64
        /// Answers that could not be written or read, or were not what had been written.
        package var errors: UInt64

        init(_ counts: DiskStore.Counts) {
            (answers, bytes, hits, evictions) = (counts.answers, counts.bytes, counts.hits, counts.evictions)
            errors = counts.writeErrors + counts.readErrors + counts.damaged
        }
    }

    /// - Parameter counts: all workers' together.
    init(_ cache: CachePlan, _ counts: ResponseCache.Counts) {
        site = cache.siteName
        (answers, bytes, stored, evictions) = (counts.answers, counts.bytes, counts.stored, counts.evictions)
        (hits, misses, stale) = (counts.hits, counts.misses, counts.stale)
        disk = cache.disk.map { Disk($0.counts) }
    }
}

extension Gateway {
    /// The reports of all sites that keep answers, in the order of the configuration.
    package func caches() async -> [CacheReport] {
        var counts: [[ResponseCache.Counts]] = []
        for worker in workers { counts.append(await worker.cacheCounts()) }
        return caches(counts)
    }

    /// The reports by what workers have told before: nobody is asked.
    package func caches(_ statuses: [WorkerStatus?]) -> [CacheReport] { caches(statuses.map { $0?.caches ?? [] }) }

    private func caches(_ counts: [[ResponseCache.Counts]]) -> [CacheReport] {
        currentPlan.caches.enumerated().map { index, cache in
            var sum = ResponseCache.Counts()
            for worker in counts where index < worker.count { sum.add(worker[index]) }
            return CacheReport(cache, sum)
        }
    }
}

extension Worker {
    func cacheCounts() -> [ResponseCache.Counts] { resources?.generation.caches.map(\.report) ?? [] }
}
