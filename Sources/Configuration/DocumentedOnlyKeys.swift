/// Keys that BWS documents and has never read. A configuration may hold them; each is answered with what to use instead.
enum DocumentedOnlyKeys {
    static let keys: [(pattern: String, advice: String)] = [
        ("daemon", "run Gatehouse in the foreground under a service manager, which sets user, group and directory"),
        ("logging.output", "use access_log and error_log: \"stdout\", \"stderr\", \"none\" or a file"),
        ("logging.file_path", "use access_log and error_log"),
        ("logging.max_size", "rotate files from outside, with logrotate"),
        ("logging.max_files", "rotate files from outside, with logrotate"),
        ("logging.compress", "rotate files from outside, with logrotate"),
        ("logging.include_fields", "format = \"json\" writes every field"),
        ("logging.log_level", "use level"),
        ("logging.log_format", "use format"),
        ("performance.workers", "use worker_threads"),
        ("performance.max_blocking_threads", "there is no pool of blocking threads to size"),
        ("performance.response_timeout", "use request_timeout, or sites.proxy.timeout.read"),
        ("performance.max_request_size", "use security.max_request_size"),
        ("performance.connection_pool_size", "use limits.max_idle_upstream_connections"),
        ("performance.connection_pool_idle_timeout", "use limits.upstream_idle_timeout"),
        ("performance.max_header_size", "use limits.max_head_bytes"),
        ("monitoring", "there is no monitoring table: the access log tells of every exchange"),
        ("caching", "file_cache is for files; answers of upstreams are not kept; sites.cache sets what browsers keep"),
        ("compression", "use sites.compression, in each site"),
        ("memory", "memory is bounded by limits and performance.max_connections; there is no collector to tune"),
        ("memory_pool", "buffers are pooled without settings"),
        ("cpu", "use performance.worker_threads; each worker is one event loop on one core"),
        ("headers", "use security.security_headers for every site, sites.headers for one"),
        ("sites[].enable_directory_listing", "directories are never listed"),
        ("sites[].follow_symlinks", "links that stay inside static_dir are followed, others never"),
        ("sites[].case_sensitive", "paths are case-sensitive, as the file system is"),
        ("sites[].max_age", "use sites.cache.max_age_static"),
        ("sites[].cors_enabled", "use sites.access_control"),
        ("sites[].rate_limit", "use security.rate_limiting"),
        ("sites[].access", "filter addresses in the firewall, and authenticate in the upstream"),
        ("sites[].access_control.enabled", "the table's presence switches CORS on"),
        ("sites[].access_control.allowed_ips", "filter addresses in the firewall"),
        ("sites[].access_control.blocked_ips", "filter addresses in the firewall"),
        ("sites[].cache.max_age", "use max_age_static and max_age_dynamic"),
        ("sites[].cache.public", "use cache_control = \"public, …\""),
        ("sites[].security", "use security.security_headers and sites.access_control"),
        ("sites[].ssl.protocols", "use min_version"),
    ]

    static func advice(for pattern: String) -> String? {
        keys.first { $0.pattern == pattern }?.advice
    }
}
