import Protection

/// What a request must pass before anything is done for it.
enum ExplainedProtection {
    static func settings(_ protection: ProtectionPlan?, authenticates: Bool) -> [Explanation.Setting] {
        guard let protection else { return [] }
        var settings: [Explanation.Setting] = []
        func add(_ key: String, _ value: String) { settings.append(Explanation.Setting(key: key, value: value)) }
        if let deny = protection.addresses.deny { add(deny.key, "these may not come") }
        if let allow = protection.addresses.allow { add(allow.key, "none but these may come") }
        for limit in protection.limits {
            let interval = ExplainedLimits.text(.milliseconds(Int64(limit.limit.interval / 1_000_000)))
            add(limit.key, "\(limit.limit.burst) of a client at once, and one more every \(interval)")
        }
        for limit in protection.concurrency {
            let most = limit.most == 0 ? "any number" : "\(limit.most)"
            let perClient = limit.mostPerClient == 0 ? "" : ", \(limit.mostPerClient) of a client"
            add(limit.key, "under way at once: \(most)\(perClient)")
        }
        guard authenticates else { return settings }
        if protection.password != nil { add("access.auth_file", "a password is asked for") }
        if protection.token != nil { add("jwt", "a token is asked for") }
        if protection.forwardAuth != nil { add("forward_auth", "another server is asked") }
        return settings
    }
}
