import Configuration

/// Sites' plans that pass from one plan to the next.
struct PlannedSites {
    /// Those of the plan before that this one may take over, by how they were read.
    private let known: [ObjectIdentifier: PlannedSite]
    /// Those that the next plan may take over.
    private(set) var all: [PlannedSite] = []

    /// - Parameters:
    ///   - previous: the plan before; nil: there is none.
    ///   - inputs: what else this plan's sites are made of; where the plan before had others, nothing can be taken over.
    init(_ previous: Plan? = nil, in inputs: SitePlanInputs? = nil) {
        guard let previous, previous.siteInputs == inputs else {
            known = [:]
            return
        }
        known = Dictionary(
            previous.plannedSites.map { (ObjectIdentifier($0.parsed), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The plan of a site that was read as this one was; nil if there is none.
    func known(_ parsed: ParsedSite) -> PlannedSite? { known[ObjectIdentifier(parsed)] }

    mutating func add(_ site: PlannedSite) { all.append(site) }
}
