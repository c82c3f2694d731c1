/// `[[sites]]`: names on one listening address, and what is served there.
package struct Site: Sendable, Equatable {
    /// In messages and logs; the first host name unless written.
    package var name = ""
    /// All names, lower case, each once, `hostname` first. `*.example.com` stands for exactly one more label.
    package var hostnames: [String] = []
    /// Names like these, from which clients are sent to the first of ``hostnames``.
    package var redirectHostnames: [String] = []
    /// How clients of these are sent there; nil: as a ``Redirect`` without a status.
    package var redirectStatus: Int?
    /// An IP address; `::` is every address, IPv6 and IPv4.
    package var listen = "::"
    package var port = 0
    /// Is HTTP/2 taken without TLS, from clients that begin with it (RFC 9113 §3.3)? The same for all sites of a listener.
    package var h2c = false
    /// May a WebSocket be opened over HTTP/2 (RFC 8441)?
    package var h2WebSocket = true
    /// Nil: clients come by themselves.
    package var proxyProtocol: ProxyProtocol?
    /// The site that answers for unknown names on its address and port. Exactly one site of each address and port has it: the
    /// one that says so, or else the first.
    package var isDefault = false
    package var apiOnly = false
    package var staticDir: String?
    /// A normalised path that the gateway answers itself, with whether the site is ready; nil: none.
    package var healthPath: String?
    /// Its clients are to go elsewhere, in order.
    package var drain = false
    /// Does it tell of the gateway at ``InternalAPI``'s paths?
    package var internalAPI = false
    /// What is done with requests that no route takes, instead of serving files; nil: files.
    package var action: RouteAction?
    /// Of `[[sites.routes]]`, besides those of ``proxy``.
    package var routes: [Route] = []
    /// Where its access lines go; nil: where the others do.
    package var accessLog: Logging.Destination?
    /// What they look like; nil: as the others.
    package var logFormat: Logging.Format?
    /// `[sites.headers]`: set in every answer of this site.
    package var headers: [HeaderField] = []
    /// Of requests to upstreams. A route's rules follow.
    package var requestHeaders = HeaderRules()
    /// Of every answer of this site, after `headers`. A route's rules follow.
    package var responseHeaders = HeaderRules()
    package var redirectToHTTPS = false
    /// The port a redirect to https names.
    package var httpsPort = 443
    /// Paths of files, the first of which that is there is sent; they may have variables. Empty: the request's own.
    package var tryFiles: [String] = []
    /// Whether a directory without an index file is answered with what is in it.
    package var enableDirectoryListing = false
    package var indexFiles = ["index.html", "index.htm"]
    /// Status to file, relative to `static_dir`.
    package var errorPages: [Int: String] = [:]
    package var compression = Compression()
    /// What `Content-Type` says of the characters of texts; empty: nothing.
    package var charset = "utf-8"
    /// By extension, in lower case, without the dot: media types in place of those that are known.
    package var mediaTypes: [String: String] = [:]
    package var cache = BrowserCache()
    /// nil: nothing is kept of upstreams' answers.
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

    /// All that a client may ask for.
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
    package var allowCredentials = false
    /// Seconds.
    package var maxAge = 86_400

    package init() {}
}
