import Configuration
import EventLoop
import Transport
import WebSocket

/// The limits of one route's tunnels. Times in nanoseconds; 0 switches a limit off.
struct TunnelPlan: Sendable {
    /// A limit and the configuration key that set it, which the log names when it strikes.
    struct Limit: Sendable {
        var nanoseconds: UInt64
        var key: String

        /// When it strikes, counted from `start`; never if it is off.
        func deadline(from start: UInt64) -> UInt64 {
            nanoseconds == 0 ? .max : start &+ nanoseconds
        }
    }

    /// How long a tunnel may be without a byte either way.
    var idle: Limit
    /// How long a tunnel may last in all.
    var lifetime: Limit
    /// How long a tunnel is silent before the gateway sends a Ping each way.
    var ping: Limit
    /// How long a peer may take nothing while bytes wait for it.
    var stall: Limit
    /// How long to wait for the peers' Close frames after the gateway's own, and for the client once the upstream is gone.
    var closing: UInt64
    /// Tunnels of the route at once; 0: no limit.
    var maxTunnels: Int
    /// Tunnels of the whole site at once; 0: no limit.
    var maxTunnelsOfSite: Int
    /// Payload bytes on the wire; nil: no limit.
    var maxMessageSize: Int?
    var maxMessageSizeOwner: SettingOwner
    /// End the tunnel at the first violation of RFC 6455.
    var isStrict: Bool
    var strictOwner: SettingOwner

    /// The nearest that is written holds: the route's, the site's, the whole gateway's.
    /// - Parameter owner: the route.
    init(_ route: TunnelSettings, of owner: SettingOwner, _ site: TunnelSettings, _ limits: Limits) {
        idle = Self.limit(route.idle, owner, site.idle, limits.tunnelIdle, Self.idleKeys)
        lifetime = Self.limit(route.lifetime, owner, site.lifetime, limits.tunnelLifetime, Self.lifetimeKeys)
        ping = Self.limit(route.ping, owner, site.ping, limits.tunnelPing, Self.pingKeys)
        stall = Self.limit(route.stall, owner, site.stall, limits.tunnelStall, Self.stallKeys)
        closing = max(limits.lingeringTimeout.nanoseconds, 1_000_000_000)
        maxTunnels = route.maxTunnels ?? 0
        maxTunnelsOfSite = site.maxTunnels ?? 0
        let size = route.maxMessageSize ?? site.maxMessageSize ?? 0
        maxMessageSize = size == 0 ? nil : size
        maxMessageSizeOwner = route.maxMessageSize == nil ? .site : owner
        isStrict = route.isStrict ?? site.isStrict ?? false
        strictOwner = route.isStrict == nil ? .site : owner
    }

    /// A limit's keys: a route's of either table, a site's, and the whole gateway's. Thousands of routes share them.
    private typealias Keys = (proxyRoute: String, siteRoute: String, site: String, common: String)
    private static let idleKeys = keys("tunnel_idle")
    private static let lifetimeKeys = keys("tunnel_lifetime")
    private static let pingKeys = keys("tunnel_ping")
    private static let stallKeys = keys("tunnel_stall")

    private static func keys(_ name: String) -> Keys {
        func key(_ owner: SettingOwner) -> String { "\(owner.rawValue).\(name)" }
        return (key(.proxyRoute), key(.siteRoute), key(.site), "limits.\(name)")
    }

    private static func limit(
        _ route: Duration?, _ owner: SettingOwner, _ site: Duration?, _ common: Duration, _ keys: Keys
    ) -> Limit {
        let ofRoute = owner == .siteRoute ? keys.siteRoute : keys.proxyRoute
        return Limit(
            nanoseconds: (route ?? site ?? common).nanoseconds,
            key: route != nil ? ofRoute : site != nil ? keys.site : keys.common)
    }
}
