import Configuration

/// The routes of a configuration as `gatehouse check --routes` prints them: for each site in the order in which they are asked.
enum RouteListing {
    static func text(_ configuration: Configuration) -> String {
        configuration.sites.map { site in
            var rows = [["", "route", "if", "then"]]
            for (index, route) in site.routesInOrder.enumerated() {
                rows.append(["\(index + 1)", path(route), route.match.summary, action(route)])
            }
            rows.append(["\(rows.count)", "everything else", "", rest(of: site)])
            return "\(site.name), port \(site.port)\n\(Table.text(rows))"
        }.joined(separator: "\n\n")
    }

    private static func path(_ route: Route) -> String {
        route.kind == .path ? route.path : "\(route.kind.rawValue) \(route.path)"
    }

    private static func action(_ route: Route) -> String {
        switch route.action {
        case .proxy: route.upstream + rewriting(route) + (route.websocket ? ", WebSocket" : "")
        case .redirect, .respond, .files, .tlsInfo, .internalAPI: summary(route.action)
        }
    }

    private static func rewriting(_ route: Route) -> String {
        if let rewrite = route.rewrite { return ", as \(rewrite)" }
        if let target = route.rewriteTarget { return ", as \(target)" }
        return route.stripPrefix ? ", without the prefix" : ""
    }

    private static func summary(_ action: RouteAction) -> String {
        switch action {
        case .proxy: ""
        case .redirect(let redirect): "\(redirect.status.map(String.init) ?? "302") to \(redirect.target)"
        case .respond(let answer): "\(answer.status)"
        case .files(let paths): paths.isEmpty ? "files" : "files " + paths.joined(separator: ", ")
        case .tlsInfo: "what is known of the client's TLS connection"
        case .internalAPI: "how the gateway is"
        }
    }

    private static func rest(of site: Site) -> String {
        if let action = site.action { return summary(action) }
        if site.redirectToHTTPS, site.ssl == nil { return "to https, before all routes" }
        guard !site.apiOnly, let directory = site.staticDir else { return "404" }
        return summary(.files(site.tryFiles)) + " of \(directory)"
    }
}
