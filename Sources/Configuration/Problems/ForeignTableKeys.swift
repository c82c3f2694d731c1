/// Keys that other programs' users write into a table of ours that has a word of its own for it, where a key of that name is
/// in another table and means something else there.
enum ForeignTableKeys {
    /// - Parameters:
    ///   - name: lower case, with `_` in place of `-`.
    ///   - table: its path.
    static func hint(for name: String, in table: String) -> String? {
        guard !table.hasPrefix("tcp[].upstreams") else { return nil }
        let last = table.replacing("[]", with: "").split(separator: ".").last.map { String($0) } ?? ""
        return words[last == "rate_limiting" ? "rate_limit" : last]?[name]
    }

    private static let words: [String: [String: String]] = [
        "match": match, "rate_limit": rateLimit, "concurrency": concurrency, "respond": respond, "forward_auth": forwardAuth,
        "access": access, "ssl": ssl, "timeout": timeout, "load_balancing": loadBalancing, "health_check": healthCheck,
        "passive_health": passiveHealth, "retry": retry, "cache_upstream": cacheUpstream, "compression": compression,
        "limits": limits, "performance": performance, "security": security, "servers": servers, "upstreams": servers,
        "proxy_protocol": proxyProtocol,
    ]

    private static let match: [String: String] = [
        "path": "it stands beside match, as path, exact, glob or regex",
        "host": "it is hosts, a list",
        "header": "it is headers = { X-Name = \"value\" }",
        "method": "it is methods, a list",
        "query_params": "it is query",
        "remote_ip": "it is clients, a list of addresses and blocks",
        "client_ip": "it is clients, a list of addresses and blocks",
        "src": "it is clients, a list of addresses and blocks",
        "protocol": "it is scheme",
        "not": "there is no \"not\"; X-Name = false in headers, cookies or query is one that must not be there",
        "header_regexp": "values are compared whole, in headers: there are no expressions for them",
        "path_regexp": "it stands beside match, as regex",
    ]

    private static let rateLimit: [String: String] = [
        "requests": "it is max_requests, with window_seconds",
        "events": "it is max_requests, with window_seconds",
        "average": "it is max_requests, with window_seconds",
        "window": "it is window_seconds",
        "period": "it is window_seconds",
        "zone": "leave it out: a limit is of the table that it stands in",
        "nodelay": "leave it out: no request is delayed",
        "delay": "leave it out: no request is delayed",
    ]

    private static let concurrency: [String: String] = [
        "amount": "it is requests, or requests_per_client"
    ]

    private static let respond: [String: String] = [
        "code": "it is status",
        "text": "it is body",
        "content": "it is body",
        "string": "it is body",
        "file": "it is files = true of the route, or error_pages",
        "close": "no connection is closed without an answer",
    ]

    private static let forwardAuth: [String: String] = [
        "address": "it is url",
        "uri": "it is part of url",
        "auth_response_headers": "it is copy_headers",
        "authresponseheaders": "it is copy_headers",
        "trust_forward_header": "it is trusted_proxies of [security]",
        "trustforwardheader": "it is trusted_proxies of [security]",
    ]

    private static let access: [String: String] = [
        "ip_allow_list": "it is allow_ips",
        "source_range": "it is allow_ips",
        "sourcerange": "it is allow_ips",
        "users_file": "it is auth_file, with require_auth = true",
        "usersfile": "it is auth_file, with require_auth = true",
        "users": "they are lines of auth_file, as htpasswd -B writes them",
        "realm": "it is auth_realm",
        "header_field": "it is auth_user_header",
        "satisfy": "all that is asked for must hold; who need no password get a route of their own, whose match has clients",
    ]

    private static let ssl: [String: String] = [
        "client_certificate": "it is client_ca_file",
        "ssl_client_certificate": "it is client_ca_file",
        "verify_client": "it is client_auth",
        "ssl_verify_client": "it is client_auth",
        "stapling": "it is ocsp_stapling",
        "ssl_stapling": "it is ocsp_stapling",
        "internal": "it is issuer = \"internal\", with auto_cert = true",
        "cert_resolver": "it is auto_cert = true; [sites.ssl.acme] says who is asked",
        "certresolver": "it is auto_cert = true; [sites.ssl.acme] says who is asked",
        "session_cache": "leave it out: sessions are resumed by tickets",
        "ssl_session_cache": "leave it out: sessions are resumed by tickets",
        "dhparam": "leave it out: groups says over what keys are exchanged",
        "ssl_dhparam": "leave it out: groups says over what keys are exchanged",
        "prefer_server_ciphers": "leave it out: the order of suites counts",
        "ssl_prefer_server_ciphers": "leave it out: the order of suites counts",
    ]

    private static let timeout: [String: String] = [
        "server": "the longest silence of an upstream is read",
        "response_header_timeout": "it is first_byte",
        "header": "it is first_byte",
        "request": "how long an answer may take until its first byte is first_byte; there is no limit to the whole",
        "dial": "it is connect",
        "dial_timeout": "it is connect",
        "send": "it is write",
        "tunnel": "it is tunnel_idle of [limits], a site or a route",
        "queue": "it is queue_timeout of [sites.proxy.load_balancing]",
        "client": "those are several, of [limits]: head_timeout, body_timeout, send_timeout, keep_alive_timeout",
    ]

    private static let loadBalancing: [String: String] = [
        "policy": "it is method",
        "lb_policy": "it is method",
        "balance": "it is method",
        "algorithm": "it is method",
        "strategy": "it is method",
        "cookie": "it is sticky_cookie, with sticky_sessions = true",
        "max_fails": "it is a key of [sites.proxy.passive_health]",
    ]

    private static let healthCheck: [String: String] = [
        "inter": "it is interval",
        "status": "it is expect",
        "expect_status": "it is expect",
        "health_status": "it is expect",
        "unhealthy_threshold": "it is fall",
        "healthy_threshold": "it is rise",
        "hostname": "it is host",
        "method": "leave it out: it is GET",
        "port": "leave it out: a server is asked at its own port",
        "headers": "leave it out: host alone may be said",
    ]

    private static let passiveHealth: [String: String] = [
        "consecutive_5xx": "it is max_fails",
        "error_limit": "it is max_fails",
        "unhealthy_status": "leave it out: a 5xx but 501 and 505 is a failure",
        "interval": "it is window, for fail_percent",
        "max_ejection_percent": "it is panic_percent of [sites.proxy.load_balancing], the share that must be healthy",
    ]

    private static let retry: [String: String] = [
        "on": "it is retry_on",
        "next_upstream": "it is retry_on",
        "redispatch": "leave it out: another server is tried where there is one",
    ]

    private static let cacheUpstream: [String: String] = [
        "max_age": "it is default_ttl, for answers that say nothing of it",
        "valid": "it is default_ttl, for answers that say nothing of it",
        "path": "it is disk_dir",
        "size": "it is max_memory, and disk_size on disk",
        "max_size": "it is max_memory, and disk_size on disk",
        "total_max_size": "it is max_memory, and disk_size on disk",
        "keys_zone": "leave it out: memory is max_memory",
        "inactive": "leave it out: what has not been asked for the longest time makes room",
        "levels": "leave it out",
        "key": "leave it out: it is host, path, query and route, and what Vary names",
        "bypass": "it is a route with cache = false",
    ]

    private static let compression: [String: String] = [
        "algo": "it is codings",
        "encodings": "it is codings",
        "formats": "it is codings",
        "type": "it is types, a list",
        "minimum_length": "it is min_size",
        "min_length": "it is min_size",
    ]

    private static let limits: [String: String] = [
        "client_header_timeout": "it is head_timeout",
        "timeout_http_request": "it is head_timeout",
        "client_body_timeout": "it is body_timeout",
        "large_client_header_buffers": "it is max_head_bytes, and max_field_bytes for one field",
        "maxconn": "it is max_connections of [performance]",
        "max_connections": "it is max_connections of [performance]",
        "worker_connections": "it is max_connections of [performance]",
        "timeout_tunnel": "it is tunnel_idle",
    ]

    private static let performance: [String: String] = [
        "maxconn": "it is max_connections",
        "worker_connections": "it is max_connections, of all workers together",
    ]

    private static let security: [String: String] = [
        "server_tokens": "no version is ever told; hide_server_header = true leaves the field out",
        "set_real_ip_from": "it is trusted_proxies",
        "forwarded_headers": "it is trusted_proxies, a list of those who are believed",
        "real_ip_header": "leave it out: of trusted_proxies X-Forwarded-For and Forwarded are read",
        "real_ip_recursive": "leave it out: the last address that is none of trusted_proxies is the client's",
        "xff_num_trusted_hops": "it is trusted_proxies, a list of those who are believed",
    ]

    /// Of one server.
    private static let servers: [String: String] = [
        "check": "it is [sites.proxy.health_check] with enabled = true, for [[upstreams]] [upstreams.health_check]",
        "inter": "it is interval of health_check",
        "cookie": "it is sticky_sessions = true of load_balancing, for all servers of the pool",
        "sni": "it is tls_server_name",
        "server_name": "it is tls_server_name",
        "ca": "it is ca_file",
        "rootcas": "it is ca_file",
        "tls_trusted_ca_certs": "it is ca_file",
        "proto": "it is http_version, or h2c:// as the scheme of url",
        "max_fails": "it is a key of passive_health",
        "fail_timeout": "it is eject_time of passive_health",
        "slowstart": "it is slow_start of load_balancing",
        "slow_start": "it is slow_start of load_balancing",
        "disabled": "it is drain = true",
        "down": "it is drain = true",
    ]

    private static let proxyProtocol: [String: String] = [
        "trusted_ips": "it is from",
        "trustedips": "it is from",
        "allow": "it is from",
    ]
}
