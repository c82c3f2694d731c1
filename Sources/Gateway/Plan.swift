import Configuration
import HTTP
import StaticFiles
import TLS
import Transport
import Upstreams

/// What the hot path sees of the configuration: immutable, complete, shared by all workers, swapped whole.
package final class Plan: Sendable {
    let listeners: [ListenerPlan]
    /// All servers of all sites; a server's `index` is its place here.
    let servers: [UpstreamServer]
    let poolSettings: [Pool.Settings]
    let limits: PlanLimits
    let logging: LogPlan
    package let workerCount: Int

    init(
        listeners: [ListenerPlan], servers: [UpstreamServer], poolSettings: [Pool.Settings], limits: PlanLimits,
        logging: LogPlan, workerCount: Int
    ) {
        self.listeners = listeners
        self.servers = servers
        self.poolSettings = poolSettings
        self.limits = limits
        self.logging = logging
        self.workerCount = workerCount
    }
}

/// One address and port, with the sites behind it.
final class ListenerPlan: Sendable {
    let address: SocketAddress
    /// Nil for a plain listener.
    let tls: TLSServerNames?
    /// Lower-case host names; a wildcard by what follows its asterisk: ".example.com".
    let exact: [String: SitePlan]
    let wildcards: [String: SitePlan]
    let fallback: SitePlan

    init(
        address: SocketAddress, tls: TLSServerNames?, exact: [String: SitePlan], wildcards: [String: SitePlan],
        fallback: SitePlan
    ) {
        self.address = address
        self.tls = tls
        self.exact = exact
        self.wildcards = wildcards
        self.fallback = fallback
    }

    /// The site of a lower-case host name; nil if no site has the name.
    func site(named host: String) -> SitePlan? {
        if let site = exact[host] { return site }
        guard !wildcards.isEmpty, let dot = host.firstIndex(of: ".") else { return nil }
        return wildcards[String(host[dot...])]
    }
}

/// One site: what is done with a request whose host is its.
final class SitePlan: Sendable {
    let name: String
    /// Its place in the configuration, for key paths in log lines: "sites[2]".
    let keyPath: String
    /// `https://host[:port]` is made of the request's host and this port.
    let redirectPort: Int?
    let routes: [RoutePlan]
    let files: StaticSite?
    let headers: HeaderPlan
    let timeouts: ProxyTimeoutPlan
    let trustedProxies: [CIDR]

    init(
        name: String, keyPath: String, redirectPort: Int?, routes: [RoutePlan], files: StaticSite?, headers: HeaderPlan,
        timeouts: ProxyTimeoutPlan, trustedProxies: [CIDR]
    ) {
        self.name = name
        self.keyPath = keyPath
        self.redirectPort = redirectPort
        self.routes = routes
        self.files = files
        self.headers = headers
        self.timeouts = timeouts
        self.trustedProxies = trustedProxies
    }
}

/// What is changed in the heads that pass a site.
struct HeaderPlan: Sendable {
    /// Request fields on their way to the upstream.
    let request: RequestFieldPolicy
    /// Answer fields on their way to the client, from an upstream.
    let answer: ResponseFieldPolicy
    /// Lines, ready to be copied, of every answer that is made here.
    let own: [UInt8]
}

/// One route of a site.
final class RoutePlan: Sendable {
    let prefix: PathPrefix
    /// One for each server of the group, in its order: base paths differ.
    let rewrites: [PathRewrite]
    let group: UpstreamGroup
    let takesWebSocket: Bool
    /// Nanoseconds.
    let tunnelIdle: UInt64
    let allowedOrigins: [String]?

    init(
        prefix: PathPrefix, rewrites: [PathRewrite], group: UpstreamGroup, takesWebSocket: Bool, tunnelIdle: UInt64,
        allowedOrigins: [String]?
    ) {
        self.prefix = prefix
        self.rewrites = rewrites
        self.group = group
        self.takesWebSocket = takesWebSocket
        self.tunnelIdle = tunnelIdle
        self.allowedOrigins = allowedOrigins
    }
}

/// `[sites.proxy.timeout]` in nanoseconds.
struct ProxyTimeoutPlan: Sendable {
    var firstByte: UInt64
    var read: UInt64
    var write: UInt64
}

/// `[limits]` and `[performance]`, times in nanoseconds.
struct PlanLimits: Sendable {
    var head: HeadLimits
    var chunks: ChunkLimits
    /// 0: no limit.
    var maxBodyBytes: UInt64
    /// 0: no limit.
    var maxRequestsPerConnection: Int
    /// All workers together.
    var maxConnections: Int
    /// 0: no limit.
    var maxConnectionsPerClient: Int
    var handshakeTimeout: UInt64
    var headTimeout: UInt64
    var bodyTimeout: UInt64
    var sendTimeout: UInt64
    var keepAliveTimeout: UInt64
    /// Bytes per second; 0: no limit.
    var minBodyRate: UInt64
    var lingeringTimeout: UInt64
    var drainTimeout: UInt64
    var tunnelLifetime: UInt64
}

/// `[logging]` as the data path needs it.
struct LogPlan: Sendable {
    var destination: Logging.Destination
    var format: Logging.Format
}

extension Duration {
    /// Whole nanoseconds, bounded.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        return UInt64(min(seconds, 1 << 33)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
