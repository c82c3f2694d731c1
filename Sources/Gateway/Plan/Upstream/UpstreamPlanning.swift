import Configuration
import HTTP
import TLS
import Transport
import Upstreams

extension Site {
    /// Its own, in whatever configuration.
    var identity: SiteIdentity { SiteIdentity(hostname: hostnames.first ?? name, listen: listen, port: port) }
}

extension ServerIdentity {
    fileprivate init(_ upstream: Upstream, of site: Site) {
        self.init(site: site.name, pool: upstream.name, url: upstream.url.description)
    }
}

extension UpstreamServer.Version {
    fileprivate init(_ version: UpstreamHTTP.Version) {
        self =
            switch version {
            case .http1: .http1
            case .http2: .http2
            case .auto: .negotiated
            }
    }

    /// What is offered over TLS (ALPN, RFC 7301).
    fileprivate var protocols: [String] {
        switch self {
        case .http1: ["http/1.1"]
        case .http2: ["h2"]
        case .negotiated: ["h2", "http/1.1"]
        }
    }
}

/// The part of the plan that is about routes and upstreams.
extension PlanBuilder {
    /// One name's servers while the plan is made.
    struct Pooled {
        fileprivate(set) var plan: PoolPlan
        /// Whose settings it has: the site itself, or what stands for it of a pool that sites share.
        fileprivate let owner: Owner
        fileprivate var budget: RetryBudget
        fileprivate var sticky: StickyCookie?
        /// One for each method, so that routes with the same method share its turns.
        fileprivate var groups: [UpstreamGroup] = []
    }

    /// A site that is not copied with each look at its pools.
    fileprivate final class Owner: Sendable {
        let site: Site

        init(_ site: Site) { self.site = site }
    }

    typealias PooledUpstreams = [String: Pooled]

    /// The pools of a site by their names, with nothing in use yet.
    /// - Parameter place: of the servers, for messages: "sites[0].proxy.upstreams".
    mutating func pools(of site: Site, at place: String) -> PooledUpstreams {
        var pooled = PooledUpstreams()
        guard let proxy = site.proxy else { return pooled }
        for upstream in proxy.upstreams where pooled[upstream.name] == nil {
            pooled[upstream.name] = pool(upstream.name, proxy, place, site)
        }
        return pooled
    }

    /// The pools of `[[upstreams]]`, which routes of all sites may name.
    mutating func sharedPools() -> PooledUpstreams {
        var pooled = PooledUpstreams()
        for (index, shared) in configuration.sharedPools.enumerated() {
            var site = Site()
            (site.name, site.hostnames) = (Self.sharedName, [Self.sharedHost + shared.name])
            site.proxy = shared.proxy
            pooled[shared.name] = pools(of: site, at: "upstreams[\(index)].servers")[shared.name]
        }
        return pooled
    }

    /// In place of the name of a site, where what sites share is reported.
    private static let sharedName = "*"
    /// In place of the host name of a site, before the pool's name: no host name has a colon in it.
    private static let sharedHost = "upstreams:"

    /// nil if the route cannot go to its pool; that is reported.
    /// - Parameter keyPath: the route's.
    mutating func proxyRoute(
        _ route: Route, _ pattern: RoutePattern, _ keyPath: String, _ site: Site, _ pooled: inout PooledUpstreams
    ) -> ProxyRoute? {
        guard let proxy = site.proxy, let owner = pooled[route.upstream]?.owner,
            let basePaths = pooled[route.upstream]?.plan.servers.map(\.identity.basePath)
        else { return nil }
        let rewrites = basePaths.compactMap {
            PathRewrite(
                stripPrefix: route.stripPrefix, rewriteTarget: route.rewriteTarget, basePath: $0.isEmpty ? "/" : $0)
        }
        guard rewrites.count == basePaths.count else {
            problem(at: "\(keyPath).rewrite_target", "\"\(route.rewriteTarget ?? "")\" cannot be a path")
            return nil
        }
        guard let group = group(for: route, &pooled[route.upstream]), let pool = pooled[route.upstream]
        else { return nil }
        let servers = group.servers.map { ReverseRewrite.Server(host: $0.identity.host, port: $0.identity.port) }
        let targets = zip(group.servers, rewrites).map { server, rewrite in
            let reverseRewrite = ReverseRewrite(
                servers: servers, prefix: pattern.path, rewrite: rewrite, changesCookies: route.rewriteCookies)
            let destinationRewrite = DestinationRewrite(
                isSecure: server.identity.isTLS, prefix: pattern.path, rewrite: rewrite)
            return UpstreamTarget(
                authority: server.authority, rewrite: rewrite, reverseRewrite: route.rewriteLocation ? reverseRewrite : nil,
                destinationRewrite: route.rewriteDestination ? destinationRewrite : nil)
        }
        return ProxyRoute(
            targets: targets, rewrite: route.rewrite.flatMap { template($0, at: "\(keyPath).rewrite", pattern.groups) },
            group: group, pool: pool.plan, proxying: proxying(route, proxy, pool, of: site),
            takesWebSocket: route.websocket, forwardsTrailers: route.requestTrailers,
            tunnel: TunnelPlan(route.tunnel, site.tunnel, configuration.limits),
            tunnelCount: carried.tunnels(RouteIdentity(route, of: site)),
            siteTunnelCount: carried.tunnels(site.identity),
            allowedOrigins: allowedOrigins(route, site), caching: caching(route, of: site),
            isDegraded: !faults.isEmpty && isDegraded(pool: route.upstream, of: owner.site))
    }

    /// The nearest list that is written: the route's, the site's, the whole gateway's.
    private func allowedOrigins(_ route: Route, _ site: Site) -> ProxyRoute.AllowedOrigins? {
        if let own = route.allowedOrigins {
            return ProxyRoute.AllowedOrigins(values: own, key: "sites.proxy.routes.allowed_origins")
        }
        if let common = site.allowedOrigins { return ProxyRoute.AllowedOrigins(values: common, key: "sites.allowed_origins") }
        let all = configuration.security.allowedOrigins
        return all.isEmpty ? nil : ProxyRoute.AllowedOrigins(values: all, key: "security.allowed_origins")
    }

    func isDegraded(pool: String, of site: Site) -> Bool {
        faults.contains { $0.place == SiteFault.Place(site: site.identity, part: .pool(pool)) }
    }

    // MARK: Groups

    private mutating func pool(_ name: String, _ proxy: Proxy, _ place: String, _ site: Site) -> Pooled {
        let members = proxy.upstreams.enumerated().filter { $0.element.name == name }
        let balancing = proxy.loadBalancing
        let identity = PoolIdentity(site: site.identity, name: name)
        let isShared = site.identity.hostname.hasPrefix(Self.sharedHost)
        var queue: PoolPlan.Queue?
        if members.contains(where: { $0.element.maxConns != nil }) {
            let limit = RequestQueue.Limit(most: balancing.queue, timeout: balancing.queueTimeout.nanoseconds)
            queue = PoolPlan.Queue(limit: limit, count: carried.queue(identity))
        }
        let servers = members.map { server($1, proxy, of: site, at: "\(place)[\($0)]") }
        let probes = probes(members.map(\.element), servers, of: name, proxy, site)
        let plan = PoolPlan(
            place: pools.count, site: site.name, name: name, isShared: isShared, servers: servers,
            handshakeRates: members.map { _, upstream in
                HandshakeRate(
                    perSecond: upstream.handshakeRate, schedule: carried.handshakes(ServerIdentity(upstream, of: site)))
            },
            connections: poolSettings(proxy), queue: queue,
            series: metrics?.servers(site: site.name, name, urls: servers.map(\.url)) ?? [],
            probing: probes.settings, probeKeys: probes.keys)
        pools.append(plan)
        metrics?.add(plan, site: site.name, name)
        // A site may have pools of its own beside shared ones.
        let isAlone = !isShared && proxy.upstreams.allSatisfy { $0.name == name }
        let cookie = isAlone ? balancing.stickyCookie : StickyCookie.name(balancing.stickyCookie, pool: name)
        let sticky =
            balancing.stickySessions
            ? StickyCookie(name: cookie, group: "\(site.name) \(name)", secret: balancing.stickySecret ?? carried.stickySecret)
            : nil
        return Pooled(
            plan: plan, owner: Owner(site),
            budget: RetryBudget(percent: proxy.retry.budgetPercent, account: carried.account(identity)), sticky: sticky)
    }

    /// The servers of a pool as a route balances them; nil if there is no such pool.
    func group(for route: Route, _ pool: inout Pooled?) -> UpstreamGroup? {
        guard let found = pool, let proxy = found.owner.site.proxy else { return nil }
        let method = method(route.method ?? proxy.loadBalancing.method, route.hashOn ?? proxy.loadBalancing.hashOn)
        if let known = found.groups.first(where: { $0.method == method }) { return known }
        let identity = PoolIdentity(site: found.owner.site.identity, name: route.upstream)
        let group = UpstreamGroup(
            name: route.upstream, servers: found.plan.servers, method: method, budget: found.budget,
            turns: carried.turns(GroupIdentity(pool: identity, method: method)), panicPercent: proxy.loadBalancing.panicPercent)
        pool?.groups.append(group)
        return group
    }

    private func method(_ method: LoadBalancing.Method, _ key: HashKey) -> UpstreamGroup.Method {
        switch method {
        case .roundRobin: .roundRobin
        case .weighted: .weighted
        case .leastConnections: .leastConnections
        case .randomTwo: .randomTwo
        case .leastTime: .leastTime
        case .hash:
            switch key {
            case .client: .hash(.client)
            case .path: .hash(.path)
            case .header(let name): .hash(.header(name))
            case .cookie(let name): .hash(.cookie(name))
            }
        }
    }

    private func proxying(_ route: Route, _ proxy: Proxy, _ pool: Pooled, of site: Site) -> ProxyingPlan {
        let own = route.requests
        var retry = RetryPolicy()
        retry.retries = own.retry.retries ?? proxy.retry.retries
        retry.occasions = (own.retry.occasions ?? proxy.retry.occasions).reduce(into: []) { $0.formUnion(Self.occasion($1)) }
        let limits = configuration.limits
        let stores = own.bufferRequests ?? site.requests.bufferRequests ?? false
        return ProxyingPlan(
            retry: retry, replayLimit: own.retry.replayLimit ?? proxy.retry.replayLimit, sticky: pool.sticky,
            timeouts: ProxyTimeoutPlan(proxy.timeout, route: own.timeout),
            bodyLimit: BodyLimit(own, site.requests, common: configuration.security.maxRequestSize),
            storage: stores
                ? StoragePlan(
                    memory: limits.bufferMemory, disk: limits.bufferDisk, directory: limits.bufferDir, used: carried.storedBytes)
                : nil)
    }

    private static func occasion(_ word: Retry.Occasion) -> RetryPolicy.Occasions {
        switch word {
        case .connect: .connect
        case .closed: .closed
        case .timeout: .timeout
        case .status500: .status500
        case .status502: .status502
        case .status503: .status503
        case .status504: .status504
        }
    }

    // MARK: Servers

    private mutating func server(_ upstream: Upstream, _ proxy: Proxy, of site: Site, at keyPath: String) -> UpstreamServer {
        let url = upstream.url
        // A site may well be behind a listener of [[tcp]] of the same gateway: there the connection ends.
        if url.scheme != .tcp, let loop = ownListener(of: url) {
            problem(
                at: "\(keyPath).url", "\(url) is this gateway's own site \"\(loop)\": requests would come back to it for ever")
        }
        let identity = UpstreamServer.Identity(
            isTLS: url.scheme.isTLS, host: url.hostText, port: UInt16(clamping: url.port), basePath: url.basePath)
        var parameters = UpstreamServer.Parameters()
        parameters.weight = upstream.weight
        parameters.maxConns = upstream.maxConns ?? 0
        parameters.isBackup = upstream.backup
        parameters.health = health(proxy)
        parameters.isDraining = upstream.drain || proxy.drain.contains(upstream.name)
        parameters.idleTimeout = upstream.idleTimeout?.nanoseconds
        parameters.proxyHeader = upstream.sendProxy.map { $0 == .v1 ? .v1 : .v2 }
        parameters.version = UpstreamServer.Version(upstream.http.version)
        parameters.maxStreams = upstream.http.maxStreams
        parameters.pingInterval = upstream.http.pingInterval.nanoseconds
        parameters.pingTimeout = upstream.http.pingTimeout.nanoseconds
        // Where its files cannot be used nobody is let through to it.
        let tls = make(.pool(upstream.name), of: site) { $0.tls(upstream, at: keyPath) } ?? nil
        return UpstreamServer(
            identity, url: url.description, authority: url.authority, parameters: parameters, tls: tls,
            record: carried.server(ServerIdentity(upstream, of: site)))
    }

    private mutating func tls(_ upstream: Upstream, at keyPath: String) -> TLSClientContext.Settings? {
        guard upstream.url.scheme.isTLS else { return nil }
        var settings = TLSClientContext.Settings(
            serverName: upstream.tlsServerName ?? upstream.url.hostText, caFile: upstream.caFile,
            clientCertificateFile: upstream.clientCertFile, clientKeyFile: upstream.clientKeyFile,
            verifies: upstream.verify, records: records)
        settings.protocols = UpstreamServer.Version(upstream.http.version).protocols
        settings.minimumVersion = upstream.tlsMinVersion == .tls13 ? .tls13 : .tls12
        settings.suites = upstream.tlsSuites
        settings.pins = upstream.tlsPins
        for (index, suite) in (upstream.tlsSuites ?? []).enumerated() where !TLSPolicy.has(suite: suite) {
            problem(
                at: "\(keyPath).tls_suites[\(index)]", "this system's OpenSSL has no cipher suite \"\(suite)\"",
                hint: "openssl ciphers -s lists them, by their names")
        }
        // Each worker makes its own context; this one finds out now whether it can.
        do throws(TLSError) { _ = try TLSClientContext(settings) } catch {
            let key =
                switch error.file {
                case .authorities: "ca_file"
                case .key: "client_key_file"
                case .certificate, .clientAuthorities, .revocations, .passphrase, nil: "client_cert_file"
                }
            problem(at: "\(keyPath).\(key)", error.reason)
            return settings
        }
        if let file = upstream.clientCertFile { checkClientCertificate(file, at: "\(keyPath).client_cert_file") }
        return settings
    }

    /// The name of the site whose listener has this address, if it certainly is ours: an address of this machine's own
    /// loopback, or the very one that is listened on.
    private mutating func ownListener(of url: UpstreamURL) -> String? {
        let isLoopback: Bool
        let isIPv6: Bool
        switch url.host {
        case .name(let name): (isLoopback, isIPv6) = (name == "localhost", false)
        case .ipv4(let bytes): (isLoopback, isIPv6) = (bytes.first == 127, false)
        case .ipv6(let bytes): (isLoopback, isIPv6) = (bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1, true)
        case .unix: return nil
        }
        return sitesOfPorts[url.port]?.lazy.map { [sites = configuration.sites] in sites[$0] }.first { site in
            if site.listen == url.hostText { return true }
            return isLoopback && (site.listen == "::" || (site.listen == "0.0.0.0" && !isIPv6))
        }?.name
    }

    // MARK: Settings

    /// How upstreams' names are looked up, from `[dns]`.
    var names: NameCache.Settings {
        let dns = configuration.dns
        var names = NameCache.Settings()
        names.resolver.servers = dns.servers
        names.resolver.timeout = dns.timeout.nanoseconds
        names.resolver.attempts = dns.attempts
        names.shortestLife = dns.minTTL.nanoseconds
        names.longestLife = max(dns.minTTL, dns.maxTTL).nanoseconds
        return names
    }

    private func poolSettings(_ proxy: Proxy) -> Pool.Settings {
        Pool.Settings(
            maxIdle: configuration.limits.maxIdleUpstreamConnections,
            idleTimeout: configuration.limits.upstreamIdleTimeout.nanoseconds,
            connectTimeout: proxy.timeout.connect.nanoseconds,
            handshakeTimeout: (proxy.timeout.tlsHandshake ?? proxy.timeout.connect).nanoseconds,
            chunkLimits: limits.chunks)
    }

    private func health(_ proxy: Proxy) -> ServerHealth.Settings {
        let passive = proxy.passiveHealth
        var health = ServerHealth.Settings()
        health.ejection.failures = passive.maxFails
        health.ejection.percent = passive.failPercent
        health.ejection.window = passive.window.nanoseconds
        health.ejection.time = passive.ejectTime.nanoseconds
        health.ejection.longestTime = max(passive.ejectTime, passive.maxEjectTime).nanoseconds
        health.breaker.failures = passive.circuitFails
        health.breaker.openTime = passive.circuitOpen.nanoseconds
        health.breaker.longestOpenTime = max(passive.circuitOpen, passive.circuitMaxOpen).nanoseconds
        health.probes.fall = proxy.healthCheck.retries
        health.probes.rise = proxy.healthCheck.rise
        health.slowStart = proxy.loadBalancing.slowStart.nanoseconds
        return health
    }
}
