/// The sites of a listener by the names that clients ask for.
struct SiteNames {
    private(set) var exact: [String: SitePlan] = [:]
    /// By what follows their asterisk: ".example.com".
    private(set) var wildcards: [String: SitePlan] = [:]

    /// - Parameter name: lower case; a wildcard begins with an asterisk.
    mutating func enter(_ name: String, _ plan: SitePlan) {
        if name.hasPrefix("*.") { wildcards[String(name.dropFirst())] = plan } else { exact[name] = plan }
    }
}
