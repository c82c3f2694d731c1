/// A header field as configured: a valid field name, a value without control bytes (checked when read).
package struct HeaderField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// `[security]`: what holds for every site.
package struct Security: Sendable, Equatable {
    package var hideServerHeader = false
    /// Whether upstreams' answers get the ``securityHeaders`` too that they lack.
    package var headersOnProxied = false
    /// Bytes of a request's body; 0: no limit.
    package var maxRequestSize = 10 << 20
    package var allowedOrigins: [String] = []
    /// Added to answers of files and of Gatehouse itself, in this order. A written table replaces the default ones.
    package var securityHeaders = [
        HeaderField(name: "X-Frame-Options", value: "DENY"),
        HeaderField(name: "X-Content-Type-Options", value: "nosniff"),
        HeaderField(name: "X-XSS-Protection", value: "1; mode=block"),
        HeaderField(name: "Referrer-Policy", value: "strict-origin-when-cross-origin"),
    ]
    /// nil: no rate limit.
    package var rateLimiting: RateLimiting?
    /// Peers whose forwarding fields are believed.
    package var trustedProxies: [AddressBlock] = []

    package init() {}
}
