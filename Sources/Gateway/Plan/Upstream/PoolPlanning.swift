import Configuration
import Transport
import Upstreams

/// The part of the plan that is about pools of servers, and the groups in which routes balance over them.
extension PlanBuilder {
    /// One name's servers while the plan is made.
    struct Pooled {
        let plan: PoolPlan
        /// Whose settings it has: the site itself, or what stands for it of a pool that sites share.
        let owner: Owner
        fileprivate let budget: RetryBudget
        let sticky: StickyCookie?
        /// One for each method, so that routes with the same method share its turns.
        fileprivate var groups: [UpstreamGroup] = []
    }

    /// A site that is not copied with each look at its pools.
    final class Owner: Sendable {
        let site: Site

        init(_ site: Site) { self.site = site }
    }

    typealias PooledUpstreams = [String: Pooled]

    /// The pools of a site by their names, with nothing in use yet.
    /// - Parameter keyPath: of the servers, for messages: "sites[0].proxy.upstreams".
    mutating func pools(of site: Site, at keyPath: String) -> PooledUpstreams {
        var pooled = PooledUpstreams()
        guard let proxy = site.proxy else { return pooled }
        for upstream in proxy.upstreams where pooled[upstream.name] == nil {
            pooled[upstream.name] = pool(upstream.name, proxy, keyPath, site)
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

    /// Stands for the name of a site where what sites share is reported.
    private static let sharedName = "*"
    /// In place of the host name of a site, before the pool's name: no host name has a colon in it.
    private static let sharedHost = "upstreams:"

    private mutating func pool(_ name: String, _ proxy: Proxy, _ keyPath: String, _ site: Site) -> Pooled {
        let members = proxy.upstreams.enumerated().filter { $0.element.name == name }
        let balancing = proxy.loadBalancing
        let identity = PoolIdentity(site: site.identity, name: name)
        let isShared = site.identity.hostname.hasPrefix(Self.sharedHost)
        var queue: PoolPlan.Queue?
        if members.contains(where: { $0.element.maxConns != nil }) {
            let limit = RequestQueue.Limit(maxWaiting: balancing.queue, timeout: balancing.queueTimeout.nanoseconds)
            queue = PoolPlan.Queue(limit: limit, count: carried.queue(identity))
        }
        let servers = members.map { server($1, proxy, of: site, at: "\(keyPath)[\($0)]") }
        let probes = probes(members.map(\.element), servers, of: name, proxy, site)
        let plan = PoolPlan(
            index: pools.count, site: site.name, name: name, isShared: isShared, servers: servers,
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
            ? StickyCookie(
                name: cookie, group: "\(site.name) \(name)", secret: balancing.stickySecret ?? carried.stickySecret,
                sameSite: sameSite(balancing.stickySameSite)) : nil
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

    private func sameSite(_ word: LoadBalancing.SameSite) -> StickyCookie.SameSite {
        switch word {
        case .lax: .lax
        case .strict: .strict
        case .unrestricted: .unrestricted
        }
    }

    private func poolSettings(_ proxy: Proxy) -> Pool.Settings {
        Pool.Settings(
            maxIdle: configuration.limits.maxIdleUpstreamConnections,
            idleTimeout: configuration.limits.upstreamIdleTimeout.nanoseconds,
            connectTimeout: proxy.timeout.connect.nanoseconds,
            handshakeTimeout: (proxy.timeout.tlsHandshake ?? proxy.timeout.connect).nanoseconds,
            chunkLimits: limits.chunks)
    }
}

extension NameCache.Settings {
    /// How upstreams' names are looked up, from `[dns]`.
    init(_ dns: NameResolution) {
        self.init()
        resolver.servers = dns.servers
        resolver.timeout = dns.timeout.nanoseconds
        resolver.attempts = dns.attempts
        minLife = dns.minTTL.nanoseconds
        maxLife = max(dns.minTTL, dns.maxTTL).nanoseconds
    }
}
