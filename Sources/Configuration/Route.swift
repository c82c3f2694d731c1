/// One entry of `[[sites.proxy.routes]]`: the paths below `path` go to an upstream. The longest path wins.
package struct Route: Sendable, Equatable {
    /// Begins with `/`.
    package var path: String
    /// The name of a pool: at least one entry of ``Proxy/upstreams`` has it.
    package var upstream: String
    package var stripPrefix = false
    /// What stands in place of the matched prefix; nil: the prefix stays (or goes, with `strip_prefix`).
    package var rewriteTarget: String?
    package var websocket = false
    /// Forward the trailer fields of requests.
    package var requestTrailers = false
    /// How this route spreads its requests over the pool; nil: as `load_balancing` says.
    package var method: LoadBalancing.Method?
    /// nil: as `load_balancing` says.
    package var hashOn: HashKey?
    /// nil: `limits.tunnel_idle`.
    package var tunnelIdle: Duration?
    /// The values of `Origin` that may open a WebSocket; nil: any.
    package var allowedOrigins: [String]?
    package var access = Access()
    /// nil: no limit of the route's own.
    package var rateLimit: RateLimiting?
    package var concurrency = Concurrency()
    /// nil: the site's.
    package var tokens: Tokens?
    /// Is no token asked for, though the site does?
    package var liftsTokens = false
    /// nil: the site's.
    package var forwardAuth: ForwardAuth?
    /// Is nobody asked, though the site has a server for that?
    package var liftsForwardAuth = false
    /// nil: `limits.tunnel_lifetime`.
    package var tunnelLifetime: Duration?
    /// nil: `limits.tunnel_ping`.
    package var tunnelPing: Duration?
    /// 0: no limit.
    package var maxTunnels = 0
    /// Bytes of a message's payload on the wire; 0: no limit.
    package var maxMessageSize = 0
    /// End a tunnel at the first violation of RFC 6455, instead of counting it.
    package var websocketStrict = false
}
