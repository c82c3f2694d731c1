import Configuration
import HTTP
import Protection

/// The part of the plan that is about who may come, and how often.
extension PlanBuilder {
    /// What protects a route, or all else of a site; nil if nothing does.
    /// - Parameters:
    ///   - sitePath: its key path.
    ///   - common: its fields.
    ///   - route: nil for the site.
    ///   - routePath: its key path.
    mutating func protection(
        of site: Site, _ sitePath: String, _ common: SiteHeaders, _ route: Route? = nil, _ routePath: String = ""
    ) -> ProtectionPlan? {
        if let route, isOpen(site, route) { return nil }
        let addresses = addresses(of: site, route, at: route == nil ? sitePath : routePath)
        if let route {
            checkClientAuthentication(of: route, site, at: routePath)
            checkIdentity(of: site, sitePath, route, at: routePath)
        }
        let password = password(of: site, route, at: route == nil ? sitePath : routePath)
        var limits: [RateLimitPlan] = []
        if let limit = configuration.security.rateLimiting {
            limits.append(plan(limit, identity(nil, nil), key: "security.rate_limiting", name: "gateway"))
        }
        if let limit = site.rateLimit {
            limits.append(plan(limit, identity(site, nil), key: "sites.rate_limit", name: "site"))
        }
        if let route, let limit = route.rateLimit {
            limits.append(plan(limit, identity(site, route), key: "sites.proxy.routes.rate_limit", name: "route"))
        }
        let concurrency = [
            plan(site.concurrency, identity(site, nil), key: "sites.concurrency"),
            route.flatMap { plan($0.concurrency, identity(site, $0), key: "sites.proxy.routes.concurrency") },
        ].compactMap { $0 }
        let tokens = token(of: site, route, at: route == nil ? sitePath : routePath)
        let asked = forwardAuth(of: site, route, common.identityFields, at: route == nil ? sitePath : routePath)
        let protection = ProtectionPlan(
            addresses: addresses, requiresClientCertificate: route?.requiresClientCertificate == true, limits: limits,
            concurrency: concurrency, password: password, token: tokens,
            forwardAuth: asked)
        return protection.isEmpty ? nil : protection
    }

    /// Is nothing asked of anybody? So it is with most of thousands of routes.
    private func isOpen(_ site: Site, _ route: Route) -> Bool {
        !route.requiresClientCertificate && route.access == Access() && site.access == Access()
            && configuration.security.rateLimiting == nil && site.rateLimit == nil && route.rateLimit == nil
            && site.concurrency == Concurrency() && route.concurrency == Concurrency() && site.tokens == nil
            && route.tokens == nil
            && site.forwardAuth == nil && route.forwardAuth == nil
    }

    private func identity(_ site: Site?, _ route: Route?) -> RateIdentity {
        RateIdentity(
            site: site?.identity, route: site.flatMap { site in route.map { RouteIdentity($0, of: site) } },
            clients: configuration.limits.rateLimitedClients)
    }

    private func plan(_ concurrency: Concurrency, _ identity: RateIdentity, key: String) -> ConcurrencyPlan? {
        guard concurrency.requests > 0 || concurrency.requestsPerClient > 0 else { return nil }
        return ConcurrencyPlan(
            carried.requests(identity), maxRequests: concurrency.requests, maxPerClient: concurrency.requestsPerClient, key: key)
    }

    private func plan(_ limiting: RateLimiting, _ identity: RateIdentity, key: String, name: StaticString) -> RateLimitPlan {
        let limit = RateLimit(
            requests: UInt64(limiting.requests), per: limiting.period.nanoseconds, burst: UInt64(limiting.burst),
            block: limiting.blockDuration.nanoseconds)
        let table = carried.rates(identity)
        let shared = fleetSeeds.map { carried.sharedRates.limit(identity.nameInFleet, limit, table: table, seeds: $0) }
        return RateLimitPlan(
            limit, table: table, shared: shared, clients: ClientKey(limiting.key, ipv6Prefix: limiting.ipv6Prefix),
            whitelist: AddressSet(limiting.whitelist), blacklist: AddressSet(limiting.blacklist), announces: limiting.announce,
            key: key, name: name)
    }
}

extension ClientKey {
    init(_ key: HashKey, ipv6Prefix: Int) {
        self.ipv6Prefix = ipv6Prefix
        value =
            switch key {
            case .header(let name): .header(name)
            case .cookie(let name): .cookie(name)
            case .client, .path: nil
            }
    }
}

extension AddressSet {
    init(_ blocks: [AddressBlock]) { self.init(blocks.compactMap { CIDR($0) }) }
}

extension CIDR {
    /// A block of the configuration, which has been checked when it was read.
    init?(_ block: AddressBlock) { self.init(bytes: block.address, prefixLength: block.prefixLength) }
}
