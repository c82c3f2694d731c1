import Configuration
import EventLoop

/// The later sites of a first plan, which another thread makes while the first ones are made: a start has the cores to itself.
/// Their builder takes over what has come of it as it would from a plan before, and makes itself what it cannot take.
struct SitesAhead {
    /// What may be taken over.
    private struct Made: Sendable {
        var sites: [MadeSite]
        var certificates: [LoadedCertificate]
    }

    /// The place of the first of them.
    let start: Int
    private let made: ThreadResult<Made>

    /// With fewer there is nothing to be gained.
    static let fewest = 200

    /// - Parameters:
    ///   - workers: that the plan is for.
    ///   - fewest: sites of the plan.
    /// - Returns: nil where nothing is made ahead.
    init?(for builder: PlanBuilder, workers: Int, fewest: Int) {
        let (configuration, carried, policy, now) = (builder.configuration, builder.carried, builder.policy, builder.now)
        guard builder.previous == nil, configuration.sites.count >= fewest, configuration.sharedPools.isEmpty,
            builder.fleetSeeds == nil, PlanBuilder.coreCount > 1
        else { return nil }
        start = configuration.sites.count / 2
        let before = configuration.sites[..<start].reduce(0) { $0 + Set(($1.proxy?.upstreams ?? []).map(\.name)).count }
        let (hash, start) = (builder.configurationHash, start)
        let made = try? ThreadResult(name: "start") {
            var builder = PlanBuilder(configuration, carried: carried, policy: policy, now: now)
            builder.configurationHash = hash
            builder.poolsBefore = before
            return Self.make(from: start, by: &builder, workers: workers)
        }
        guard let made else { return nil }
        self.made = made
    }

    private static func make(from start: Int, by builder: inout PlanBuilder, workers: Int) -> Made {
        builder.beginMetrics(workers: workers)
        for index in builder.configuration.sites.indices[start...] where isSimple(builder.configuration.sites[index]) {
            _ = builder.site(index)
        }
        return Made(sites: builder.made, certificates: builder.certificates.compactMap(\.loaded))
    }

    /// Does making it open nothing but its certificate's files, and ask nothing of anybody?
    private static func isSimple(_ site: Site) -> Bool {
        site.staticDir == nil && site.cacheUpstream == nil && !site.internalAPI && site.ssl?.autoCert != true
    }

    /// Has the builder take it over, when the turn of the first of these sites has come.
    func give(to builder: inout PlanBuilder) {
        let made = made.get()
        for site in made.sites { builder.knownSites[ObjectIdentifier(site.read)] = site }
        // They are taken from the end.
        for loaded in made.certificates.reversed() { builder.knownCertificates[loaded.source, default: []].append(loaded) }
    }
}
