/// `[sites.proxy]` with `enabled = true`: which paths go to which upstreams, and how.
package struct Proxy: Sendable, Equatable {
    /// The upstreams in the order of the file. All entries of one name are one pool.
    package var upstreams: [Upstream] = []
    package var routes: [Route] = []
    /// Names of pools all of whose servers drain.
    package var drain: [String] = []
    package var loadBalancing = LoadBalancing()
    package var timeout = ProxyTimeouts()
    package var headers = ProxyHeaders()
    package var healthCheck = HealthCheck()
    package var passiveHealth = PassiveHealth()
    package var retry = Retry()

    package init() {}
}

/// `[sites.proxy.timeout]`.
package struct ProxyTimeouts: Sendable, Equatable {
    package var connect = Duration.seconds(10)
    /// The longest wait for the next bytes of an answer.
    package var read = Duration.seconds(60)
    /// Takes the place of `read` for answers that are streams of events, `text/event-stream`.
    package var streamIdle = Duration.seconds(3600)
    /// The longest wait for the upstream to take the next bytes of a request.
    package var write = Duration.seconds(30)
    /// nil: `connect` covers the handshake as well.
    package var tlsHandshake: Duration?
    /// From the whole request sent to the answer's first byte; nil: `read`.
    package var firstByte: Duration?
    /// Which key decides that.
    package var firstByteKey = FirstByteKey.read

    /// The keys that may decide how long an answer may take to begin; the first that is written does.
    package enum FirstByteKey: String, Sendable {
        case firstByte = "sites.proxy.timeout.first_byte"
        case read = "sites.proxy.timeout.read"
        /// Where the site writes neither of the others.
        case requestTimeout = "performance.request_timeout"
        case routeFirstByte = "sites.proxy.routes.timeout.first_byte"
        case routeRead = "sites.proxy.routes.timeout.read"
    }

    package init() {}
}

/// `[sites.proxy.headers]`: what is changed in a request on its way to the upstream.
package struct ProxyHeaders: Sendable, Equatable {
    /// True: the client's `Host`; false: the upstream's own name.
    package var preserveHost = true
    package var addForwarded = true
    package var addXForwarded = true
    package var addVia = true
    /// `X-Real-IP`: the client's address.
    package var addXRealIP = false
    /// `X-Request-ID`, made for each request.
    package var addRequestID = false
    /// `X-Forwarded-Prefix`: what `strip_prefix` and `rewrite_target` take from the path.
    package var addXForwardedPrefix = false
    /// Forward request fields whose names have underscores.
    package var allowUnderscores = false
    /// Field names, lower case.
    package var remove: [String] = []
    /// Field names, lower case, that are removed besides when the peer is not trusted.
    package var removeUntrusted: [String] = []
    package var add: [HeaderField] = []
    /// Peers whose forwarding fields are believed on this site, besides `security.trusted_proxies` (already in this list).
    package var trustedProxies: [AddressBlock] = []

    package init() {}
}
