import Configuration
import Gateway
import Glibc
import Logging

/// The limit on open files (getrlimit(2)).
enum FileLimit {
    /// Raises it to what a plan may need; before anything listens.
    static func raise(for loaded: LoadedPlan) {
        let connections = needed(for: loaded.configuration)
        raise(to: connections + files(of: loaded))
    }

    /// Shares out what may be open among clients and all else, so that every client that is let in can have its upstream: once
    /// the gateway listens.
    static func share(with gateway: Gateway, for loaded: LoadedPlan, _ log: Logger) {
        let own = gateway.ownDescriptors
        let wanted = loaded.configuration.performance.maxConnections
        let needed = wanted * 2 + own + spare
        raise(to: needed + files(of: loaded))
        guard current > 0 else { return }
        let limit = Int(clamping: current)
        let room = max(1, (limit - own - spare) / 2)
        gateway.limitConnections(to: room)
        guard room < wanted else { return }
        log.warning(
            "the limit on open files is lower than performance.max_connections needs",
            metadata: ["limit": "\(limit)", "needed": "\(needed)", "connections": "\(room)"])
    }

    /// Descriptors for what comes and goes besides clients and upstreams: files, names that are looked up, who asks the gateway
    /// itself.
    private static let spare = 16

    /// A remembered file may have a compressed sibling; where there is no room for them all, connections come first.
    private static func files(of loaded: LoadedPlan) -> Int {
        loaded.configuration.fileCache.entries * loaded.plan.workerCount * 2
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

    /// Raises the soft limit to at least `wanted`, as far as the hard one allows.
    private static func raise(to wanted: Int) {
        var limit = rlimit()
        // Both calls read or fill the one struct that they are lent, and keep no pointer to it.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < UInt(wanted) else { return }
        limit.rlim_cur = min(UInt(wanted), limit.rlim_max)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
