import Configuration

/// The part of the plan that sees to it that upstreams are told once who somebody is.
extension PlanBuilder {
    /// Reports fields that tell who somebody is, and are written by rules besides: an upstream would see both, and might take the
    /// rule's.
    /// - Parameter keyPath: of the route.
    mutating func checkIdentity(of site: Site, _ sitePath: String, _ route: Route, at keyPath: String) {
        guard case .proxy = route.action else { return }
        let own = Self.names(route.requestHeaders)
        let kept = Self.names(site.requestHeaders).filter { !route.requestHeaders.remove.contains($0) }
        let added = (site.proxy?.headers.add ?? []).map { $0.name.lowercased() }.filter {
            !route.requestHeaders.remove.contains($0) && !site.requestHeaders.remove.contains($0)
        }
        guard !own.isEmpty || !kept.isEmpty || !added.isEmpty else { return }
        for (name, key, isOwn) in Self.told(of: site, route) {
            var rules: String?
            if added.contains(name) { rules = "\(sitePath).proxy.headers.add" }
            if kept.contains(name) { rules = "\(sitePath).request_headers" }
            if own.contains(name) { rules = "\(keyPath).request_headers" }
            let path = "\(isOwn ? keyPath : sitePath).\(key)"
            guard let rules, report.isNew("\(path) \(name) \(rules)") else { continue }
            problem(
                at: path, "\(name) is written by \(rules) too: the upstream would see both",
                hint: "keep one of them; where nobody is asked, the route's own request_headers may write it")
        }
    }

    /// The fields that tell who somebody is on a route, and the keys that name them, of the route or of its site.
    private static func told(of site: Site, _ route: Route) -> [(name: String, key: String, isOwn: Bool)] {
        var told: [(name: String, key: String, isOwn: Bool)] = []
        let access = route.access.over(site.access)
        if access.requireAuth == true, let name = access.authUserHeader {
            told.append((name.lowercased(), "access.auth_user_header", route.access.authUserHeader != nil))
        }
        if !route.liftsTokens, let name = (route.tokens ?? site.tokens)?.userHeader {
            told.append((name.lowercased(), "jwt.user_header", route.tokens != nil))
        }
        if !route.liftsForwardAuth, let asked = route.forwardAuth ?? site.forwardAuth {
            for name in asked.copyHeaders {
                told.append((name.lowercased(), "forward_auth.copy_headers", route.forwardAuth != nil))
            }
        }
        return told
    }

    /// The fields that rules write.
    private static func names(_ rules: HeaderRules) -> [String] {
        (rules.set + rules.add + rules.defaults).map { $0.name.lowercased() }
    }
}
