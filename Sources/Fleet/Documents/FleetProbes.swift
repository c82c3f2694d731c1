/// What a member says of the upstream servers that it probes for all.
package struct FleetProbes: Codable, Sendable, Equatable {
    /// Stands for the set of servers that it shares out: others' words are of use to who has the same.
    package var digest: String
    /// The indices of those that are unhealthy, in ascending order.
    package var unhealthy: [Int]
    /// What was found of the first of them, in their order.
    package var findings: [String]

    /// Findings are told of so many, and so many characters of each.
    private static let maxFindings = 200
    private static let maxFindingCharacters = 120

    /// - Parameter unhealthy: what was found, by the servers' indices.
    package init(digest: String, unhealthy: [Int: String]) {
        let indices = unhealthy.keys.sorted()
        self.digest = digest
        self.unhealthy = indices
        findings = indices.prefix(Self.maxFindings).map { String((unhealthy[$0] ?? "").prefix(Self.maxFindingCharacters)) }
    }

    /// What was found, by the servers' indices.
    package var found: [Int: String] {
        let told = findings + Array(repeating: "", count: max(0, unhealthy.count - findings.count))
        return Dictionary(zip(unhealthy, told), uniquingKeysWith: { first, _ in first })
    }
}
