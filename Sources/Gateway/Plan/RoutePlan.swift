import HTTP
import Upstreams

/// One route of a site.
final class RoutePlan: Sendable {
    let prefix: PathPrefix
    /// One for each server of the group, in its order.
    let targets: [UpstreamTarget]
    let group: UpstreamGroup
    /// The group's servers, in the same order.
    let pool: PoolPlan
    let proxying: ProxyingPlan
    let takesWebSocket: Bool
    /// The trailer fields of requests go upstream.
    let forwardsTrailers: Bool
    let tunnel: TunnelPlan
    /// Nil: pages of any origin may open WebSockets.
    let allowedOrigins: AllowedOrigins?
    let tunnelCount: TunnelCount
    /// Its site's with it; nil where nothing protects it.
    let protection: ProtectionPlan?
    /// Its servers cannot be asked: see `SiteFault`.
    let isDegraded: Bool

    /// Lower-case origins, or `*`, and the configuration key that lists them.
    struct AllowedOrigins: Sendable {
        var values: [String]
        var key: String
    }

    init(
        prefix: PathPrefix, targets: [UpstreamTarget], group: UpstreamGroup, pool: PoolPlan, proxying: ProxyingPlan,
        takesWebSocket: Bool, forwardsTrailers: Bool, tunnel: TunnelPlan, tunnelCount: TunnelCount,
        allowedOrigins: AllowedOrigins?, protection: ProtectionPlan?, isDegraded: Bool
    ) {
        self.prefix = prefix
        self.targets = targets
        self.group = group
        self.pool = pool
        self.proxying = proxying
        self.takesWebSocket = takesWebSocket
        self.forwardsTrailers = forwardsTrailers
        self.tunnel = tunnel
        self.tunnelCount = tunnelCount
        self.allowedOrigins = allowedOrigins
        self.protection = protection
        self.isDegraded = isDegraded
    }
}
