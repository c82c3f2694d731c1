import Configuration
import HTTP
import Transport
import Upstreams

/// The part of making a plan that is about `[[tcp]]`.
extension PlanBuilder {
    /// The listeners of `[[tcp]]`.
    mutating func tcpListeners() -> [ListenerPlan] {
        configuration.tcp.indices.compactMap { tcpListener($0) }
    }

    private mutating func tcpListener(_ index: Int) -> ListenerPlan? {
        let tcp = configuration.tcp[index]
        let keyPath = "tcp[\(index)]"
        guard let address = SocketAddress(listeningOn: tcp.listen, port: UInt16(clamping: tcp.port)) else {
            problem(at: "\(keyPath).listen", "\"\(tcp.listen)\" is not an IP address")
            return nil
        }
        for (upstreamIndex, upstream) in tcp.upstreams.enumerated() where Self.isLoop(tcp, upstream.url) {
            problem(
                at: "\(keyPath).upstreams[\(upstreamIndex)].address",
                "this is the listener itself: connections would go round in a circle",
                hint: "name the server's own address")
        }
        let site = Self.site(of: tcp)
        var pooled = pools(of: site, at: "\(keyPath).upstreams")
        var targets: [String: TCPPlan.Target] = [:]
        for name in Set(tcp.upstreams.map(\.name)) {
            targets[name] = target(name, of: tcp, &pooled)
        }
        var names: [String: TCPPlan.Target] = [:]
        for entry in tcp.names {
            for hostname in entry.hostnames { names[hostname] = targets[entry.upstream] }
        }
        let plan = TCPPlan(
            name: tcp.name, idleTimeout: tcp.idleTimeout.nanoseconds, names: names,
            fallback: tcp.upstream.flatMap { targets[$0] }, series: metrics?.passages(listener: tcp.name, upstream: ""))
        return ListenerPlan(
            address: address, keyPath: keyPath, tls: nil, takesPlainHTTP2: false,
            proxyProtocol: tcp.proxyProtocol.map { ProxyProtocolPlan($0) }, exact: [:], wildcards: [:],
            fallback: SitePlan.empty(name: tcp.name, keyPath: keyPath), tcp: plan)
    }

    /// Does an address that needs no look-up lead to the listener that it is of? Longer circles are seen when a connection goes
    /// round: `PassthroughConnections`.
    private static func isLoop(_ tcp: TCPListener, _ url: UpstreamURL) -> Bool {
        guard Int(url.port) == tcp.port, let own = SocketAddress(literal: tcp.listen, port: 0) else { return false }
        let isAny = own.bytes.allSatisfy { $0 == 0 }
        return switch url.host {
        case .ipv4(let bytes): bytes == own.bytes || isAny && bytes.first == 127
        case .ipv6(let bytes): bytes == own.bytes || isAny && bytes == [UInt8](repeating: 0, count: 15) + [1]
        case .name(let name): name == "localhost" && (isAny || own.bytes.first == 127)
        case .unix: false
        }
    }

    private mutating func target(
        _ name: String, of tcp: TCPListener, _ pooled: inout PooledUpstreams
    ) -> TCPPlan.Target? {
        var route = Route(path: "/", action: .proxy)
        route.upstream = name
        guard let group = group(for: route, &pooled[name]),
            let pool = pooled[name]?.plan
        else { return nil }
        return TCPPlan.Target(group: group, pool: pool, series: metrics?.passages(listener: tcp.name, upstream: name))
    }

    /// What a site would be that has these servers: balancing, health and names are the same.
    private static func site(of tcp: TCPListener) -> Site {
        var site = Site()
        site.name = tcp.name
        // No host name of a site has a colon in it.
        site.hostnames = ["tcp:\(tcp.name)"]
        (site.listen, site.port) = (tcp.listen, tcp.port)
        var proxy = Proxy()
        proxy.upstreams = tcp.upstreams
        proxy.loadBalancing.method = tcp.method
        proxy.timeout.connect = tcp.connectTimeout
        proxy.healthCheck = tcp.healthCheck
        site.proxy = proxy
        return site
    }
}

extension SitePlan {
    /// One that has nothing: a listener of `[[tcp]]` has no other.
    static func empty(name: String, keyPath: String) -> SitePlan {
        SitePlan(
            name: name, configuration: "", keyPath: keyPath, takesHTTP2WebSockets: false, redirectPort: nil, routes: [],
            files: nil,
            errorPages: nil, headers: .none, protection: nil, crossOrigin: nil,
            trustedProxies: [], healthPath: nil, isDraining: false, isDegraded: false, lacksFiles: false, certificate: nil,
            log: nil, series: nil)
    }
}
