/// One entry of `[[sites.routes]]` or `[[sites.proxy.routes]]`: what is done with the paths below `path`. The longest path wins.
package struct Route: Sendable, Equatable {
    /// How ``path`` is matched: as a path, a glob, or a regular expression.
    package var kind = RouteKind.path
    /// The path as it is written: but for a regular expression, it begins with `/`.
    package var path: String
    /// Further conditions, on method, fields, query and client.
    package var match = RouteMatch()
    /// What is done with its requests.
    package var action = RouteAction.proxy
    /// The name of a pool: at least one entry of ``Proxy/upstreams`` has it. Empty where the route goes to none.
    package var upstream: String
    package var requestHeaders = HeaderRules()
    package var responseHeaders = HeaderRules()
    /// Is the matched prefix taken off the path that the upstream sees?
    package var stripPrefix = false
    /// What replaces the matched prefix; nil: the prefix stays, or goes with `strip_prefix`.
    package var rewriteTarget: String?
    /// What replaces the whole path, and the query too if it has one; it may have variables.
    package var rewrite: String?
    /// Turn the upstream's addresses in `Location` into those that the client knows.
    package var rewriteLocation = true
    /// Whether the paths and domains of cookies in answers are rewritten.
    package var rewriteCookies = false
    /// Turn the URLs that requests of WebDAV name in fields into those that the upstream knows.
    package var rewriteDestination = false
    /// May a WebSocket be opened here?
    package var websocket = false
    /// Are answers kept? nil: where the site has `cache_upstream`.
    package var cache: Bool?
    /// Forward the trailer fields of requests.
    package var requestTrailers = false
    /// How this route spreads its requests over the pool; nil: as `load_balancing` says.
    package var method: LoadBalancing.Method?
    /// nil: as `load_balancing` says.
    package var hashOn: HashKey?
    /// The values of `Origin` that may open a WebSocket; nil: any.
    package var allowedOrigins: [String]?
    package var requests = RequestSettings()
    package var tunnel = TunnelSettings()
    package var access = Access()
    /// May only clients with a verified certificate come?
    package var requiresClientCertificate = false
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

    /// Its name for people, which tells it from other routes of its site: path and conditions.
    package var name: String {
        let path = kind == .path ? path : "\(kind.rawValue) \(path)"
        return match.isEmpty ? path : "\(path) (\(match.summary))"
    }

    /// A route that goes to no upstream.
    package init(path: String, action: RouteAction) {
        self.path = path
        self.action = action
        upstream = ""
    }
}
