/// Keys that BWS documents and has never read, each with what to use instead. A configuration may hold them, but for those that
/// would protect something: who wrote one relies on it.
enum DocumentedOnlyKeys {
    struct Key: Sendable {
        let pattern: String
        let advice: String
        let protects: Bool

        init(_ pattern: String, _ advice: String, protects: Bool = false) {
            self.pattern = pattern
            self.advice = advice
            self.protects = protects
        }
    }

    static let keys = [
        Key("daemon", "use server.user and server.group; the rest is a service manager's, under which Gatehouse stays in front"),
        Key("logging.output", "use access_log and error_log: \"stdout\", \"stderr\", \"none\" or a file"),
        Key("logging.file_path", "use access_log and error_log"),
        Key("logging.max_size", "use rotate_size"),
        Key("logging.max_files", "use rotate_keep"),
        Key("logging.compress", "rotate files from outside, with logrotate"),
        Key("logging.include_fields", "format = \"json\" writes every field"),
        Key("logging.log_level", "use level"),
        Key("logging.log_format", "use format"),
        Key("performance.workers", "use worker_threads"),
        Key("performance.max_blocking_threads", "there is no pool of blocking threads to size"),
        Key("performance.response_timeout", "use request_timeout, or sites.proxy.timeout.read"),
        Key("performance.max_request_size", "use security.max_request_size", protects: true),
        Key("performance.connection_pool_size", "use limits.max_idle_upstream_connections"),
        Key("performance.connection_pool_idle_timeout", "use limits.upstream_idle_timeout"),
        Key("performance.max_header_size", "use limits.max_head_bytes", protects: true),
        Key("monitoring", "use metrics.listen, where /metrics is answered; the access log tells of every exchange"),
        Key("caching", "use sites.cache_upstream, and file_cache for files; sites.cache sets what browsers keep"),
        Key("compression", "use sites.compression, in each site"),
        Key("memory", "memory is bounded by limits and performance.max_connections; there is no collector to tune"),
        Key("memory_pool", "buffers are pooled without settings"),
        Key("cpu", "use performance.worker_threads; each worker is one event loop on one core"),
        Key("headers", "use security.security_headers for every site, sites.headers for one"),
        Key("sites[].follow_symlinks", "links that stay inside static_dir are followed, others never"),
        Key("sites[].case_sensitive", "paths are case-sensitive, as the file system is"),
        Key("sites[].max_age", "use sites.cache.max_age_static"),
        Key("sites[].cors_enabled", "use sites.access_control"),
        Key("sites[].cache.max_age", "use max_age_static and max_age_dynamic"),
        Key("sites[].cache.public", "use cache_control = \"public, …\""),
        Key("sites[].security", "use security.security_headers and sites.access_control"),
        Key("sites[].ssl.protocols", "use min_version", protects: true),
    ]

    static func key(_ pattern: String) -> Key? { keys.first { $0.pattern == pattern } }
}
