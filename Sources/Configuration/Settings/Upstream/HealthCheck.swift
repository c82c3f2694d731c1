/// `[sites.proxy.health_check]`: asking upstreams whether they are healthy.
package struct HealthCheck: Sendable, Equatable {
    /// The words of `type`.
    package enum Kind: String, Sendable, CaseIterable {
        case http, tcp, grpc
    }

    package var enabled = false
    package var kind = Kind.http
    package var path = "/health"
    /// The gRPC service whose health is asked for; empty: the server's own.
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
