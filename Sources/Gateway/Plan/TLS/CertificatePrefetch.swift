import Configuration
import EventLoop

/// The certificates of a first plan's later sites, which another thread reads and judges while the first sites are made: a start
/// has the cores to itself. The builder takes them over as it would from a plan before, and reads itself what it cannot take.
///
/// The sites themselves are not made ahead: two threads that make them spend a third more of processor time, and end no sooner.
struct CertificatePrefetch {
    /// The index of the first of the later sites: about as long as all others' certificates takes what comes before it.
    let start: Int
    private let loaded: ThreadResult<[LoadedCertificate]>

    /// The fewest sites with which there is something to be gained.
    static let minSites = 200

    /// - Parameter fewest: sites of the plan.
    /// - Returns: nil where nothing is read ahead.
    init?(for builder: PlanBuilder, fewest: Int) {
        let (configuration, carried, policy, now) = (builder.configuration, builder.carried, builder.report.policy, builder.now)
        guard builder.previous == nil, configuration.sites.count >= fewest, Processors.count > 1 else { return nil }
        let start = configuration.sites.count / 5
        let loaded = try? ThreadResult(name: "start") {
            var builder = PlanBuilder(configuration, carried: carried, policy: policy, now: now)
            for index in configuration.sites.indices[start...] where configuration.sites[index].ssl?.autoCert == false {
                _ = builder.serverContext(index)
            }
            return builder.certificates.compactMap(\.loaded)
        }
        guard let loaded else { return nil }
        (self.start, self.loaded) = (start, loaded)
    }

    /// Makes the builder take them over, when the turn of the first of these sites has come.
    func give(to builder: inout PlanBuilder) {
        builder.knownCertificates.add(loaded.get())
    }
}
