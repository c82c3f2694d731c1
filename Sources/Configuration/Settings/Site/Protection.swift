/// `[sites.access]` and `[sites.proxy.routes.access]`: who may come. Of a route each key replaces the site's.
package struct Access: Sendable, Equatable {
    /// nil: not written.
    package var allow: [AddressBlock]?
    /// Wins over `allow`; nil: not written.
    package var deny: [AddressBlock]?
    /// Further ones of each, in a file; nil: not written.
    package var allowFile: String?
    package var denyFile: String?
    /// Whether a name and a password are asked for; nil: not written.
    package var requireAuth: Bool?
    /// An htpasswd file; nil: not written, as with all that follows.
    package var authFile: String?
    package var authRealm: String?
    /// Wrong passwords of one address in a minute; 0: no limit.
    package var authAttempts: Int?
    /// The name of the field that tells the upstream who it is.
    package var authUserHeader: String?
    /// Whether `Authorization` goes upstream.
    package var forwardAuthorization: Bool?

    package init() {}
}

/// `[sites.forward_auth]` and `[sites.proxy.routes.forward_auth]`: a server that says who may pass.
package struct ForwardAuth: Sendable, Equatable {
    package var url: UpstreamURL
    /// Path and query that it is asked at.
    package var target: String
    /// Fields of its yes that the upstream gets.
    package var copyHeaders: [String] = []
    /// The one of them that says who it is; nil: none.
    package var userHeader: String?
    /// Fields of the question, in place of the client's.
    package var questionHeaders: [HeaderField] = []
    /// For the whole question.
    package var timeout = Duration.seconds(5)
    package var caFile: String?
    package var tlsServerName: String?
}

/// `[sites.jwt]` and `[sites.proxy.routes.jwt]`: tokens that are asked for.
package struct Tokens: Sendable, Equatable {
    /// Where the issuer's keys are.
    package enum Keys: Sendable, Equatable {
        case file(String)
        case url(String, refresh: Duration, caFile: String?)
    }

    package var keys: Keys
    /// nil: any.
    package var issuer: String?
    /// Empty: any.
    package var audience: [String] = []
    /// By which clocks may differ.
    package var leeway = Duration.seconds(60)
    /// The cookie that holds the token; nil: it is in `Authorization`.
    package var cookie: String?
    package var userClaim = "sub"
    /// The name of the field that tells the upstream who it is; nil: none.
    package var userHeader: String?
    package var forwardAuthorization = false
}

/// `[sites.concurrency]` and `[sites.proxy.routes.concurrency]`: how many requests may be under way at once; 0: no limit.
package struct Concurrency: Sendable, Equatable {
    package var requests = 0
    /// Of one address, or one /64 of IPv6.
    package var requestsPerClient = 0

    package init() {}
}

/// `[security.rate_limiting]`, `[sites.rate_limit]`, `[sites.proxy.routes.rate_limit]`: how many requests one client may send.
package struct RateLimiting: Sendable, Equatable {
    /// In every `period`, at the steady rate.
    package var requests: Int
    package var period: Duration
    /// Requests that may come at once.
    package var burst: Int
    /// How long everything is refused to who has sent too many; zero: until its next turn.
    package var blockDuration = Duration.zero
    /// Who counts as one client: by address, field or cookie, never by path.
    package var key = HashKey.client
    /// Bits of an IPv6 address that tell clients apart.
    package var ipv6Prefix = 64
    /// Addresses that are not limited.
    package var whitelist: [AddressBlock] = []
    /// Addresses that are refused everything.
    package var blacklist: [AddressBlock] = []
    /// Whether answers of requests that are let through say what is left.
    package var announce = false
}
