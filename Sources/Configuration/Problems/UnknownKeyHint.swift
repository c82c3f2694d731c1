/// What to write in place of a key that a table does not have: misspelt, in the wrong table, or another program's.
enum UnknownKeyHint {
    /// - Parameters:
    ///   - key: as it is written.
    ///   - table: the path of its table, with `[]` for indices; empty for the top level.
    ///   - asked: the keys that the table has.
    /// - Returns: nil if nothing is known of it.
    static func hint(for key: String, in table: String, among asked: [String]) -> String? {
        if let word = ForeignKeys.hintBeforeInner(for: key, in: table) { return word }
        if let inner = hint(for: key, below: table) { return inner }
        let isOfRules = table.hasSuffix("request_headers") || table.hasSuffix("response_headers")
        if isOfRules, key.contains(where: { $0.isUppercase || $0 == "-" }) {
            return "fields stand in set = { … }, or in add, default or remove"
        }
        if let word = ForeignKeys.hint(for: key, in: table) { return word }
        return DidYouMean.hint(for: key, among: asked) ?? hint(for: key, beside: table)
    }

    /// Where the key is one of a table in this one: `cert_file` in `[[sites]]` is meant for `[sites.ssl]`.
    private static func hint(for key: String, below table: String) -> String? {
        words(sections(with: key).filter { Self.table(around: $0.path) == table }, key)
    }

    /// Where the key is one of the table that is nearest, if that is one alone and has something in common with this one.
    private static func hint(for key: String, beside table: String) -> String? {
        let own = parts(table)
        func common(_ section: ConfigurationReference.Section) -> Int {
            zip(parts(section.path), own).prefix { $0 == $1 }.count
        }
        let found = sections(with: key).filter { $0.original == nil && $0.path != table }
        guard let most = found.map(common).max(), most > 0 || own.isEmpty else { return nil }
        let nearest = found.filter { common($0) == most }
        return nearest.count == 1 ? words(nearest, key) : nil
    }

    /// Those that have the key, and the table of that name.
    private static func sections(with key: String) -> [ConfigurationReference.Section] {
        ConfigurationReference.sections.filter { section in
            !section.path.isEmpty
                && (parts(section.path).last == key || section.keys.contains { $0.name == key || $0.alsoSpelled.contains(key) })
        }
    }

    private static func words(_ sections: [ConfigurationReference.Section], _ key: String) -> String? {
        let isTable = sections.count == 1 && sections.first.map { parts($0.path).last == key } == true
        let headers = sections.map(\.header)
        switch headers.count {
        case 1: return isTable ? "write it as \(headers[0])" : "it is a key of \(headers[0])"
        case 2: return "it is a key of \(headers[0]) and of \(headers[1])"
        default: return nil
        }
    }

    /// The path of the table in which one stands: of `sites[].ssl` it is `sites[]`.
    private static func table(around path: String) -> String {
        path.lastIndex(of: ".").map { String(path[..<$0]) } ?? ""
    }

    private static func parts(_ path: String) -> [String] {
        path.replacing("[]", with: "").split(separator: ".").map(String.init)
    }
}

/// Keys as other programs' users would write them, each with what it is here.
enum ForeignKeys {
    private struct Word {
        let names: Set<String>
        /// The tables in which it means that; empty: all.
        var tables: Set<String> = []
        let hint: String
    }

    static func hint(for key: String, in table: String) -> String? {
        let name = key.lowercased().replacing("-", with: "_")
        if let word = ForeignTableKeys.hint(for: name, in: table) { return word }
        return words.first { $0.names.contains(name) && ($0.tables.isEmpty || $0.tables.contains(table)) }?.hint
    }

    /// What is meant by a key that a table in this one has, too, but is hardly meant of that: a route's `url` is its
    /// server's, not the one that `forward_auth` asks.
    static func hintBeforeInner(for key: String, in table: String) -> String? {
        key == "url" && routes.contains(table) ? nameOfUpstream : nil
    }

    private static let nameOfUpstream = "it is upstream, the name of one of [[sites.proxy.upstreams]]"

    private static let routes: Set = ["sites[].routes[]", "sites[].proxy.routes[]"]
    private static let routesAndSites = routes.union(["sites[]"])
    private static let servers: Set = ["sites[].proxy.upstreams[]", "upstreams[].servers[]"]

    private static let words = [
        namesOfSites, namesOfRoutes, namesOfUpstreams, namesOfServers, namesOfHealth, namesOfTunnels, namesOfAll,
    ].flatMap { $0 }

    private static let namesOfAll: [Word] = [
        Word(
            names: ["ssl_certificate", "certificate", "cert", "crt", "tls_cert"],
            hint: "the certificate is cert_file of [sites.ssl]"),
        Word(
            names: ["ssl_certificate_key", "private_key", "ssl_key", "tls_key"], hint: "the key is key_file of [sites.ssl]"),
        Word(names: ["tls", "https"], tables: ["sites[]", ""], hint: "TLS is [sites.ssl], with enabled = true"),
        Word(names: ["http2", "h2", "enable_http2"], hint: "HTTP/2 is on; alpn of [sites.ssl] says what is spoken"),
        Word(names: ["ssl_protocols", "tls_versions"], hint: "the versions are min_version and max_version of [sites.ssl]"),
        Word(names: ["ciphers", "ssl_ciphers", "cipher_suites"], hint: "the suites are suites of [sites.ssl]"),
        Word(
            names: ["basic_auth", "basicauth", "auth_basic", "auth_basic_user_file", "htpasswd", "auth"],
            hint: "passwords are access = { require_auth = true, auth_file = \"FILE\" }"),
        Word(
            names: ["allow", "deny", "whitelist", "blacklist", "blocklist", "allowlist"],
            hint: "addresses are allow_ips and deny_ips of access"),
        Word(
            names: ["rate", "limit", "requests_per_second"],
            hint: "a rate is requests_per_minute, or max_requests and window_seconds"),
        Word(names: ["burst"], hint: "it is burst_size"),
        Word(names: ["limit_req", "ratelimit"], hint: "it is rate_limit = { requests_per_minute = 300, burst_size = 50 }"),
        Word(names: ["limit_conn", "inflightreq"], hint: "it is concurrency = { requests_per_client = 20 }"),
        Word(names: ["auth_request", "forwardauth"], hint: "it is forward_auth = { url = \"http://…\" }"),
        Word(
            names: ["client_max_body_size", "max_body_size", "body_limit", "max_body", "max_upload_size"],
            hint: "the longest body is max_request_size"),
        Word(
            names: ["hsts", "strict_transport_security"],
            hint: "it is response_headers = { set = { Strict-Transport-Security = \"max-age=31536000\" } }"),
        Word(names: ["cors"], hint: "CORS is [sites.access_control]"),
        Word(
            names: [
                "gzip", "encode", "brotli", "gzip_types", "gzip_proxied", "gzip_min_length", "gzip_comp_level", "gzip_static",
            ],
            hint: "compression is [sites.compression]"),
        Word(
            names: ["ttl", "proxy_cache_valid"], tables: ["sites[].cache_upstream", "sites[]"],
            hint: "it is default_ttl of [sites.cache_upstream]"),
        Word(names: ["proxy_cache"], hint: "it is [sites.cache_upstream]"),
        Word(
            names: [
                "entrypoints", "http", "providers", "certificatesresolvers", "middlewares", "routers", "services",
                "serverstransports",
            ], tables: [""], hint: ForeignFile.guide(to: "Traefik")),
        Word(names: ["global", "defaults", "frontend", "acl"], tables: [""], hint: ForeignFile.guide(to: "HAProxy")),
        Word(
            names: ["servers", "server_blocks", "virtual_hosts", "vhosts", "hosts", "listeners"], tables: [""],
            hint: "names and ports are [[sites]]"),
        Word(names: ["clusters", "backends", "pools"], tables: [""], hint: "pools of all sites are [[upstreams]]"),
        Word(
            names: ["idle_timeout", "idle", "keepalive_timeout", "timeout_client"], tables: ["limits", "performance"],
            hint: "how long an idle connection waits is keep_alive_timeout"),
        Word(
            names: ["keep", "roll_keep", "max_files", "max_backups", "rotate_count"], tables: ["logging"],
            hint: "it is rotate_keep"),
        Word(names: ["roll_size", "max_file_size", "rotate_bytes"], tables: ["logging"], hint: "it is rotate_size"),
        Word(names: ["log"], tables: [""], hint: "it is [logging]"),
        Word(names: ["workers", "worker_processes"], tables: ["server"], hint: "it is worker_threads of [performance]"),
        Word(names: ["port"], tables: ["metrics", "admin"], hint: "address and port are listen = \"127.0.0.1:PORT\""),
    ]

    private static let namesOfSites: [Word] = [
        Word(
            names: ["server_name", "server_names", "host", "hosts", "vhost"], tables: ["sites[]"],
            hint: "names are hostname and hostnames"),
        Word(
            names: ["root", "document_root", "webroot", "directory", "folder"], tables: ["sites[]"],
            hint: "the directory of files is static_dir"),
        Word(names: ["bind", "addr"], tables: ["sites[]"], hint: "the address is listen, and the port is port"),
        Word(
            names: ["autoindex", "browse", "listing", "directory_index"], tables: ["sites[]"],
            hint: "it is enable_directory_listing"),
        Word(
            names: ["hide"], tables: ["sites[]"],
            hint: "names that begin with a dot are never sent; others are a route with glob and respond = { status = 404 }"),
        Word(names: ["index"], tables: ["sites[]"], hint: "it is index_files"),
        Word(
            names: ["https_redirect", "force_https", "force_ssl", "ssl_redirect"], tables: ["sites[]"],
            hint: "it is redirect_to_https = true, in a site of port 80"),
        Word(names: ["aliases", "server_alias"], tables: ["sites[]"], hint: "other names are hostnames"),
        Word(names: ["default_server"], tables: ["sites[]"], hint: "it is default = true"),
        Word(
            names: ["return"], tables: ["sites[]"],
            hint: "it is redirect = \"https://NAME{uri}\", or respond = { status = 404 }"),
        Word(
            names: ["error_page", "handle_errors", "errorfile"], tables: ["sites[]"],
            hint: "it is error_pages = { 404 = \"404.html\" }"),
        Word(
            names: ["set_real_ip_from", "real_ip_header"], tables: ["sites[]"],
            hint: "whose X-Forwarded-For is believed is trusted_proxies of [security]"),
        Word(names: ["fallback", "spa"], hint: "it is try_files = [\"{path}\", \"/index.html\"]"),
        Word(names: ["location", "prefix", "path_prefix"], tables: routes, hint: "a prefix is path"),
        Word(names: ["location", "locations", "handle"], hint: "it is [[sites.routes]], with path, exact, glob or regex"),
    ]

    private static let namesOfRoutes: [Word] = [
        Word(names: ["host"], tables: routes, hint: "it is match = { hosts = [\"NAME\"] }, or a site of that name"),
        Word(
            names: ["read_timeout", "proxy_read_timeout", "write_timeout", "send_timeout", "proxy_send_timeout"],
            tables: routes, hint: "it is timeout = { read = 60, write = 30 }"),
        Word(
            names: ["connect_timeout", "proxy_connect_timeout"], tables: routes, hint: "it is connect of [sites.proxy.timeout]"),
        Word(
            names: ["alias", "root", "file_server"], tables: routes,
            hint: "it is files = true, of the site's static_dir: a site has one directory"),
        Word(names: ["alias"], tables: ["sites[]"], hint: "the directory of files is static_dir: a site has one"),
        Word(
            names: ["internal"], tables: routes,
            hint: "leave the route out: an error page whose name begins with a dot cannot be asked for"),
        Word(
            names: ["expires"], tables: routesAndSites,
            hint: "it is Cache-Control in set of response_headers, or for files max_age_static of [sites.cache]"),
        Word(
            names: ["satisfy"], tables: routesAndSites,
            hint: "all that is asked for must hold; who need no password get a route of their own, whose match has clients"),
        Word(
            names: ["limit_except"], tables: routes,
            hint: "it is match = { methods = [\"GET\"] }, and a second route for the others"),
        Word(names: ["handle_path"], tables: routes, hint: "it is path, with strip_prefix = true"),
        Word(names: ["strip", "strip_path"], tables: routes, hint: "it is strip_prefix = true"),
        Word(names: ["prefix_rewrite"], tables: routes, hint: "it is rewrite_target"),
        Word(names: ["regex_rewrite"], tables: routes, hint: "it is regex, with rewrite = \"/…{1}\""),
        Word(
            names: ["host_rewrite", "host_rewrite_literal"], tables: routes,
            hint: "it is request_headers = { set = { Host = \"NAME\" } }, or preserve_host = false of [sites.proxy.headers]"),
        Word(
            names: ["set_header", "request_header"], tables: routes,
            hint: "it is request_headers = { set = { … } }"),
        Word(
            names: ["rule", "rules"], tables: routes,
            hint: "a path is path, exact, glob or regex, and the rest is match = { hosts = [\"NAME\"], headers = { … } }"),
        Word(
            names: ["middlewares", "priority", "entry_points", "entrypoints"], tables: routes,
            hint: "leave it out: docs/coming-from-traefik.md says what stands for it"),
        Word(
            names: ["remote_ip", "client_ip"], tables: routes,
            hint: "it is match = { clients = [\"10.0.0.0/8\"] }, or allow_ips of access"),
        Word(
            names: ["headers"], tables: routes,
            hint: "they are request_headers = { set = { … } } and response_headers = { set = { … } }"),
        Word(
            names: ["balance", "lb_policy", "lb_method"], tables: routes, hint: "it is method of [sites.proxy.load_balancing]"),
        Word(
            names: ["buffering", "proxy_buffering", "flush_interval"], tables: routes,
            hint: "leave it out: answers go on as they come"),
    ]

    /// Of one server.
    private static let namesOfServers: [Word] = [
        Word(names: ["host", "port"], tables: servers, hint: "it stands in url = \"http://HOST:PORT\""),
        Word(names: ["tls", "ssl", "https"], tables: servers, hint: "it is the scheme of url: https://"),
        Word(
            names: ["http2", "h2", "enable_http2"], tables: servers,
            hint: "it is http_version = \"2\", or h2c:// as the scheme of url"),
        Word(
            names: ["insecure_skip_verify", "tls_insecure_skip_verify", "insecure", "ssl_verify", "proxy_ssl_verify"],
            tables: servers, hint: "it is verify; for an authority of your own, ca_file"),
        Word(names: ["max_connections", "maxconn"], tables: servers, hint: "it is max_conns"),
    ]

    private static let namesOfTunnels: [Word] = [
        Word(names: ["upgrade", "ws"], tables: routes, hint: "it is websocket = true"),
        Word(
            names: ["idle_timeout"], tables: routes,
            hint: "the longest silence of a WebSocket is tunnel_idle, that of an answer timeout = { read = … }"),
        Word(
            names: ["ping_interval", "ping", "heartbeat", "tunnel_ping_interval"],
            tables: routes.union(["sites[]", "limits"]), hint: "it is tunnel_ping"),
        Word(
            names: ["max_connections", "max_websockets", "max_conns"], tables: routesAndSites,
            hint: "WebSockets at once are max_tunnels, requests concurrency = { requests = … }"),
        Word(
            names: ["max_websockets", "max_tunnels"], tables: ["limits"],
            hint: "it is max_tunnels_per_client here, and max_tunnels of a site or a route"),
        Word(names: ["origins", "origin", "check_origin"], tables: routesAndSites, hint: "it is allowed_origins"),
    ]

    private static let namesOfHealth: [Word] = [
        Word(
            names: ["uri", "url", "health_uri", "endpoint"],
            tables: ["sites[].proxy.health_check", "upstreams[].health_check"], hint: "it is path"),
        Word(
            names: ["fail_timeout", "fail_duration", "base_ejection_time"],
            tables: ["sites[].proxy.passive_health", "upstreams[].passive_health"], hint: "it is eject_time"),
        Word(
            names: ["attempts", "tries", "max_attempts", "num_retries"], tables: ["sites[].proxy.retry"],
            hint: "attempts after the first are retries"),
        Word(
            names: ["try_duration", "lb_try_duration", "timeout", "per_try_timeout"], tables: ["sites[].proxy.retry"],
            hint: "an attempt ends by [sites.proxy.timeout], and retries says how many may follow"),
    ]

    private static let namesOfUpstreams: [Word] = [
        Word(
            names: ["proxy_pass", "reverse_proxy", "proxy", "backend", "proxy_to", "target", "service", "cluster", "use_backend"],
            tables: routes, hint: nameOfUpstream),
        Word(
            names: ["lb_policy", "balance", "least_conn", "ip_hash"], tables: ["upstreams[]", "sites[].proxy"],
            hint: "it is method of load_balancing"),
        Word(
            names: ["keepalive"], tables: ["upstreams[]", "sites[].proxy"],
            hint: "it is max_idle_upstream_connections of [limits]"),
        Word(names: ["proxy_redirect"], hint: "Location is rewritten by itself; rewrite_location = false leaves it"),
        Word(names: ["proxy_next_upstream", "retry_policy"], hint: "it is retry_on of retry"),
        Word(names: ["proxy_cache_bypass", "proxy_no_cache"], hint: "it is a route of its own with cache = false"),
        Word(
            names: ["proxy_pass", "reverse_proxy", "backend", "proxy_to"],
            hint: "a route with upstream, the name of one of [[sites.proxy.upstreams]], does that"),
        Word(
            names: ["server", "servers", "addresses", "urls", "address"], tables: ["sites[].proxy.upstreams[]"],
            hint: "write an entry with url for each server, all of one name"),
        Word(names: ["url", "server"], tables: ["tcp[].upstreams[]"], hint: "it is address = \"HOST:PORT\""),
        Word(names: ["sticky", "session_affinity"], hint: "it is sticky_sessions of load_balancing"),
        Word(names: ["return", "response"], tables: routes, hint: "it is respond or redirect"),
        Word(names: ["proxy_set_header", "header_up"], hint: "it is request_headers = { set = { … } }"),
        Word(names: ["add_header", "header_down", "header"], hint: "it is response_headers = { set = { … } }"),
        Word(
            names: ["proxy_read_timeout", "idle"], tables: ["sites[].proxy.timeout"],
            hint: "the longest silence of an upstream is read"),
    ]
}
