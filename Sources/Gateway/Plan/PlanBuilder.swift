import ACME
package import Configuration
import EventLoop
import Glibc
import HTTP
package import Protection
import StaticFiles
import TLS
import Transport
import Upstreams

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
    var caches: [CachePlan] = []
    var cacheKeys: [SiteIdentity: RouteKeys] = [:]
    var certificates: [SiteCertificate] = []
    var wanted = WantedCertificates()
    /// Has it been told that the state directory does not stay?
    var hasToldVolatile = false
    /// One for each site that has certificates got on demand.
    var demands: [CertificateDemand] = []
    var knownCertificates: KnownCertificates
    /// Those of the plan before that this one may take over.
    var knownSites: [ObjectIdentifier: PlannedSite] = [:]
    /// Those that the next plan may take over.
    var plannedSites: [PlannedSite] = []
    let limits: PlanLimits
    let carried: CarriedState
    var ownSites: OwnSites
    private(set) var files: [SiteIdentity: StaticSite] = [:]
    /// The TLS contexts of sites, by the sites' indices.
    private var siteContexts: [Int: TLSServerContext] = [:]
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
        knownSites = Self.knownSites(previous, in: siteInputs)
        shared = sharedPools()
        var sites: [SitePlan] = []
        for index in configuration.sites.indices {
            if index == prefetch?.start { prefetch?.give(to: &self) }
            sites.append(site(index))
        }
        let listeners = listeners(sites) + tcpListeners()
        checkChallenges(listeners)
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

    private mutating func files(_ site: Site, _ keyPath: String) -> StaticSite? {
        guard let directory = site.staticDir else { return nil }
        var settings = StaticSettings()
        settings.indexFiles = site.indexFiles
        settings.compressionEnabled = site.compression.enabled
        settings.compressionTypes = site.compression.types
        settings.codings = site.compression.contentCodings
        settings.levels = site.compression.levels
        settings.charset = site.charset.isEmpty ? nil : site.charset
        settings.mediaTypes = site.mediaTypes
        settings.precompressed = site.compression.precompressed
        settings.minSize = UInt64(site.compression.minSize)
        settings.etagEnabled = site.cache.enabled && site.cache.etagEnabled
        settings.lastModifiedEnabled = site.cache.enabled && site.cache.lastModifiedEnabled
        settings.maxAgeStatic = site.cache.enabled ? site.cache.maxAgeStatic : nil
        settings.maxAgePages = site.cache.enabled ? site.cache.maxAgeDynamic : nil
        settings.cacheControl = site.cache.enabled ? site.cache.cacheControl : nil
        settings.errorPages = site.errorPages
        settings.listsDirectories = site.enableDirectoryListing
        do throws(StaticError) {
            let opened = try StaticSite(path: directory, settings: settings)
            checkErrorPages(of: opened, site, keyPath)
            // What workers remember is of the object that found it.
            let known = previous?.files[site.identity].flatMap { $0.isSame(as: opened) ? $0 : nil }
            files[site.identity] = known ?? opened
            return known ?? opened
        } catch {
            problem(
                at: "\(keyPath).static_dir", error.reason,
                hint: FileAccess.problem(reading: directory)?.code == ENOENT
                    ? "make the directory, or correct its name; relative names begin at the working directory" : nil)
            return nil
        }
    }

    var fileCache: StaticCache.Settings {
        let cache = configuration.fileCache
        let second: UInt64 = 1_000_000_000
        return StaticCache.Settings(
            size: cache.size, entries: cache.entries, valid: Int64((cache.valid.nanoseconds + second - 1) / second))
    }

    // MARK: Listeners

    private mutating func listeners(_ sites: [SitePlan]) -> [ListenerPlan] {
        var order: [String] = []
        var members: [String: [Int]] = [:]
        for (index, site) in configuration.sites.enumerated() {
            let key = "\(site.listen) \(site.port)"
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(index)
        }
        return order.compactMap { listener(members[$0] ?? [], sites) }
    }

    private mutating func listener(_ members: [Int], _ sites: [SitePlan]) -> ListenerPlan? {
        guard let first = members.first else { return nil }
        let site = configuration.sites[first]
        guard let address = SocketAddress(literal: site.listen, port: UInt16(clamping: site.port)) else {
            problem(at: "sites[\(first)].listen", "\"\(site.listen)\" is not an IP address")
            return nil
        }
        let fallback = members.first { configuration.sites[$0].isDefault } ?? first
        var exact: [String: SitePlan] = [:]
        var wildcards: [String: SitePlan] = [:]
        func enter(_ name: String, _ plan: SitePlan) {
            if name.hasPrefix("*.") { wildcards[String(name.dropFirst())] = plan } else { exact[name] = plan }
        }
        for index in members {
            for name in configuration.sites[index].hostnames { enter(name, sites[index]) }
            guard let redirecting = redirecting(configuration.sites[index], "sites[\(index)]", to: sites[index]) else { continue }
            for name in configuration.sites[index].redirectHostnames { enter(name, redirecting) }
        }
        var names: TLSServerNames?
        if site.ssl != nil {
            names = serverNames(members, fallback, previous?.ticketKeys(at: address))
            guard names != nil else { return nil }
        }
        return ListenerPlan(
            address: address, keyPath: "sites[\(first)]", tls: names,
            takesPlainHTTP2: site.h2c && site.ssl == nil, proxyProtocol: site.proxyProtocol.map { ProxyProtocolPlan($0) },
            exact: exact, wildcards: wildcards, fallback: sites[fallback])
    }

    /// The certificates of one TLS listener.
    /// - Parameter tickets: of the listener as it was before.
    private mutating func serverNames(_ members: [Int], _ fallback: Int, _ tickets: TicketKeys?) -> TLSServerNames? {
        var contexts: [String: TLSServerContext] = [:]
        var chosen: TLSServerContext?
        for index in members {
            guard let context = siteContexts[index] else { continue }
            if index == fallback { chosen = context }
            for name in configuration.sites[index].allHostnames { contexts[name] = context }
        }
        return chosen.map {
            TLSServerNames(
                contexts, fallback: $0, challenges: provesInHandshakes ? carried.challenges : nil,
                isStrict: configuration.sites[fallback].ssl?.strictSNI == true, tickets: tickets ?? TicketKeys())
        }
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
