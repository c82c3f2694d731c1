/// `[[sites]]`: names on one listening address, and what is served there.
package struct Site: Sendable, Equatable {
    /// The site's name in messages and logs: the first host name unless written.
    package var name = ""
    /// All names, lower case, each once, `hostname` first. `*.example.com` stands for exactly one more label.
    package var hostnames: [String] = []
    /// Further names, whose clients are redirected to the first of ``hostnames``.
    package var redirectHostnames: [String] = []
    /// The status of that redirect; nil: the default of a ``Redirect``.
    package var redirectStatus: Int?
    /// An IP address; `::` is every address, IPv6 and IPv4.
    package var listen = "::"
    package var port = 0
    /// Is HTTP/2 taken without TLS, from clients that begin with it (RFC 9113 §3.3)? The same for all sites of a listener.
    package var h2c = false
    /// May a WebSocket be opened over HTTP/2 (RFC 8441)?
    package var h2WebSocket = true
    /// Which peers send the PROXY protocol's header; nil: none, clients connect directly.
    package var proxyProtocol: ProxyProtocol?
    /// The site that answers for unknown names on its address and port. Exactly one site of each address and port has it: the
    /// one that says so, or else the first.
    package var isDefault = false
    /// `api_only`: does it serve no files at all?
    package var apiOnly = false
    /// The directory of its files; nil: it has none.
    package var staticDir: String?
    /// The normalised path at which the gateway says whether the site is ready; nil: none.
    package var healthPath: String?
    /// Does it drain: is each client asked to leave, after the answer under way?
    package var drain = false
    /// Does it tell of the gateway at ``InternalAPI``'s paths?
    package var internalAPI = false
    /// What is done with requests that no route takes, instead of serving files; nil: files.
    package var action: RouteAction?
    /// `[[sites.routes]]`; those of `[[sites.proxy.routes]]` are in ``proxy``.
    package var routes: [Route] = []
    /// Where its access log goes; nil: where the gateway's goes.
    package var accessLog: Logging.Destination?
    /// The format of its access log; nil: the gateway's.
    package var logFormat: Logging.Format?
    /// `[sites.headers]`: set in every answer of this site.
    package var headers: [HeaderField] = []
    /// Changes of the fields of requests to upstreams; a route's rules are applied after them.
    package var requestHeaders = HeaderRules()
    /// Changes of the fields of every answer, applied after `headers`; a route's rules are applied after them.
    package var responseHeaders = HeaderRules()
    /// Is every request redirected to https?
    package var redirectToHTTPS = false
    /// The port a redirect to https names.
    package var httpsPort = 443
    /// Paths of files, which may have variables: the first one that exists is sent. Empty: the request's own path.
    package var tryFiles: [String] = []
    /// Whether a directory without an index file is answered with what is in it.
    package var enableDirectoryListing = false
    package var indexFiles = ["index.html", "index.htm"]
    /// Status to file, relative to `static_dir`.
    package var errorPages: [Int: String] = [:]
    package var compression = Compression()
    /// The `charset` parameter in `Content-Type` of text; empty: none.
    package var charset = "utf-8"
    /// Media types that replace the built-in ones, by extension in lower case without its dot.
    package var mediaTypes: [String: String] = [:]
    package var cache = BrowserCache()
    /// How upstreams' answers are cached; nil: they are not.
    package var cacheUpstream: UpstreamCache?
    /// The values of `Origin` that may open a WebSocket on routes that say nothing themselves; nil: `security.allowed_origins`.
    package var allowedOrigins: [String]?
    package var access = Access()
    /// nil: no limit of the site's own.
    package var rateLimit: RateLimiting?
    package var requests = RequestSettings()
    package var tunnel = TunnelSettings()
    package var concurrency = Concurrency()
    /// nil: no token is asked for.
    package var tokens: Tokens?
    /// nil: no other server is asked who may pass.
    package var forwardAuth: ForwardAuth?
    /// nil: Gatehouse adds no CORS fields.
    package var accessControl: AccessControl?
    /// nil: plain HTTP.
    package var ssl: TLSSettings?
    /// nil: nothing is proxied (also when the table says `enabled = false`).
    package var proxy: Proxy?

    package init() {}

    /// All names that the site answers to.
    package var allHostnames: [String] { hostnames + redirectHostnames }
}

/// `[sites.cache]`: what browsers are told to keep.
package struct BrowserCache: Sendable, Equatable {
    package var enabled = true
    /// The field's whole value if written; nil: made of the ages below.
    package var cacheControl: String?
    package var etagEnabled = true
    package var lastModifiedEnabled = true
    /// Seconds.
    package var maxAgeStatic = 3600
    /// Seconds.
    package var maxAgeDynamic = 300

    package init() {}
}

/// `[sites.access_control]`: CORS.
package struct AccessControl: Sendable, Equatable {
    package var allowOrigins = ["*"]
    package var allowMethods = ["GET", "HEAD", "OPTIONS"]
    package var allowHeaders = ["Content-Type", "Authorization"]
    package var exposeHeaders: [String] = []
    package var allowCredentials = false
    /// Seconds.
    package var maxAge = 86_400

    package init() {}
}
