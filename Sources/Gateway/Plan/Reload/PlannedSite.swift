import Configuration
import TLS
import Upstreams

/// A site's plan, with what making it leaves in a plan besides: the next plan takes it over where nothing is different that it is
/// made of. Nothing in it comes from a file or from another site, and nothing was to be said of it.
final class PlannedSite: Sendable {
    /// Held, so that no other reading can be taken for it.
    let parsed: ParsedSite
    let plan: SitePlan
    let pools: [PoolPlan]
    /// The series of metrics that were asked for, in this order.
    let asked: [MetricsPlanning.Asked]

    init(_ parsed: ParsedSite, _ plan: SitePlan, _ pools: [PoolPlan], asked: [MetricsPlanning.Asked]) {
        self.parsed = parsed
        self.plan = plan
        self.pools = pools
        self.asked = asked
    }
}

/// What plans of sites are made of besides the sites themselves and what is carried over: all else that a configuration says,
/// but for what certainly concerns no site.
struct SitePlanInputs: Equatable {
    private let server: [String]
    private let logging: Logging
    private let performance: Performance
    private let limits: Limits
    private let dns: NameResolution
    private let tls: GlobalTLS
    private let security: Security
    private let metrics: Metrics
    private let tracing: Tracing
    private let fleet: FleetSettings?
    private let sharedPools: [SharedPool]
    /// Who listens where: an upstream may turn out to be the gateway itself.
    private let listeners: Set<[String]>
    private let workers: Int

    init(_ configuration: Configuration, workers: Int) {
        server = [configuration.server.name, configuration.server.version ?? "", configuration.server.stateDir]
        logging = configuration.logging
        performance = configuration.performance
        dns = configuration.dns
        tracing = configuration.tracing
        fleet = configuration.fleet
        limits = configuration.limits.ofSites
        tls = configuration.tls
        security = configuration.security
        metrics = configuration.metrics
        sharedPools = configuration.sharedPools
        listeners = Set(configuration.sites.map { [$0.listen, "\($0.port)"] })
        self.workers = workers
    }
}

extension Limits {
    /// The limits that a site's plan is made of; `PlanLimits` has the others.
    fileprivate var ofSites: Limits {
        let standard = Limits()
        var limits = self
        limits.maxHeadBytes = standard.maxHeadBytes
        limits.maxTargetBytes = standard.maxTargetBytes
        limits.maxFields = standard.maxFields
        limits.maxFieldBytes = standard.maxFieldBytes
        limits.maxTrailerBytes = standard.maxTrailerBytes
        limits.maxChunkExtensionBytes = standard.maxChunkExtensionBytes
        limits.handshakeTimeout = standard.handshakeTimeout
        limits.headTimeout = standard.headTimeout
        limits.bodyTimeout = standard.bodyTimeout
        limits.sendTimeout = standard.sendTimeout
        limits.halfCloseGrace = standard.halfCloseGrace
        limits.keepAliveTimeout = standard.keepAliveTimeout
        limits.drainDelay = standard.drainDelay
        limits.drainTimeout = standard.drainTimeout
        limits.reloadCloseWindow = standard.reloadCloseWindow
        return limits
    }
}

extension PlanBuilder {
    /// The plan of a site as the one before has it; nil if it must be made.
    /// - Parameter certificate: of the site, now.
    mutating func takePlanned(_ index: Int, certificate: TLSServerContext?) -> SitePlan? {
        // What a fleet counts is registered as plans are made.
        guard fleetSeeds == nil, let parsed = configuration.parsedSite(index), let known = plannedSites.known(parsed),
            known.plan.keyPath == "sites[\(index)]", known.plan.has(certificate),
            zip(known.pools, pools.count...).allSatisfy({ $0.index == $1 }),
            metrics?.take(known) ?? true
        else { return nil }
        pools += known.pools
        plannedSites.add(known)
        return known.plan
    }

    /// Notes a site's plan for the next one, if that may take it over.
    /// - Parameter before: as it was when the site's turn came.
    mutating func note(_ plan: SitePlan, _ index: Int, since before: Progress) {
        guard let parsed = configuration.parsedSite(index), before == progress, fleetSeeds == nil,
            Self.isSelfContained(configuration.sites[index], plan)
        else { return }
        plannedSites.add(PlannedSite(parsed, plan, Array(pools[before.pools...]), asked: metrics?.asked ?? []))
    }

    /// How much has been made and said so far: all that may stay the same while a site is made.
    struct Progress: Equatable {
        /// Compared by nobody.
        var pools: Int
        private let counts: [Int]

        fileprivate init(pools: Int, counts: [Int]) {
            self.pools = pools
            self.counts = counts
        }

        static func == (one: Progress, other: Progress) -> Bool { one.counts == other.counts }
    }

    var progress: Progress {
        Progress(
            pools: pools.count,
            counts: [problems.count, report.faults.count, caches.all.count] + accessFiles.counts)
    }

    /// Is the site made of nothing but its own text, and of nothing that is looked at anew by each plan?
    private static func isSelfContained(_ site: Site, _ plan: SitePlan) -> Bool {
        guard site.staticDir == nil, site.cacheUpstream == nil, !site.internalAPI, plan.protection?.looksElsewhere != true,
            !plan.routes.contains(where: { $0.protection?.looksElsewhere == true || $0.isDegraded })
        else { return false }
        let upstreams = site.proxy?.upstreams ?? []
        let names = Set(upstreams.map(\.name))
        return upstreams.allSatisfy { !$0.url.scheme.isTLS }
            && [site.proxy?.routes ?? [], site.routes].joined().allSatisfy { $0.action != .proxy || names.contains($0.upstream) }
    }
}
