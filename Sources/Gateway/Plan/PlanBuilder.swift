package import Configuration
import EventLoop
import HTTP
package import Protection
import StaticFiles
import TLS

/// Makes a plan of a configuration: opens what it names (certificates, directories) and reports every problem at once, each at
/// its place in the file.
package struct PlanBuilder {
    let configuration: Configuration
    /// What has been said of it so far.
    var report: PlanReport
    /// What cannot work (errors) or deserves a look (warnings), in the order of the sites.
    package var problems: [Problem] { report.problems }
    /// The beginning of the hash of the configuration's text, for log lines.
    package var configurationHash = ""
    /// The seeds by which all members of the fleet call a client the same; nil: rate limits count here alone.
    package var fleetSeeds: ClientSeeds?
    var pools: [PoolPlan] = []
    /// Those of `[[upstreams]]`, by their names.
    var shared = PooledUpstreams()
    var caches = PlannedCaches()
    var certificates: [SiteCertificate] = []
    var wanted = WantedCertificates()
    /// Has it been told that the state directory does not stay?
    var hasToldVolatile = false
    /// One for each site that has certificates got on demand.
    var demands: [CertificateDemand] = []
    var knownCertificates: KnownCertificates
    var plannedSites = PlannedSites()
    let limits: PlanLimits
    let carried: CarriedState
    var ownSites: OwnSites
    var files: [SiteIdentity: StaticSite] = [:]
    /// The TLS contexts of sites, by the sites' indices.
    var siteContexts: [Int: TLSServerContext] = [:]
    var accessFiles = AccessFiles()
    /// Nil: nothing is to be counted.
    var metrics: MetricsPlanning?
    /// What the last site does to fields, and what it says of them: most of a thousand say the same.
    var lastHeaders: (source: HeaderSource, headers: SiteHeaders)?
    let previous: Plan?
    /// Seconds since 1970: when certificates are judged.
    let now: Int64
    lazy var authorities = SystemAuthorities()
    /// Whose certificates the first handshake may put into memory.
    var keepingPolicies: [TLSPolicy: Bool] = [:]
    /// Of files that have been looked at: thousands of sites may name one.
    var authorityFlaws: [String: ServiceAuthorities.Flaw?] = [:]

    /// - Parameters:
    ///   - previous: the plan that is in use: what must not be forgotten is taken over from it.
    ///   - stickySecret: of the process before this one, for a first plan.
    ///   - policy: what becomes of a site that cannot be served whole.
    ///   - now: seconds since 1970: when certificates are judged.
    package init(
        _ configuration: Configuration, previous: Plan? = nil, policy: FaultPolicy = .refuse, stickySecret: String? = nil,
        now: Int64 = Int64(realtimeNanoseconds() / 1_000_000_000)
    ) {
        self.init(
            configuration, previous: previous, carried: previous?.carried ?? CarriedState(stickySecret: stickySecret),
            policy: policy, now: now)
    }

    /// - Parameter carried: what is carried over from plan to plan.
    init(
        _ configuration: Configuration, previous: Plan? = nil, carried: CarriedState, policy: FaultPolicy, now: Int64
    ) {
        self.configuration = configuration
        self.now = now
        self.previous = previous
        report = PlanReport(configuration, policy)
        ownSites = OwnSites(configuration)
        limits = PlanLimits(configuration)
        knownCertificates = KnownCertificates(previous?.certificates ?? [])
        self.carried = carried
    }

    /// Changes nothing that is live: the plan can be used or dropped.
    /// - Parameter workers: overrides the configuration's `worker_threads`.
    /// - Returns: nil if there is an error among `problems`.
    package mutating func build(workers: Int? = nil) -> Plan? {
        build(workers: workers, prefetchFrom: CertificatePrefetch.minSites)
    }

    /// - Parameter prefetchFrom: of so many sites and more, two threads read a first plan's certificates.
    mutating func build(workers: Int?, prefetchFrom: Int) -> Plan? {
        carried.forgetUnused()
        checkLogs()
        checkCacheDirectories()
        let workerCount = workers ?? configuration.performance.workerThreads ?? Processors.count
        if configuration.metrics.enabled {
            metrics = MetricsPlanning(carried, limit: configuration.metrics.maxLabelSets, workers: workerCount)
        }
        let prefetch = CertificatePrefetch(for: self, fewest: prefetchFrom)
        let siteInputs = SitePlanInputs(configuration, workers: workerCount)
        plannedSites = PlannedSites(previous, in: siteInputs)
        shared = sharedPools()
        var sites: [SitePlan] = []
        for index in configuration.sites.indices {
            if index == prefetch?.start { prefetch?.give(to: &self) }
            sites.append(site(index))
        }
        let listeners = listeners(sites) + tcpListeners()
        checkOperatorAddresses(beside: listeners)
        checkChallenges()
        report.judgeFaults(after: previous?.faults)
        let ticketKeys = ticketKeyFile()
        guard !report.hasErrors else { return nil }
        return Plan(
            self, listeners: listeners, ticketKeyFile: ticketKeys, metrics: metrics?.plan(), siteInputs: siteInputs,
            workerCount: workerCount)
    }

    // MARK: Sites

    private mutating func site(_ index: Int) -> SitePlan {
        let site = configuration.sites[index]
        // It is looked at in any case: its files may be others.
        let certificate = site.ssl == nil ? nil : certificate(index)
        if let plan = takePlanned(index, certificate: certificate) { return plan }
        let before = progress
        metrics?.beginSite()
        let plan = make(site, "sites[\(index)]", certificate)
        note(plan, index, since: before)
        return plan
    }

    private mutating func make(_ site: Site, _ keyPath: String, _ certificate: TLSServerContext?) -> SitePlan {
        let headers = headers(of: site, at: keyPath)
        let files = make(.files, of: site) { $0.files(site, keyPath) }
        let routes = routes(of: site, keyPath, headers, files ?? nil)
        let tries = tries(site.tryFiles, keyPath)
        return SitePlan(
            name: site.name, configuration: configurationHash, keyPath: keyPath, takesHTTP2WebSockets: site.h2WebSocket,
            redirectPort: site.redirectToHTTPS && site.ssl == nil ? site.httpsPort : nil,
            routes: routes, files: site.apiOnly ? nil : (files ?? nil).map { FilesPlan($0, tries: tries) },
            errorPages: site.errorPages.isEmpty ? nil : files ?? nil,
            headers: headers.plan, protection: protection(of: site, keyPath, headers),
            crossOrigin: site.accessControl.map { CrossOriginPlan($0) },
            compression: CompressionPlan(site.compression),
            trustedProxies: (site.proxy?.headers.trustedProxies ?? configuration.security.trustedProxies)
                .compactMap { CIDR($0) },
            healthPath: site.healthPath, isDraining: site.drain, isDegraded: files == nil || routes.contains(where: \.isDegraded),
            lacksFiles: files == nil, certificate: certificate, log: SiteLogPlan(site, besides: configuration.logging),
            series: metrics?.route(site: site.name, "", upstream: ""))
    }

    /// A TLS site's certificate; one that is still to come, if it cannot be used.
    private mutating func certificate(_ index: Int) -> TLSServerContext? {
        let context = make(.certificate, of: configuration.sites[index]) { $0.serverContext(index) } ?? missingContext(index)
        siteContexts[index] = context
        return context
    }

    /// Who protects the records of TLS 1.3.
    var records: TLSRecords { configuration.tls.records == .own ? .own : .openSSL }

    mutating func problem(
        _ severity: Problem.Severity = .error, at keyPath: String, _ message: String, hint: String? = nil
    ) {
        report.problem(severity, at: keyPath, message, hint: hint)
    }

    /// Makes a part of a site.
    /// - Returns: nil if it has an error which degrades the site; else what was made, whose errors keep the plan from being made.
    mutating func make<Value>(_ part: SiteFault.Part, of site: Site, _ make: (inout PlanBuilder) -> Value) -> Value? {
        let before = problems.count
        let value = make(&self)
        return report.degrades(part, of: site, since: before) ? nil : value
    }
}
