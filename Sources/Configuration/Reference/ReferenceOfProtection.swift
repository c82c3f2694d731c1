extension ConfigurationReference {
    /// Who may come, and how often: of a site.
    static let protectionSections = [
        Section(
            "sites[].access",
            """
            Who may come to the site: see [Protection](protection.md). It holds for files, routes and everything else of the \
            site. The address is the client's, behind `trusted_proxies` the one that they name.
            """, accessKeys(otherwise: "everybody")),
        Section("sites[].rate_limit", "How many requests one client may send to the site. Over it: 429.", rateKeys),
        Section("sites[].concurrency", "How many requests of the site may be under way at once.", concurrencyKeys),
        Section(
            "sites[].jwt", "Tokens (JWT, RFC 7519) that requests must have, signed by RS256, ES256 or EdDSA.", tokenKeys),
        Section(
            "sites[].forward_auth",
            "A server that says who may pass: a 2xx of it lets a request pass, any other answer of it is the client's.",
            forwardAuthKeys),
        questionSection(of: "sites[]"),
    ]

    private static func questionSection(of path: String) -> Section {
        Section(
            "\(path).forward_auth.headers",
            """
            Field names and values of the question, without variables: what the server wants to know of the site, such as a \
            realm or a role. Clients cannot send them.
            """)
    }

    /// The sections about the protection of a route.
    static let routeProtectionSections = [
        Section(
            "sites[].proxy.routes[].access", "Who may come to the route. Each key replaces the site's.",
            accessKeys(otherwise: "`sites.access`")),
        Section(
            "sites[].proxy.routes[].rate_limit",
            "How many requests one client may send to the route, besides what the site and `security.rate_limiting` say.",
            rateKeys),
        Section(
            "sites[].proxy.routes[].concurrency",
            "How many requests of the route may be under way at once, besides what the site says.", concurrencyKeys),
        Section("sites[].proxy.routes[].jwt", "The same of a route, in place of the site's.", tokenKeys),
        Section(
            "sites[].proxy.routes[].forward_auth", "The same of a route, in place of the site's.", forwardAuthKeys),
        questionSection(of: "sites[].proxy.routes[]"),
    ]

    private static func accessKeys(otherwise: String) -> [Key] {
        [
            Key(
                "allow_ips", "list of addresses or CIDR blocks, or `all`", .none(otherwise),
                "Who may come: nobody else. Others are answered 403."),
            Key(
                "deny_ips", "list of addresses or CIDR blocks, or `all`", .none(otherwise == "everybody" ? "nobody" : otherwise),
                "Who may not come, even if `allow_ips` has it."),
            Key(
                "allow_ips_file", "file", .none(otherwise == "everybody" ? "none" : otherwise),
                """
                Further ones who may come, besides those of `allow_ips`: an address or block in each line; what follows `#` or \
                `;` is a comment. A change of it is noticed within two seconds. While it is broken or missing, nobody comes \
                in: 503.
                """),
            Key(
                "deny_ips_file", "file", .none(otherwise == "everybody" ? "none" : otherwise),
                "Further ones who may not come, in the same way: a country's blocks, say, or a list of known attackers."),
            Key(
                "require_auth", "boolean", .none(otherwise == "everybody" ? "false" : otherwise),
                "Whether a name and a password are asked for (RFC 7617). Without the right ones: 401."),
            Key("auth_type", "`basic`", .value("\"basic\""), "How they are asked for. There is no other way."),
            Key(
                "auth_file", "file", .none(otherwise == "everybody" ? "required with `require_auth`" : otherwise),
                """
                An htpasswd file: `name:hash` lines with bcrypt, SHA-crypt (`$5$`, `$6$`) or `$apr1$`. A change of it is \
                noticed within two seconds. While it is broken or missing, nobody comes in: 503.
                """),
            Key(
                "auth_realm", "text", .none(otherwise == "everybody" ? "`Restricted`" : otherwise),
                "What browsers say that the password is for."),
            Key(
                "auth_attempts", "count; 0: no limit", .none(otherwise == "everybody" ? "10" : otherwise),
                "Wrong passwords that one address (one /64 of IPv6) may send at once, and in a minute. Over it: 429."),
            Key(
                "auth_user_header", "field name", .none(otherwise == "everybody" ? "none" : otherwise),
                "The field in which the upstream is told the name. Nobody else can set it."),
            Key(
                "forward_authorization", "boolean", .none(otherwise == "everybody" ? "false" : otherwise),
                "Whether the upstream gets the password too (`Authorization`)."),
        ]
    }

    private static let tokenKeys = [
        Key("enabled", "boolean", .value("true"), "`false`: no token is asked for; of a route, though the site does."),
        Key(
            "jwks_file", "file", .none("required, or `jwks_url`"),
            """
            The issuer's public keys (RFC 7517). A change of it is noticed within two seconds. While it is broken or missing, \
            nobody comes in: 503.
            """),
        Key(
            "jwks_url", "`https` URL", .none("`jwks_file`"),
            """
            Where the issuer shows them, at most 256 KiB and 128 keys. They are fetched in the background; the last good ones \
            hold while that fails. While there never were any, nobody comes in: 503. `http` is for this machine alone.
            """),
        Key(
            "jwks_refresh", "duration", .value("900"),
            """
            With `jwks_url`: the most between two fetches. Up to a fifth less by chance, and at once when a token names an \
            unknown key, but not twice in 30 seconds.
            """),
        Key("jwks_ca_file", "file", .none("the system's"), "With `jwks_url`: authorities to trust instead, PEM."),
        Key("issuer", "text", .none("any"), "What `iss` must be."),
        Key("audience", "list of texts (or one)", .value("[]"), "One of them must be in `aud`; empty: any."),
        Key("leeway", "duration", .value("60"), "By how much the issuer's clock may differ: for `exp` and `nbf`."),
        Key("cookie", "cookie's name", .none("`Authorization: Bearer`"), "Where the token is."),
        Key("user_claim", "text", .value("\"sub\""), "The claim that says who it is, for the log and `user_header`."),
        Key("user_header", "field name", .none("none"), "The field in which the upstream is told that. Clients cannot send it."),
        Key("forward_authorization", "boolean", .value("false"), "Whether the upstream gets the token too (`Authorization`)."),
    ]

    private static let forwardAuthKeys = [
        Key("enabled", "boolean", .value("true"), "`false`: nobody is asked; of a route, though the site has a server."),
        Key(
            "url", "`http` or `https` URL", .none("required"),
            "Where it is asked, with a GET: `http://127.0.0.1:9091/api/authz/forward-auth`. A query may be written."),
        Key(
            "copy_headers", "list of field names, or a table `\"X-Name\" = true`", .value("[]"),
            "Fields of its 2xx that the upstream gets. Clients cannot send them."),
        Key("user_header", "field name", .none("none"), "The one of `copy_headers` that says who it is, for the log."),
        Key("timeout", "duration", .value("5"), "For the whole question. Without an answer nobody passes: 503."),
        Key("ca_file", "file", .none("the system's"), "Authorities to trust instead, PEM."),
        Key("tls_server_name", "host name", .none("the URL's host"), "The name that its certificate must have."),
    ]

    private static let concurrencyKeys = [
        Key(
            "requests", "count; 0: no limit", .value("0"),
            "Of all clients, over all workers. Over it: 503. A WebSocket counts until its handshake is answered."),
        Key("requests_per_client", "count; 0: no limit", .value("0"), "Of one address (one /64 of IPv6). Over it: 429."),
    ]

    /// The keys of every rate limit.
    static let rateKeys = [
        Key("enabled", "boolean", .value("true"), "Whether the limit holds."),
        Key(
            "requests_per_minute", "count", .none("required, or `max_requests`"),
            "The steady rate: a turn for the next request comes every so many parts of a minute."),
        Key("burst_size", "count", .none("10; with `max_requests`, as many"), "Requests that may come at once after a pause."),
        Key("max_requests", "count", .none("`requests_per_minute`"), "The steady rate in another way: in each `window_seconds`."),
        Key("window_seconds", "duration", .none("60"), "With `max_requests`."),
        Key(
            "block_duration", "duration; 0: none", .value("0"),
            "Who has sent too many is refused everything for so long. Otherwise its next turn counts."),
        Key(
            "key", "`client`, `header:NAME`, `cookie:NAME`", .value("\"client\""),
            """
            Who counts as one client: an address, or who has the same value of a field or cookie. Requests without it are \
            counted by address. Who may choose the value has as many allowances as it likes: only for values that something \
            else has checked.
            """),
        Key(
            "ipv6_prefix", "1 to 128", .value("64"),
            "Bits of an IPv6 address that tell clients apart: a subscriber has at least a /64."),
        Key("whitelist", "list of addresses or CIDR blocks, or `all`", .value("[]"), "Who is not limited."),
        Key("blacklist", "list of addresses or CIDR blocks, or `all`", .value("[]"), "Who is refused everything, with 403."),
        Key(
            "announce", "boolean", .value("false"),
            "Whether every answer says what is left (`RateLimit`, `RateLimit-Policy`). A 429 always does."),
    ]
}
