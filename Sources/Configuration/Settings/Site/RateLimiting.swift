/// `[security.rate_limiting]`, `[sites.rate_limit]`, `[sites.proxy.routes.rate_limit]`: how many requests one client may send.
package struct RateLimiting: Sendable, Equatable {
    /// How many requests are let in in every `period`, at the steady rate.
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
