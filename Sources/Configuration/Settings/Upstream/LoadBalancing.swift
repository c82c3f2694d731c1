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

    package var method = Method.roundRobin
    /// With the method `hash`.
    package var hashOn = HashKey.client
    package var stickySessions = false
    package var stickyCookie = "gatehouse_server"
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

/// What the method `hash` looks at: the words of `hash_on`.
package enum HashKey: Sendable, Hashable {
    case client
    case path
    /// A field's name, lower case.
    case header(String)
    case cookie(String)
}

/// `[sites.proxy.health_check]`: asking upstreams whether they are healthy.
package struct HealthCheck: Sendable, Equatable {
    /// The words of `type`.
    package enum Kind: String, Sendable, CaseIterable {
        case http, tcp, grpc
    }

    package var enabled = false
    package var kind = Kind.http
    package var path = "/health"
    /// Of gRPC's, whose health is asked for; empty: the server's own.
    package var service = ""
    /// The value of `Host`; nil: the upstream's own.
    package var host: String?
    package var interval = Duration.seconds(30)
    package var timeout = Duration.seconds(5)
    /// Failures in a row that make an upstream unhealthy.
    package var retries = 3
    /// Successes in a row that make it healthy again.
    package var rise = 2
    package var statuses = [200...399]

    package init() {}
}

/// `[sites.proxy.passive_health]`: judging upstreams by what becomes of requests.
package struct PassiveHealth: Sendable, Equatable {
    /// Failures in a row that eject; 0: never.
    package var maxFails = 5
    /// The share of failures in `window` that ejects; 0: never.
    package var failPercent = 0
    package var window = Duration.seconds(10)
    package var ejectTime = Duration.seconds(10)
    package var maxEjectTime = Duration.seconds(300)
    /// Failed connects in a row that open the circuit; 0: never.
    package var circuitFails = 5
    package var circuitOpen = Duration.seconds(1)
    package var circuitMaxOpen = Duration.seconds(30)

    package init() {}
}

/// `[sites.proxy.retry]`.
package struct Retry: Sendable, Equatable {
    /// The words of `retry_on`.
    package enum Occasion: String, Sendable, CaseIterable {
        case connect, closed, timeout
        case status500 = "500"
        case status502 = "502"
        case status503 = "503"
        case status504 = "504"
    }

    /// Further attempts after the first.
    package var retries = 2
    package var occasions: [Occasion] = [.connect, .closed]
    /// Bytes of a body that are kept for another attempt.
    package var replayLimit = 64 << 10
    /// Retries for every 100 requests of a pool.
    package var budgetPercent = 20

    package init() {}
}
