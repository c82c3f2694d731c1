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

    /// Without a byte either way.
    var idle: Limit
    /// In all.
    var lifetime: Limit
    /// Of silence before the gateway sends a Ping each way.
    var ping: Limit
    /// A peer takes nothing while bytes wait for it.
    var stall: Limit
    /// For the peers' Close frames once the gateway has sent its own, and for the client once the upstream is gone.
    var closing: UInt64
    /// Tunnels of the route at once; 0: no limit.
    var maxTunnels: Int
    /// Payload bytes on the wire; nil: no limit.
    var maxMessageSize: Int?
    /// End the tunnel at the first violation of RFC 6455.
    var isStrict: Bool

    init(_ route: Route, _ limits: Limits) {
        func limit(_ own: Duration?, _ common: Duration, _ name: String) -> Limit {
            Limit(
                nanoseconds: (own ?? common).nanoseconds,
                key: own == nil ? "limits.\(name)" : "sites.proxy.routes.\(name)")
        }
        idle = limit(route.tunnelIdle, limits.tunnelIdle, "tunnel_idle")
        lifetime = limit(route.tunnelLifetime, limits.tunnelLifetime, "tunnel_lifetime")
        ping = limit(route.tunnelPing, limits.tunnelPing, "tunnel_ping")
        stall = limit(nil, limits.tunnelStall, "tunnel_stall")
        closing = max(limits.lingeringTimeout.nanoseconds, 1_000_000_000)
        maxTunnels = route.maxTunnels
        maxMessageSize = route.maxMessageSize == 0 ? nil : route.maxMessageSize
        isStrict = route.websocketStrict
    }
}
