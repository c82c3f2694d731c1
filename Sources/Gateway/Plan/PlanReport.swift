import Configuration

/// What is said of a configuration while a plan is made of it, and which parts of sites cannot be served.
struct PlanReport {
    /// What cannot work (errors) or deserves a look (warnings), in the order of the sites.
    private(set) var problems: [Problem] = []
    /// What degrades sites; empty where every fault is an error.
    private(set) var faults: [SiteFault] = []
    let policy: FaultPolicy
    /// Knows where keys are written.
    private let configuration: Configuration
    /// What has been noted of certificates.
    private var noted: Set<String> = []

    init(_ configuration: Configuration, _ policy: FaultPolicy) {
        self.configuration = configuration
        self.policy = policy
    }

    mutating func problem(_ severity: Problem.Severity, at keyPath: String, _ message: String, hint: String?) {
        problems.append(configuration.problem(severity, at: keyPath, message, hint: hint))
    }

    /// - Returns: false if it has been noted before: what many sites share is noted once.
    mutating func isNew(_ note: String) -> Bool { noted.insert(note).inserted }

    /// Is there an error? Then there is no plan.
    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    // MARK: Faults

    /// A part of a site has been made: its errors degrade the site, if the policy lets them. Else they keep the plan from being
    /// made.
    /// - Parameter before: how many problems there were before it was made.
    /// - Returns: does it degrade the site?
    mutating func degrades(_ part: SiteFault.Part, of site: Site, since before: Int) -> Bool {
        let errors = problems[before...].filter { $0.severity == .error }
        guard policy == .degrade, !errors.isEmpty else { return false }
        problems = problems[..<before] + problems[before...].filter { $0.severity != .error }
        faults.append(SiteFault(scope: SiteFault.Scope(site: site.identity, part: part), name: site.name, problems: errors))
        return true
    }

    /// Can the site's routes to this pool not be served?
    func isDegraded(pool: String, of site: Site) -> Bool {
        !faults.isEmpty && faults.contains { $0.scope == SiteFault.Scope(site: site.identity, part: .pool(pool)) }
    }

    /// Decides which faults are errors after all: where the plan in use serves what this one could not, it goes on; and a gateway
    /// none of whose sites is whole is better not started.
    /// - Parameter known: the faults of the plan in use; nil: there is none.
    mutating func judgeFaults(after known: [SiteFault]?) {
        let scopes = known.map { Set($0.map(\.scope)) }
        let faulty = Set(faults.map(\.scope.site))
        let isHopeless = configuration.sites.allSatisfy { faulty.contains($0.identity) }
        for fault in faults where scopes.map({ !$0.contains(fault.scope) }) ?? isHopeless { problems += fault.problems }
    }
}
