import Logging

/// Says in the log what becomes of the stored answers on disk.
struct DiskLog {
    private let log: Logger

    init(_ log: Logger) {
        self.log = log
    }

    /// Logs what has happened since the last call.
    func report(_ caches: [CachePlan]) {
        for cache in caches {
            guard let disk = cache.disk else { continue }
            for event in disk.takeEvents() {
                switch event {
                case .off(let reason):
                    log.error(
                        "stored answers are not kept on disk for now",
                        metadata: ["site": "\(cache.siteName)", "key": "sites.cache_upstream.disk_dir", "reason": "\(reason)"])
                case .onAgain: log.notice("stored answers are kept on disk again", metadata: ["site": "\(cache.siteName)"])
                case .damaged(let name):
                    log.warning(
                        "a stored answer on disk was not what had been written; it is set aside",
                        metadata: ["site": "\(cache.siteName)", "file": "\(disk.directory)/\(name)"])
                }
            }
        }
    }
}
