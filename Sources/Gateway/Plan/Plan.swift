import Configuration
import HTTP
import StaticFiles
import Synchronization
import TLS
import Transport
import Upstreams

/// What the hot path sees of the configuration: immutable, complete, shared by all workers, swapped whole.
package final class Plan: Sendable {
    let listeners: [ListenerPlan]
    /// All servers of all sites; a server's `index` is its place here.
    let servers: [UpstreamServer]
    let poolSettings: [Pool.Settings]
    /// One for each server.
    let handshakeRates: [HandshakeRate]
    /// For each server the place in `lines` of the line in which requests wait for room at it; nil if it has no limit.
    let serverLines: [Int?]
    let lines: [WaitingLine.Limit]
    /// Which servers are probed, and how.
    let probes: [ProbePlan]
    /// What the next plan carries over of this one's servers.
    let states: [String: ServerState]
    /// How upstreams' names are looked up.
    let names: NameCache.Settings
    /// What each worker remembers of static files.
    let fileCache: StaticCache.Settings
    let limits: PlanLimits
    let logging: LogPlan
    package let workerCount: Int

    init(
        listeners: [ListenerPlan], upstreams: UpstreamPlan, names: NameCache.Settings,
        fileCache: StaticCache.Settings, limits: PlanLimits, logging: LogPlan, workerCount: Int
    ) {
        self.listeners = listeners
        servers = upstreams.servers
        poolSettings = upstreams.poolSettings
        serverLines = upstreams.serverLines
        lines = upstreams.lines
        probes = upstreams.probes
        states = upstreams.states
        handshakeRates = upstreams.handshakeRates
        self.names = names
        self.fileCache = fileCache
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
    /// Their prefixes, in their order.
    let paths: PathTable
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
        paths = PathTable(routes.map(\.prefix))
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
    /// One for each server of the group, in its order.
    let targets: [UpstreamTarget]
    let group: UpstreamGroup
    let proxying: ProxyingPlan
    let takesWebSocket: Bool
    let tunnel: TunnelPlan
    /// Nil: pages of any origin may open WebSockets.
    let allowedOrigins: AllowedOrigins?
    /// Tunnels open now and handshakes under way, over all workers.
    let tunnelCount = Atomic<Int>(0)

    /// Lower-case origins, or `*`, and the configuration key that lists them.
    struct AllowedOrigins: Sendable {
        var values: [String]
        var key: String
    }

    init(
        prefix: PathPrefix, targets: [UpstreamTarget], group: UpstreamGroup, proxying: ProxyingPlan, takesWebSocket: Bool,
        tunnel: TunnelPlan, allowedOrigins: AllowedOrigins?
    ) {
        self.prefix = prefix
        self.targets = targets
        self.group = group
        self.proxying = proxying
        self.takesWebSocket = takesWebSocket
        self.tunnel = tunnel
        self.allowedOrigins = allowedOrigins
    }
}

/// `[sites.proxy.timeout]` in nanoseconds.
struct ProxyTimeoutPlan: Sendable {
    var firstByte: UInt64
    var read: UInt64
    var write: UInt64
}

/// `[limits]` and `[performance]`, times in nanoseconds. A class, so that a waiting task holds a reference and not a copy.
final class PlanLimits: Sendable {
    let head: HeadLimits
    let chunks: ChunkLimits
    /// 0: no limit.
    let maxBodyBytes: UInt64
    /// 0: no limit.
    let maxRequestsPerConnection: Int
    /// All workers together.
    let maxConnections: Int
    /// 0: no limit.
    let maxConnectionsPerClient: Int
    let handshakeTimeout: UInt64
    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let sendTimeout: UInt64
    let keepAliveTimeout: UInt64
    /// Bytes per second; 0: no limit.
    let minBodyRate: UInt64
    let minBodyRateGrace: UInt64
    let lingeringTimeout: UInt64
    let drainTimeout: UInt64
    /// 0: no limit.
    let maxTunnelsPerClient: Int

    init(
        head: HeadLimits,
        chunks: ChunkLimits,
        maxBodyBytes: UInt64,
        maxRequestsPerConnection: Int,
        maxConnections: Int,
        maxConnectionsPerClient: Int,
        handshakeTimeout: UInt64,
        headTimeout: UInt64,
        bodyTimeout: UInt64,
        sendTimeout: UInt64,
        keepAliveTimeout: UInt64,
        minBodyRate: UInt64,
        minBodyRateGrace: UInt64,
        lingeringTimeout: UInt64,
        drainTimeout: UInt64,
        maxTunnelsPerClient: Int
    ) {
        self.head = head
        self.chunks = chunks
        self.maxBodyBytes = maxBodyBytes
        self.maxRequestsPerConnection = maxRequestsPerConnection
        self.maxConnections = maxConnections
        self.maxConnectionsPerClient = maxConnectionsPerClient
        self.handshakeTimeout = handshakeTimeout
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.sendTimeout = sendTimeout
        self.keepAliveTimeout = keepAliveTimeout
        self.minBodyRate = minBodyRate
        self.minBodyRateGrace = minBodyRateGrace
        self.lingeringTimeout = lingeringTimeout
        self.drainTimeout = drainTimeout
        self.maxTunnelsPerClient = maxTunnelsPerClient
    }
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
