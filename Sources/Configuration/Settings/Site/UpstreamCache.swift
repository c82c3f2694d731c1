/// `[sites.cache_upstream]`: what is kept of upstreams' answers, by each worker.
package struct UpstreamCache: Sendable, Equatable {
    /// Bytes, for each worker.
    package var maxMemory = 32 << 20
    /// Bytes of one answer's body.
    package var maxObject = 1 << 20
    /// Where answers are kept on disk besides; nil: nowhere.
    package var diskDir: String?
    /// Bytes there.
    package var diskSize = 1 << 30
    /// Answers there.
    package var diskAnswers = 100_000
    /// How long answers are fresh that do not say so; zero: these are not kept.
    package var defaultLifetime = Duration.zero
    package var staleWhileRevalidate = Duration.zero
    package var staleIfError = Duration.zero
    /// How long a request waits for the answer to another one for the same; zero: none does.
    package var lockTimeout = Duration.seconds(5)
    /// Do `Cache-Control` and `Pragma` of requests count?
    package var clientDirectives = false

    package init() {}
}

extension UpstreamCache {
    /// - Returns: nil where the table is not there or switched off.
    static func read(_ table: TableReader) -> UpstreamCache? {
        guard table.mayBeWritten else { return nil }
        var cache = UpstreamCache()
        var enabled = true
        table.read("enabled", into: &enabled)
        table.readSize("max_memory", into: &cache.maxMemory, in: (1 << 16)...(1 << 40))
        table.readSize("max_object", into: &cache.maxObject, in: 1...(1 << 30))
        if let text = table.string(["disk_dir"], allowEmpty: false) { cache.diskDir = text.value }
        table.readSize("disk_size", into: &cache.diskSize, in: (1 << 16)...(1 << 50))
        table.read("disk_answers", into: &cache.diskAnswers, in: 1...10_000_000)
        table.readDuration("default_ttl", into: &cache.defaultLifetime, orZero: true)
        table.readDuration("stale_while_revalidate", into: &cache.staleWhileRevalidate, orZero: true)
        table.readDuration("stale_if_error", into: &cache.staleIfError, orZero: true)
        table.readDuration("lock_timeout", into: &cache.lockTimeout, orZero: true)
        table.read("client_directives", into: &cache.clientDirectives)
        if table.has("max_object"), cache.maxObject > cache.maxMemory {
            table.error(
                at: "max_object", "is more than max_memory: no answer of that size is ever kept",
                hint: "make it smaller, or max_memory larger")
        }
        let (size, answers) = (UpstreamCache().diskSize, UpstreamCache().diskAnswers)
        for (key, isWritten) in [("disk_size", cache.diskSize != size), ("disk_answers", cache.diskAnswers != answers)]
        where isWritten && cache.diskDir == nil {
            table.error(
                at: key, "does nothing: no answers are kept on disk",
                hint: "add disk_dir, or take it out")
        }
        table.finish()
        return table.isWritten && enabled ? cache : nil
    }
}

extension Site {
    /// Nothing is kept where nothing comes.
    func checkUpstreamCache(_ table: TableReader, _ proxyTable: TableReader) {
        if cacheUpstream != nil, !hasRoute(where: { $0.action == .proxy && $0.cache != false }) {
            let part = table.table("cache_upstream")
            part.reading.report(
                .error, part.path, at: part.position, "does nothing: the site has no route whose answers are kept",
                hint: "take the table out, or give it a route to an upstream")
        }
        guard cacheUpstream == nil, hasRoute(where: { $0.cache != nil }) else { return }
        for part in [proxyTable, table] {
            for route in part.tables("routes") where route.has("cache") {
                route.error(
                    at: "cache", "does nothing: the site keeps no answers of upstreams",
                    hint: "add [sites.cache_upstream], or take it out")
            }
        }
    }
}
