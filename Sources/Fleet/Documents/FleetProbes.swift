/// What a member says of the upstream servers that it probes for all.
package struct FleetProbes: Codable, Sendable, Equatable {
    /// Stands for the set of servers that it shares out: others' words are of use to who has the same.
    package var digest: String
    /// The places of those that are unwell.
    package var unwell: [Int]
    /// What was found of the first of them, in their order.
    package var findings: [String]

    /// Findings are told of so many, and so many characters of each.
    private static let mostFindings = 200
    private static let longestFinding = 120

    /// - Parameter unwell: what was found, by the servers' places.
    package init(digest: String, unwell: [Int: String]) {
        let places = unwell.keys.sorted()
        self.digest = digest
        self.unwell = places
        findings = places.prefix(Self.mostFindings).map { String((unwell[$0] ?? "").prefix(Self.longestFinding)) }
    }

    /// What was found, by the servers' places.
    package var found: [Int: String] {
        let told = findings + Array(repeating: "", count: max(0, unwell.count - findings.count))
        return Dictionary(zip(unwell, told), uniquingKeysWith: { first, _ in first })
    }
}
