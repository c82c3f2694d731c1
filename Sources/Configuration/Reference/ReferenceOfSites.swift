extension ConfigurationReference {
    static let siteSections = [
        Section(
            "sites", isArray: true,
            """
            Names on one listening address, and what is served there. At least one. A request belongs to the site of its port \
            that has its host name: exactly, else by the wildcard, else to the port's default site.
            """,
            [
                Key("name", "text", .none("the first host name"), "Name in logs and messages."),
                Key(
                    "hostname", "host name", .required,
                    "`www.example.com`, `*.example.com` (one more label), or an IP address. Not required beside `hostnames`.",
                    also: ["domain"]),
                Key("hostnames", "list of host names", .value("[]"), "Further names of the site."),
                Key(
                    "redirect_hostnames", "list of host names", .value("[]"),
                    """
                    Names whose clients are sent to the same path of the site's first name: `["www.example.com"]` in the site \
                    `example.com`. The certificate must cover them.
                    """),
                Key(
                    "listen", "IP address", .value("\"::\""), "Where to listen. `::` (or `*`) is every address, IPv6 and IPv4.",
                    also: ["address"]),
                Key("port", "1 to 65535", .required, "Where to listen. Sites of one port either all have `ssl`, or none."),
                Key(
                    "default", "boolean", .value("false"),
                    "Answers for all other names of its port. If no site says so, the port's first does."),
                Key(
                    "h2c", "boolean", .value("false"),
                    """
                    Takes HTTP/2 without TLS from clients that begin with it ("prior knowledge"), beside HTTP/1.1. For clients \
                    in one's own network. All sites of a port say the same; with `ssl` it is an error.
                    """),
                Key(
                    "h2_websocket", "boolean", .value("true"),
                    "Whether a WebSocket may be opened over HTTP/2 (RFC 8441); if not, clients open it over HTTP/1.1."),
                maxRequestSizeKey("`security.max_request_size`"), bufferRequestsKey(.none("`false`")),
            ] + tunnelKeys(of: "site") + [
                Key("api_only", "boolean", .value("false"), "No files: only what routes take. Everything else is 404."),
                Key("static_dir", "directory", .none("no files"), "Served for every path that no route takes."),
                Key(
                    "health_path", "path", .none("no such path"),
                    """
                    Answered by Gatehouse itself, before routes and files: 200 while the site is ready, 503 while Gatehouse \
                    stops or the site drains or is degraded ([Reload](reload.md)).
                    """),
                Key(
                    "drain", "boolean", .value("false"),
                    """
                    Its clients are to go elsewhere: `health_path` says 503, each answer is its connection's last, WebSockets \
                    get a Close frame with 1001 and no new ones are opened. Other requests are served.
                    """),
                Key(
                    "internal_api", "boolean", .value("false"),
                    """
                    Whether `GET /api/health`, `/api/health/live`, `/api/health/ready` and `/api/config` tell of the gateway \
                    itself, before all routes ([Admin](admin.md#on-a-site)). With `compat = "bws"`: true.
                    """),
                Key(
                    "access_log", "as `logging.access_log`", .none("where the others go"),
                    "Where the site's access lines go ([Logging](logging.md#a-log-for-a-site))."),
                Key("log_format", "as `logging.format`", .none("as the others"), "The form of the site's access lines."),
                Key(
                    "redirect_to_https", "boolean", .value("false"),
                    "Answers everything with a redirect to the same URL under https."),
                Key("https_port", "1 to 65535", .value("443"), "The port in that redirect."),
            ] + ownAnswerKeys + [
                Key(
                    "allowed_origins", "list of origins", .none("`security.allowed_origins`"),
                    "Pages that may open WebSockets on routes of the site without a list of their own."),
                Key(
                    "try_files", "list of paths, with variables", .value("[]"),
                    """
                    Files of `static_dir`, the first of which that is there is sent: `["{path}", "/index.html"]` for \
                    an application of one page. Empty: the request's own path.
                    """),
                Key(
                    "enable_directory_listing", "boolean", .value("false"),
                    "Whether a directory without an index file is answered with a page of what is in it, or JSON by `Accept`."),
                Key(
                    "index_files", "list of file names (or one)", .value("[\"index.html\", \"index.htm\"]"),
                    "Tried in this order for a directory.", also: ["index_file"]),
                Key(
                    "charset", "name of a charset", .value("\"utf-8\""),
                    "What `Content-Type` says of the characters of files that are text; empty: nothing."),
            ]),
        respondSection(of: "sites[]"), respondHeadersSection(of: "sites[]"),
        Section(
            "sites[].headers",
            """
            Field names and values set in every answer of the site, in place of any other of the name: as \
            `[sites.response_headers.set]`, which follows it.
            """),
        rulesSection(of: "sites[]", "request_headers", "What is changed in the fields of requests to upstreams."),
        rulesSection(of: "sites[]", "response_headers", "What is changed in the fields of every answer of the site."),
        Section(
            "sites[].error_pages",
            """
            Status (400 to 599) and file, relative to `static_dir`: `404 = "404.html"`. It is the page of every answer of \
            that status that Gatehouse makes itself for the site, of files and routes alike; status, fields, reason and \
            `Proxy-Status` stay as they are. Answers of upstreams pass as they come. A file that cannot be read is a warning, \
            and in its place comes the built-in page.
            """),
        compressionSection, mediaTypesSection,
        Section(
            "sites[].cache", "What browsers are told to keep.",
            [
                Key("enabled", "boolean", .value("true"), "Whether `Cache-Control` is added to files."),
                Key("cache_control", "text", .none("made of the ages"), "The whole value, for every file."),
                Key("etag_enabled", "boolean", .value("true"), "`ETag` of files."),
                Key("last_modified_enabled", "boolean", .value("true"), "`Last-Modified` of files."),
                Key("max_age_static", "seconds", .value("3600"), "Of files that pages refer to: styles, scripts, pictures."),
                Key("max_age_dynamic", "seconds", .value("300"), "Of pages (HTML)."),
            ]),
        upstreamCacheSection,
        Section(
            "sites[].access_control",
            """
            CORS: what pages of other origins may do here. The table's presence switches it on: browsers' preflights are \
            answered, and every answer says who may read it, unless an upstream says so itself. With no key but \
            `allowed_ips` and `blocked_ips`, which are others' words for `sites.access`, there is no CORS.
            """,
            [
                Key("enabled", "boolean", .value("true"), "`false`: as if the table were not there."),
                Key("allowed_ips", "as `access.allow_ips`", .none("everybody"), "The same as `sites.access.allow_ips`."),
                Key("blocked_ips", "as `access.deny_ips`", .none("nobody"), "The same as `sites.access.deny_ips`."),
                Key("allow_origins", "list of origins", .value("[\"*\"]"), "Who may read answers from a page."),
                Key("allow_methods", "list of methods", .value("[\"GET\", \"HEAD\", \"OPTIONS\"]"), "With what methods."),
                Key("allow_headers", "list of field names", .value("[\"Content-Type\", \"Authorization\"]"), "With what fields."),
                Key(
                    "expose_headers", "list of field names", .value("[]"),
                    """
                    Fields of answers that a page may read besides `Cache-Control`, `Content-Language`, `Content-Length`, \
                    `Content-Type`, `Expires`, `Last-Modified` and `Pragma`. Without `allow_credentials` `*` is all.
                    """),
                Key("allow_credentials", "boolean", .value("false"), "With cookies."),
                Key("max_age", "seconds", .value("86400"), "How long a browser may keep the permission."),
            ]),
        Section(
            "sites[].proxy_protocol",
            """
            Whether clients come through a load balancer that says by the PROXY protocol, version 1 or 2, whom it speaks for. \
            All sites of a port say the same. See [Forwarding](forwarding.md).
            """,
            [
                Key(
                    "from", "list of addresses or CIDR blocks", .required,
                    "Who begins every connection with a header, before TLS, and is believed. Without one it is closed."),
                Key(
                    "others", "`refuse` or `plain`", .value("\"refuse\""),
                    "Whether connections of anybody else are closed, or are clients like those of other ports."),
            ]),
        Section(
            "sites[].ssl", "TLS of the site.",
            [
                Key(
                    "enabled", "boolean", .value("false"),
                    "Whether the site speaks TLS. With `auto_cert` it does unless this says otherwise."),
                Key(
                    "cert_file", "file", .none("`./certs/<hostname>.crt`, with a warning"),
                    "The certificate, PEM, the leaf first; or PKCS#12 (`.p12`, `.pfx`) with its key.", also: ["cert_path"]),
                Key(
                    "key_file", "file", .none("`./certs/<hostname>.key`, with a warning"),
                    "Its key, PEM; or the URI of one in a provider's store, such as `pkcs11:…`.", also: ["key_path"]),
                Key(
                    "key_passphrase_file", "file", .none("the key has none"),
                    "Its first line is the passphrase of the key or PKCS#12 file, or the PIN of the key's store."),
            ] + tlsPolicyKeys + staplingKeys + [
                Key(
                    "alpn", "list of `h2`, `http/1.1`", .value("[\"h2\", \"http/1.1\"]"),
                    """
                    The versions of HTTP that are spoken, the preferred one first. A client that offers `http/1.0` alone \
                    (`curl --http1.0`) is served where `http/1.1` is.
                    """),
                Key(
                    "auto_cert", "boolean", .value("false"),
                    "Get the certificate by ACME, for the site's names, and renew it: [certificates.md](certificates.md)."),
                Key("domains", "list of host names", .value("[]"), "Names in that certificate, besides the site's."),
                Key(
                    "issuer", "`acme`, `internal`",
                    .none("`internal` for names that no public authority issues for, without `acme.directory`; else `acme`"),
                    "Who issues that certificate: an authority that is asked by ACME, or the internal CA of `server.state_dir`."),
            ] + clientAuthenticationKeys),
        certificatesSection,
        Section(
            "sites[].ssl.on_demand",
            """
            Certificates for names that are not known before clients ask for them; one of `ask` and `names` must be given. \
            See [certificates.md](certificates.md#on-demand).
            """,
            [
                Key(
                    "ask", "URL with an address or `localhost`", .none("nobody is asked"),
                    "Who says by a status of 2xx whether a name may be had: it is asked with `domain=NAME` in the query."),
                Key(
                    "names", "list of patterns", .none("all that `ask` allows"),
                    "Which names may be had; `*` is any part of a label."),
                Key("per_minute", "1 to 100000", .value("10"), "Certificates that are asked for in a minute, at most."),
                Key("max_names", "1 to 1000000", .value("1000"), "Names that there may be certificates for."),
                Key("max_waiting", "1 to 100000", .value("100"), "Handshakes that may wait at once."),
                Key("wait", "duration", .value("20"), "How long a handshake waits for its certificate."),
            ]),
        Section(
            "sites[].ssl.acme", "How `auto_cert` gets its certificate.",
            [
                Key("enabled", "boolean", .none("what `auto_cert` is"), "As BWS writes it; it may not be off with `auto_cert`."),
                Key("email", "text", .value("\"\""), "Where the authority may write to; empty: nowhere."),
                Key("staging", "boolean", .value("false"), "Ask Let's Encrypt's test service, whose certificates nobody trusts."),
                Key(
                    "challenge_dir", "directory", .none("none"),
                    "Where answers to challenges are put as files too, if another server answers port 80."),
                Key("directory", "https URL", .none("Let's Encrypt's"), "The authority's directory (RFC 8555 §7.1.1)."),
                Key(
                    "fallback", "list of https URLs", .value("[]"),
                    "Directories of authorities that are asked, in turn, when the one before has failed twice."),
                Key("ca_file", "file", .none("the system's CAs"), "Whom to trust when the authority is asked, PEM."),
                Key("eab_kid", "text", .none("none"), "An external account's identifier (RFC 8555 §7.3.4)."),
                Key("eab_hmac_key", "base64url", .none("none"), "Its key."),
                Key("key_type", "`p256`, `p384`, `rsa`", .value("\"p256\""), "The certificate's key; RSA has 2048 bits."),
                Key(
                    "preferred_chain", "text", .none("the authority's choice"),
                    "The common name of the root to which the chain is to lead, if there are several."),
                Key(
                    "profile", "text", .none("the authority's choice"),
                    "The kind of certificate, of those that the authority's directory names, such as `shortlived`."),
                Key(
                    "dns_hook", "file", .none("none"),
                    "A program that puts records into DNS: names are proved by dns-01, wildcards too."),
                Key("dns_hook_timeout", "duration", .value("300"), "How long one run of it may take; then it is killed."),
            ]),
        Section(
            "sites[].ssl.acme.dns_update",
            """
            The DNS server that takes records which prove names, wildcards too (dns-01), by updates (RFC 2136) over TCP, signed \
            with HMAC-SHA-256 (TSIG, RFC 8945).
            """,
            [
                Key("server", "address", .required, "The zone's primary, with a port unless that is 53."),
                Key("zone", "name", .required, "The zone that has the names."),
                Key("key_name", "name", .required, "What the server calls the key."),
                Key("key_secret", "base64", .required, "The key."),
                Key("wait", "duration", .value("0"), "How long the zone's other servers need until they have a record."),
            ]),
    ]
}
