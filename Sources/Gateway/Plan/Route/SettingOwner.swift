/// Whose setting it is; the raw value begins its key.
enum SettingOwner: String {
    /// A route of `[[sites.proxy.routes]]`.
    case proxyRoute = "sites.proxy.routes"
    /// A route of `[[sites.routes]]`.
    case siteRoute = "sites.routes"
    /// The site, or what it answers with itself.
    case site = "sites"

    /// What is said of all routes as a key of `[[sites.proxy.routes]]`, as this owner writes it. Both tables have the same keys.
    func key(_ key: String) -> String {
        guard self == .siteRoute, key.hasPrefix(Self.proxyRoute.rawValue) else { return key }
        return rawValue + key.dropFirst(Self.proxyRoute.rawValue.count)
    }
}
