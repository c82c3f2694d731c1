import Gateway

extension Snapshot {
    /// What is kept of the answers of a site's upstreams.
    struct Cache: Codable, Sendable {
        var site: String
        var answers: Int
        /// The bytes of memory that stored answers take.
        var bytes: Int
        /// Requests for what may be kept, each second; nil in the first snapshot.
        var requests: Double?
        /// Percent of them that were answered without the upstream; nil without any.
        var hitShare: Double?
        /// Since the start.
        var hits: Int
        var misses: Int
        var stale: Int
        var evictions: Int
        /// Nil where none are kept there.
        var disk: AdminCache.Disk?
    }

    struct Caches: Codable, Sendable {
        var total: Int
        /// The busiest first.
        var first: [Cache]
    }
}

extension Snapshot.Caches {
    /// - Parameters:
    ///   - earlier: nil: nothing is known of the time before.
    ///   - seconds: between the two.
    init(_ now: [CacheReport], since earlier: [CacheReport]?, seconds: Double?) {
        let before = Dictionary((earlier ?? []).map { ($0.site, $0) }, uniquingKeysWith: { first, _ in first })
        let all = now.map { report in
            Snapshot.Cache(report, since: earlier == nil ? report : before[report.site], seconds: seconds)
        }
        let sorted = all.sorted {
            ($1.requests ?? 0, $1.hits, $0.site) < ($0.requests ?? 0, $0.hits, $1.site)
        }
        (total, first) = (all.count, Array(sorted.prefix(Snapshot.maxRows)))
    }
}

extension Snapshot.Cache {
    /// - Parameter before: nil: it was not there.
    fileprivate init(_ report: CacheReport, since before: CacheReport?, seconds: Double?) {
        (site, answers, bytes) = (report.site, report.answers, report.bytes)
        (hits, misses, stale, evictions) = (report.hits, report.misses, report.stale, report.evictions)
        disk = report.disk.map { AdminCache.Disk($0) }
        // A reload that changes a cache begins it anew.
        let newHits = max(0, report.hits - (before?.hits ?? 0))
        let asked = newHits + max(0, report.misses - (before?.misses ?? 0))
        requests = seconds.map { Double(asked) / $0 }
        hitShare = asked == 0 ? nil : 100 * Double(newHits) / Double(asked)
    }
}
