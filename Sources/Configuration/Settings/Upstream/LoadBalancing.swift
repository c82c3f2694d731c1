/// `[sites.proxy.load_balancing]`.
package struct LoadBalancing: Sendable, Equatable {
    /// The words of `method`.
    package enum Method: String, Sendable, CaseIterable {
        case roundRobin = "round_robin"
        case weighted
        case leastConnections = "least_connections"
        case randomTwo = "random_two"
        case leastTime = "least_time"
        case hash
    }

    /// The words of `sticky_same_site`.
    package enum SameSite: String, Sendable, CaseIterable {
        case lax, strict
        /// `none`, a word that Swift has for optionals.
        case unrestricted = "none"
    }

    package var method = Method.roundRobin
    /// What the method `hash` looks at.
    package var hashOn = HashKey.client
    package var stickySessions = false
    package var stickyCookie = "gatehouse_server"
    /// Which requests of other sites' pages carry the cookie.
    package var stickySameSite = SameSite.lax
    /// nil: a new one at each start.
    package var stickySecret: String?
    /// How long a recovered server takes to get its whole share; zero: at once.
    package var slowStart = Duration.zero
    /// Requests that may wait for room under `max_conns`, for each pool.
    package var queue = 100
    package var queueTimeout = Duration.seconds(5)
    /// Below this share of healthy servers all are tried.
    package var panicPercent = 25

    package init() {}
}
