import Configuration
import HTTP
import Upstreams

extension Site {
    /// What tells the site from others, in whatever configuration.
    var identity: SiteIdentity { SiteIdentity(hostname: hostnames.first ?? name, listen: listen, port: port) }
}

/// The part of the plan that is about routes whose requests go to a pool.
extension PlanBuilder {
    /// nil if the route cannot go to its pool; that is reported.
    /// - Parameter keyPath: the route's.
    mutating func proxyRoute(
        _ route: Route, _ owner: SettingOwner, _ pattern: RoutePattern, _ keyPath: String, _ site: Site,
        _ pooled: inout PooledUpstreams
    ) -> ProxyRoute? {
        guard let proxy = site.proxy, let poolOwner = pooled[route.upstream]?.owner,
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
            tunnel: TunnelPlan(route.tunnel, of: owner, site.tunnel, configuration.limits),
            tunnelCount: carried.tunnels(RouteIdentity(route, of: site)),
            siteTunnelCount: carried.tunnels(site.identity),
            allowedOrigins: allowedOrigins(route, site), caching: caching(route, of: site),
            isDegraded: report.isDegraded(pool: route.upstream, of: poolOwner.site))
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

    private func proxying(_ route: Route, _ proxy: Proxy, _ pool: Pooled, of site: Site) -> ProxyingPlan {
        let own = route.requests
        var retry = RetryPolicy()
        retry.retries = own.retry.retries ?? proxy.retry.retries
        retry.conditions = (own.retry.conditions ?? proxy.retry.conditions).reduce(into: []) { $0.formUnion(Self.condition($1)) }
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

    private static func condition(_ word: Retry.Condition) -> RetryPolicy.Conditions {
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
}
