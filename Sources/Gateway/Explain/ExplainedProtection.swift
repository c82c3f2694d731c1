import Configuration
import Protection

/// What a request must pass before anything is done for it.
struct ExplainedProtection {
    let configuration: Configuration
    /// The site's key path.
    let sitePath: String
    /// The route's key path; nil without one.
    let routePath: String?

    func settings(_ protection: ProtectionPlan?, authenticates: Bool) -> [Explanation.Setting] {
        guard let protection else { return [] }
        var settings: [Explanation.Setting] = []
        func add(_ key: String, _ value: String) { settings.append(setting(key, value)) }
        if let deny = protection.addresses.deny { add(deny.key, "these may not come") }
        if let deny = protection.addresses.denyFile { add(deny.key, "those in \(deny.file.path) may not come") }
        if let allow = protection.addresses.allow { add(allow.key, "none but these may come") }
        if let allow = protection.addresses.allowFile {
            add(allow.key, "\(protection.addresses.allow == nil ? "none but " : "and ")those in \(allow.file.path) may come")
        }
        if protection.requiresClientCertificate {
            add("sites.proxy.routes.client_auth", "only clients with a verified certificate may come")
        }
        for limit in protection.limits {
            let interval = ExplainedLimits.text(.milliseconds(Int64(limit.limit.interval / 1_000_000)))
            add(limit.key, "\(limit.limit.burst) of a client at once, and one more every \(interval)")
        }
        for limit in protection.concurrency {
            let most = limit.maxRequests == 0 ? "any number" : "\(limit.maxRequests)"
            let perClient = limit.maxPerClient == 0 ? "" : ", \(limit.maxPerClient) of a client"
            add(limit.key, "under way at once: \(most)\(perClient)")
        }
        guard authenticates else { return settings }
        if let password = protection.password { add("\(password.key).auth_file", "a password is asked for") }
        if let token = protection.token { add(token.key, "a token is asked for") }
        if let server = protection.forwardAuth { add(server.key, "another server is asked") }
        return settings
    }

    /// - Parameter key: as plans have it: without indices, and the same for routes of either table.
    private func setting(_ key: String, _ value: String) -> Explanation.Setting {
        let (ofSite, ofRoute) = ("sites.", "sites.proxy.routes.")
        var keys = [key]
        if key.hasPrefix(ofRoute) {
            // What a route does not write is its site's.
            keys = [routePath, sitePath].compactMap { $0.map { "\($0).\(key.dropFirst(ofRoute.count))" } }
        } else if key.hasPrefix(ofSite) {
            keys = ["\(sitePath).\(key.dropFirst(ofSite.count))"]
        }
        let written = keys.first { configuration.isWritten($0) } ?? keys[0]
        return configuration.setting(written, value)
    }
}
