package import ACME
import Configuration
import EventLoop
import StaticFiles
import TLS
import Transport
import Upstreams

/// What the hot path sees of the configuration: immutable, complete, shared by all workers, swapped whole.
///
/// Making one changes nothing that is live; `takeEffect` does.
package final class Plan: Sendable {
    let listeners: [ListenerPlan]
    /// All pools of all sites; a pool's `index` is its index here.
    let pools: [PoolPlan]
    /// The indices of those of which each worker has its part from the beginning.
    let poolsMadeAtOnce: [Int]
    /// The indices of the pools that a server is in.
    let poolsOfRecords: [ObjectIdentifier: [Int]]
    /// The caches of all sites that keep answers; a cache's `index` is its index here.
    let caches: [CachePlan]
    /// The certificates of every TLS site, in the order of the configuration.
    package let certificates: [SiteCertificate]
    /// The certificates that ACME is to get, each once.
    package let managed: [ManagedCertificate]
    /// One for each site that has certificates got on demand.
    package let demands: [CertificateDemand]
    /// The directory where `managed` and on-demand certificates are kept (`server.state_dir`).
    package let stateDirectory: String
    /// How many certificates got on demand may be in memory.
    private let maxLoadedCertificates: Int
    /// How long before its end a certificate is in trouble, in seconds.
    package let expiryThreshold: Int64
    /// The sites' files, for the plan after this one: where they are still the same, workers go on to remember them.
    let files: [SiteIdentity: StaticSite]
    /// What its sites lack.
    package let faults: [SiteFault]
    /// Keys for session tickets of a file; nil: the listeners' own.
    let ticketKeyFile: TicketKeyFile?
    /// Keys for session tickets of the fleet; nil: the gateway is of none.
    let fleetTicketKeys: SharedTicketKeys?
    /// The path of `ticketKeyFile`: a change of the file is used without a reload.
    package var ticketKeyPath: String? { ticketKeyFile?.path }
    /// What the plan after this one takes over.
    let carried: CarriedState
    /// The servers whose probes a fleet shares out.
    let probeSet: ProbeSet
    /// How upstreams' names are looked up.
    let names: NameCache.Settings
    /// What each worker remembers of static files.
    let fileCache: StaticCache.Settings
    let limits: PlanLimits
    /// The gateway's name in `Proxy-Status`.
    let proxyName: ProxyName
    let logStyle: AccessLogStyle
    /// The beginning of the SHA-256 of the configuration's text; empty if it has none.
    let configurationHash: String
    /// The names for exchanges that came to no site.
    let routeNames: RouteNames
    /// Nil: there are no traces.
    let tracing: TracingPlan?
    /// How many exchanges each worker's flight recorder keeps.
    let recordedExchanges: Int
    /// Nil: nothing is counted.
    let metrics: MetricsPlan?
    /// Each once, with the seconds after which they are wanted anew.
    package let fetchedKeys: [(keys: FetchedKeys, refresh: UInt64)]
    /// Lists of passwords, of keys, and of addresses; each once.
    private let watched: [any PolledFile]
    package let workerCount: Int
    /// Sites that the plan after this one may take over, where its inputs are the same.
    let plannedSites: [PlannedSite]
    let siteInputs: SitePlanInputs
    /// Those that may have tunnels, by what these are counted by in every plan.
    private let tunnelRoutes: Set<ObjectIdentifier>
    /// Those of sites that drain, in the same way.
    private let drainingRoutes: Set<ObjectIdentifier>

    /// - Parameter builder: has made all else, and found no error.
    init(
        _ builder: PlanBuilder, listeners: [ListenerPlan], ticketKeyFile: TicketKeyFile?, metrics: MetricsPlan?,
        siteInputs: SitePlanInputs, workerCount: Int
    ) {
        let configuration = builder.configuration
        self.listeners = listeners
        pools = builder.pools
        poolsMadeAtOnce = pools.lazy.filter { !$0.isMadeOnDemand }.map(\.index)
        var poolsOfRecords = [ObjectIdentifier: [Int]](minimumCapacity: pools.count)
        for pool in pools {
            for server in pool.servers { poolsOfRecords[ObjectIdentifier(server.state), default: []].append(pool.index) }
        }
        self.poolsOfRecords = poolsOfRecords
        caches = builder.caches.all
        certificates = builder.certificates
        managed = builder.wanted.all
        demands = builder.demands
        stateDirectory = configuration.server.stateDir
        maxLoadedCertificates = configuration.tls.maxLoadedCertificates
        expiryThreshold = Int64(configuration.tls.expiryThreshold.nanoseconds / 1_000_000_000)
        files = builder.files
        faults = builder.report.faults
        self.ticketKeyFile = ticketKeyFile
        carried = builder.carried
        fleetTicketKeys = configuration.fleet == nil ? nil : carried.fleetTicketKeys
        probeSet = ProbeSet(pools.flatMap { $0.probeKeys.compactMap(\.self) })
        names = NameCache.Settings(configuration.dns)
        fileCache = StaticCache.Settings(configuration.fileCache)
        limits = builder.limits
        proxyName = ProxyName(configuration.server.name)
        logStyle = AccessLogStyle(configuration.logging)
        configurationHash = builder.configurationHash
        routeNames = RouteNames(site: nil, configuration: configurationHash)
        tracing = TracingPlan(configuration.tracing)
        recordedExchanges = configuration.recorder.exchanges
        self.metrics = metrics
        fetchedKeys = builder.accessFiles.fetchedKeys
        watched = builder.accessFiles.watched
        self.workerCount = workerCount
        plannedSites = builder.plannedSites.all
        self.siteInputs = siteInputs
        var tunnelRoutes: Set<ObjectIdentifier> = []
        for route in listeners.lazy.flatMap(\.sites).flatMap(\.routes).compactMap(\.proxied) where route.takesWebSocket {
            tunnelRoutes.insert(ObjectIdentifier(route.tunnelCount))
        }
        self.tunnelRoutes = tunnelRoutes
        drainingRoutes = Set(
            listeners.lazy.flatMap(\.sites).filter(\.isDraining).flatMap(\.routes).compactMap(\.proxied)
                .map { ObjectIdentifier($0.tunnelCount) })
    }

    /// The keys of the session tickets that the TLS listener there has given out; nil if there is none.
    func ticketKeys(at address: SocketAddress) -> TicketKeys? {
        listeners.first { $0.address == address }?.tls?.tickets
    }

    /// All servers of all sites.
    var servers: some Sequence<UpstreamServer> { pools.lazy.flatMap(\.servers) }

    /// Does this plan have the tunnel's route, and are tunnels allowed there?
    func keeps(_ tunnel: Tunnel) -> Bool { tunnelRoutes.contains(ObjectIdentifier(tunnel.route)) }

    /// Is the tunnel of a site that drains?
    func drains(_ tunnel: Tunnel) -> Bool { drainingRoutes.contains(ObjectIdentifier(tunnel.route)) }

    /// Makes threads look for changes in the files that say who comes in.
    /// - Parameter now: monotonic nanoseconds.
    func lookAtFiles(now: UInt64, on threads: FileThreads) {
        for file in watched { file.refresh(now: now, on: threads, limits.files) }
    }

    /// Puts what the plan says of its servers into effect, also for exchanges of plans before.
    func takeEffect() {
        for server in servers { server.takeEffect() }
        applyWeightOverrides()
        for cache in caches { cache.takeEffect() }
        giveTicketKeys()
        let stored = carried.storedCertificates
        if stored.limit != maxLoadedCertificates { Task { [maxLoadedCertificates] in await stored.allow(maxLoadedCertificates) } }
    }

    /// Makes the weights that were ordered hold for all servers of their pools, also those that are new.
    func applyWeightOverrides() { for pool in pools { UpstreamServer.applyWeightOverrides(pool.servers) } }

    /// Makes all listeners go on with the keys of the file or the fleet, or with their own.
    func giveTicketKeys() {
        for tickets in listeners.compactMap({ $0.tls?.tickets }) {
            if let ticketKeyFile {
                ticketKeyFile.give(to: tickets)
            } else if let fleetTicketKeys {
                fleetTicketKeys.give(to: tickets)
            } else {
                tickets.use([])
            }
        }
    }
}
