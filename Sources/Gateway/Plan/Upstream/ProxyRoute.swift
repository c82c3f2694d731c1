import HTTP
import Upstreams

/// How the requests of one route go to upstreams.
final class ProxyRoute: Sendable {
    /// One for each server of the group, in its order.
    let targets: [UpstreamTarget]
    /// What stands in place of path and query; nil: what `targets` say.
    let rewrite: RequestTemplate?
    let group: UpstreamGroup
    /// The group's servers, in the same order.
    let pool: PoolPlan
    let proxying: ProxyingPlan
    let takesWebSocket: Bool
    /// Whether trailer fields of requests go upstream.
    let forwardsTrailers: Bool
    let tunnel: TunnelPlan
    /// Nil: pages of any origin may open WebSockets.
    let allowedOrigins: AllowedOrigins?
    let tunnelCount: TunnelCount
    let siteTunnelCount: TunnelCount

    /// Nil: nothing is kept of its answers.
    let caching: CachedRoute?

    /// Whether its servers cannot be asked: see `SiteFault`.
    let isDegraded: Bool

    /// Lower-case origins, or `*`, and the configuration key that lists them.
    struct AllowedOrigins: Sendable {
        var values: [String]
        var key: String
    }

    init(
        targets: [UpstreamTarget], rewrite: RequestTemplate?, group: UpstreamGroup, pool: PoolPlan, proxying: ProxyingPlan,
        takesWebSocket: Bool, forwardsTrailers: Bool, tunnel: TunnelPlan, tunnelCount: TunnelCount,
        siteTunnelCount: TunnelCount, allowedOrigins: AllowedOrigins?, caching: CachedRoute? = nil,
        isDegraded: Bool
    ) {
        self.targets = targets
        self.rewrite = rewrite
        self.group = group
        self.pool = pool
        self.proxying = proxying
        self.takesWebSocket = takesWebSocket
        self.forwardsTrailers = forwardsTrailers
        self.tunnel = tunnel
        self.tunnelCount = tunnelCount
        self.siteTunnelCount = siteTunnelCount
        self.allowedOrigins = allowedOrigins
        self.caching = caching
        self.isDegraded = isDegraded
    }
}
