extension ConfigurationReference {
    static let proxySections = [
        Section(
            "sites[].proxy", "Which paths of the site go to upstreams. Every other path is a file of `static_dir`.",
            [
                Key("enabled", "boolean", .value("false"), "Whether anything is proxied. The rest is checked in any case."),
                Key("drain", "list of upstream names", .value("[]"), "Pools all of whose servers drain, as by their `drain`."),
            ]),
        Section(
            "sites[].proxy.upstreams", isArray: true,
            "A server. All entries of one name are one pool, over which requests are spread; they may differ in everything else.",
            [
                Key("name", "text", .required, "The pool; routes name it."),
                Key(
                    "url", "`http`, `https`, `h2c`, `ws`, `wss` URL, or `unix:/path`", .required,
                    """
                    Scheme, host (name, IPv4, or IPv6 in brackets), port, and a path that is put before every path. \
                    `h2c` is HTTP/2 without TLS. `ws` is `http` and `wss` is `https`. `unix:/path` is `http` over that socket.
                    """),
                Key(
                    "http_version", "`1.1`, `2`, `auto`", .value("\"1.1\""),
                    """
                    What is spoken to it. `2`: HTTP/2, over `https` agreed on by ALPN, else by prior knowledge; `auto`, over \
                    `https`: what it chooses. See [HTTP/2 and gRPC to upstreams](http2-upstreams.md).
                    """),
                Key(
                    "max_streams_per_connection", "1 to 100000", .value("128"),
                    "Exchanges that one HTTP/2 connection carries at once, if the server takes as many; more go over others."),
                Key(
                    "ping_interval", "duration; 0: never", .value("10"),
                    "How long an HTTP/2 connection may be silent while answers are awaited, before it is sent a PING."),
                Key(
                    "ping_timeout", "duration", .value("20"),
                    """
                    How long the PING's answer may take before the connection is given up. After half of it no more requests \
                    go over it.
                    """),
                Key("weight", "0 to 65535", .value("1"), "Its share of requests; 0: none."),
                Key(
                    "max_conns", "count", .none("no limit"),
                    "Exchanges and tunnels under way at once, over all workers; more wait in the pool's queue."),
                Key(
                    "idle_timeout", "duration", .none("`limits.upstream_idle_timeout`"),
                    """
                    How long idle connections to it are kept: less than it keeps them itself. Without this key it is learned at \
                    what age it closes them, and requests that may not be repeated go over younger or new ones.
                    """),
                Key("backup", "boolean", .value("false"), "Used only when too few others of the pool are healthy."),
                Key(
                    "drain", "boolean", .value("false"),
                    "Takes no new work, but from clients that are stuck to it (`sticky_sessions`)."),
                Key(
                    "handshake_rate", "count; 0: no limit", .value("0"),
                    """
                    WebSocket handshakes in a second, so that a server that comes back is not run over by all its clients at \
                    once. A handshake over it goes to another server of the pool, or is answered 503.
                    """),
                Key("ca_file", "file", .none("the system's"), "Authorities to trust instead, PEM."),
                Key(
                    "crl_file", "file", .none("no revocation"),
                    """
                    Revocation lists, PEM: one of every authority in its chain, or it is not spoken to. Read at the start and \
                    with each reload.
                    """),
                Key(
                    "tls_server_name", "host name", .none("the URL's host"),
                    "The name for SNI, and the one its certificate must have."),
                Key("client_cert_file", "file", .none("none"), "Certificate to show to it, PEM."),
                Key("client_key_file", "file", .none("none"), "Key of that certificate, PEM."),
                Key("tls_min_version", "`1.2`, `1.3`", .value("\"1.2\""), "The oldest TLS that is spoken to it."),
                Key("tls_suites", "list of names", .none("OpenSSL's choice"), "Cipher suites by OpenSSL's names."),
                Key(
                    "tls_pins", "list of hashes (or one)", .value("[]"),
                    """
                    Public keys, one of which its chain must have, besides being verified: `sha256//` and base64, as curl's \
                    `--pinnedpubkey`.
                    """),
                Key(
                    "verify", "boolean", .value("true"),
                    """
                    `false` accepts any certificate: whoever is in between can read and change everything. Warned \
                    about at each start.
                    """),
                sendProxyKey,
            ]),
        Section(
            "sites[].proxy.routes", isArray: true,
            """
            What is done with some paths. A route has one of `path`, `exact`, `glob` and `regex`, and one of `upstream`, \
            `redirect`, `respond`, `files` and `tls_info`. [Routing](routing.md) says who wins; of several `path` it is the \
            longest, whatever their order in the file. `[[sites.routes]]` is the same, for sites that need no `[sites.proxy]`.
            """,
            [
                Key(
                    "path", "path", .none("required without the next three"),
                    "A prefix of whole segments: `/api` takes `/api` and `/api/x`, not `/apis`."),
                Key("exact", "path", .none("none"), "The whole path."),
                Key(
                    "glob", "path with wildcards", .none("none"),
                    "The whole path; `*` is any part of a segment, `**` any segments, `?` one character, `{a,b}` one of them."),
                Key(
                    "regex", "RE2 expression", .none("none"),
                    "A regular expression, anywhere in the path unless `^` and `$` say where. It takes linear time."),
                Key("upstream", "name", .none("the route answers by itself"), "The pool."),
                Key("files", "boolean", .value("false"), "Answer with the site's files, by the rules of the route."),
                Key(
                    "tls_info", "boolean", .value("false"),
                    """
                    Answer with what is known of the client's own TLS connection: as text, or as JSON for who prefers that. \
                    [Debugging TLS with openssl s_client](tls-debugging.md) uses it.
                    """),
                Key(
                    "try_files", "list of paths, with variables", .value("[]"),
                    "As `sites.try_files`, for this route; it means `files`."),
            ] + ownAnswerKeys + [
                Key("strip_prefix", "boolean", .value("false"), "The upstream sees the path without `path`."),
                Key("rewrite_target", "path", .none("the path stays"), "What the upstream sees in place of `path`."),
                Key(
                    "rewrite", "path, with variables", .none("the path stays"),
                    "What the upstream sees in place of the whole path, and with a `?` of the query: `\"/v2/{1}\"`."),
                Key(
                    "rewrite_location", "boolean", .value("true"),
                    """
                    Whether the upstream's own addresses in `Location` become paths here, and its paths those that the client \
                    knows: the way back of `strip_prefix`, `rewrite_target` and the upstream's base path.
                    """),
                Key(
                    "rewrite_cookies", "boolean", .value("false"),
                    """
                    Whether the `Path` of cookies is changed likewise, and a `Domain` that is the upstream's own name is taken \
                    out. A cookie for `/` is then one for the route alone.
                    """),
                Key(
                    "rewrite_destination", "boolean", .value("false"),
                    """
                    Whether the URLs in `Destination` and `If` of WebDAV requests become those that the upstream is asked by: \
                    its scheme, the `Host` that is sent, its path. Servers that compare the scheme refuse COPY and MOVE \
                    without it: [routing.md](routing.md#webdav).
                    """),
                Key("websocket", "boolean", .value("false"), "Whether WebSocket connections may be opened below the path."),
                Key(
                    "cache", "boolean", .none("`true` where the site has `cache_upstream`"),
                    "Whether answers are kept, as `[sites.cache_upstream]` says."),
                Key(
                    "request_trailers", "boolean", .value("false"),
                    """
                    Whether trailer fields of requests go on, by the rules of `headers` like all fields. Otherwise they are \
                    dropped.
                    """
                ),
                maxRequestSizeKey("the site's"), bufferRequestsKey(.none("the site's")),
                Key("method", "as in `load_balancing`", .none("`load_balancing.method`"), "How this route spreads its requests."),
                Key("hash_on", "as in `load_balancing`", .none("`load_balancing.hash_on`"), "With the method `hash`."),
                Key(
                    "allowed_origins", "list of origins", .none("every origin"),
                    """
                    Pages that may open a WebSocket: the check browsers leave to servers. Others, and clients without \
                    `Origin`, are answered 403. Not written: `sites.allowed_origins`, else `security.allowed_origins`.
                    """),
                routeClientAuthenticationKey,
            ] + tunnelKeys(of: "route")),
    ]

    static let proxyDetailSections = [
        Section(
            "sites[].proxy.timeout", "How long upstreams may take.",
            [
                Key(
                    "connect", "duration", .value("10"),
                    "To accept a connection; for as long a request waits for a server in HTTP/2 that has asked for rest."),
                Key("read", "duration", .value("60"), "The longest wait for the next bytes of an answer."),
                Key(
                    "stream_idle", "duration", .value("3600"),
                    "The longest wait for the next bytes of an answer of the type `text/event-stream`, in place of `read`."),
                Key("write", "duration", .value("30"), "The longest time in which the upstream takes nothing of a request."),
                Key("tls_handshake", "duration", .none("within `connect`"), "For the TLS handshake alone."),
                Key(
                    "first_byte", "duration", .none("`read`"),
                    """
                    From the whole request sent to the answer's first byte. Where neither it nor `read` is written, \
                    `performance.request_timeout` counts, if that is.
                    """),
            ]),
        Section(
            "sites[].proxy.headers", "What is changed in a request on its way.",
            [
                Key("preserve_host", "boolean", .value("true"), "`Host` as the client sent it; `false`: the upstream's own."),
                Key("add_forwarded", "boolean", .value("true"), "`Forwarded` (RFC 7239)."),
                Key("add_x_forwarded", "boolean", .value("true"), "`X-Forwarded-For`, `-Proto`, `-Host`, `-Port`."),
                Key("add_via", "boolean", .value("true"), "`Via` (RFC 9110 §7.6.3): it ends loops."),
                Key("add_x_real_ip", "boolean", .value("false"), "`X-Real-IP`: the client's address, `{client_ip}`."),
                Key(
                    "add_request_id", "boolean", .value("false"),
                    "`X-Request-ID`: made for each request, `{request_id}`. `\"X-Request-ID\" = \"auto\"` in `add` is the same."),
                Key(
                    "add_x_forwarded_prefix", "boolean", .value("false"),
                    "`X-Forwarded-Prefix`: what `strip_prefix` or `rewrite_target` has taken from the path."),
                Key(
                    "allow_underscores", "boolean", .value("false"),
                    """
                    Whether fields with `_` in their names go on. Most application servers cannot tell them from those with \
                    `-`, so a client could put its own in place of yours.
                    """),
                Key(
                    "remove", "list of field names, or a table `\"X-Name\" = true`", .value("[]"),
                    "Fields of the request that the upstream does not see."),
                Key(
                    "remove_untrusted", "list of field names, or a table `\"X-Name\" = true`", .value("[]"),
                    """
                    Further fields that it does not see of peers that are not `trusted_proxies`, besides those that \
                    [Forwarding](forwarding.md) lists.
                    """),
                Key(
                    "trusted_proxies", "list of addresses or CIDR blocks", .value("[]"),
                    "Further peers believed on this site, besides `security.trusted_proxies`."),
            ]),
        Section(
            "sites[].proxy.headers.add",
            """
            Field names and values set in every request; `[sites.request_headers]` follows it. \
            Fields that frame a message (`Content-Length`, `Connection`, \
            …) are errors.
            """),
    ]
}
