import Configuration
import Gateway
import Glibc
import Logging

/// The limit on open files (getrlimit(2)).
enum FileLimit {
    /// Raises it to what a plan may need.
    static func raise(for loaded: LoadedPlan, _ log: Logger) {
        // A remembered file may have a compressed sibling; where there is no
        // room for them all, connections come first.
        let needed = needed(for: loaded.configuration)
        let files = loaded.configuration.fileCache.entries * loaded.plan.workerCount * 2
        raise(to: needed + files, needed: needed, log)
    }

    /// How many a configuration's connections need: a client and its upstream; the gateway itself.
    static func needed(for configuration: Configuration) -> Int { configuration.performance.maxConnections * 2 + 256 }

    /// How far the limit may be raised; 0 if that cannot be said.
    static var highest: UInt {
        var limit = rlimit()
        // The struct is filled during the call alone.
        return unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit.rlim_max : 0
    }

    /// How many files may be open now; 0 if that cannot be said.
    static var current: UInt {
        var limit = rlimit()
        // The struct is filled during the call alone.
        return unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit.rlim_cur : 0
    }

    /// Raises the soft limit to at least `wanted`, as far as the hard one allows; warns if that is less than `needed`.
    private static func raise(to wanted: Int, needed: Int, _ log: Logger) {
        var limit = rlimit()
        // Both calls read or fill the one struct that they are lent, and keep no pointer to it.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = max(UInt(wanted), limit.rlim_cur)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        if limit.rlim_cur < UInt(needed) {
            log.warning(
                "the limit on open files is lower than performance.max_connections needs",
                metadata: ["limit": "\(limit.rlim_cur)", "needed": "\(needed)"])
        }
    }
}
