import EventLoop

/// What all workers together keep of the answers of a site's upstreams.
package struct CacheReport: Sendable {
    package var site: String
    /// Stored; an answer that several workers have counts for each.
    package var answers = 0
    /// Bytes of memory.
    package var bytes = 0
    /// Requests that were answered without the upstream, since the start.
    package var hits = 0
    /// Requests that went on.
    package var misses = 0
    /// Stale answers that were sent.
    package var stale = 0
    /// Answers that made room for others.
    package var evictions = 0
    /// Answers that were stored.
    package var stored = 0
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
}

/// Which stored answers are meant.
package struct CacheSelection: Sendable {
    /// nil: of every site.
    package var site: String?
    /// Authority, path and query, as clients ask; nil: all.
    package var target: String?
    /// Are those meant that begin so?
    package var isPrefix = false

    package init(site: String?, target: String?, isPrefix: Bool) {
        self.site = site
        self.target = target
        self.isPrefix = isPrefix
    }

    func means(_ other: [UInt8]) -> Bool {
        guard let target else { return true }
        return isPrefix ? other.starts(with: target.utf8) : other.elementsEqual(target.utf8)
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
        var reports = currentPlan.caches.map { cache in
            CacheReport(site: cache.siteName, disk: cache.disk.map { CacheReport.Disk($0.counts) })
        }
        for worker in counts {
            for (index, counts) in worker.enumerated() where index < reports.count { reports[index].add(counts) }
        }
        return reports
    }

    /// Forgets stored answers; those that are being received are not stored.
    /// - Returns: how many there were, in all workers and on disk; nil if no site that is meant keeps answers.
    package func purge(_ selection: CacheSelection) async -> Int? {
        guard currentPlan.caches.contains(where: { selection.site == nil || $0.siteName == selection.site }) else { return nil }
        var count = 0
        // The disk first, from which memory is filled.
        for cache in currentPlan.caches where selection.site == nil || cache.siteName == selection.site {
            if let disk = cache.disk { count += await disk.purge(where: selection.means) }
        }
        for worker in workers { count += await worker.purge(selection) }
        return count
    }
}

extension Worker {
    func cacheCounts() -> [ResponseCache.Counts] { resources?.generation.caches.map(\.report) ?? [] }

    func purge(_ selection: CacheSelection) -> Int {
        var count = 0
        for cache in resources?.generation.caches ?? [] where selection.site == nil || cache.siteName == selection.site {
            count += cache.removeAll(where: selection.means)
        }
        return count
    }
}

extension CacheReport {
    fileprivate mutating func add(_ counts: ResponseCache.Counts) {
        answers += counts.answers
        bytes += counts.bytes
        hits += counts.hits
        misses += counts.misses
        stale += counts.stale
        evictions += counts.evictions
        stored += counts.stored
    }
}
