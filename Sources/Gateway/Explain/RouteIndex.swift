import Configuration

/// Where a site's routes are in the configuration.
struct RouteIndex {
    let site: Site
    /// The key that has the name by which the site is asked for.
    let nameKey: String
    private let plan: SitePlan
    private let configuration: Configuration
    /// Is it the one route that clients of `redirect_hostnames` have, which no route of the file is?
    private let redirectsNames: Bool

    /// - Parameters:
    ///   - plan: the site's; of `redirect_hostnames` it is one of their own.
    ///   - host: that is asked for.
    init(_ configuration: Configuration, _ plan: SitePlan, host: String) {
        self.configuration = configuration
        self.plan = plan
        // The plan's own words for its place: "sites[2]".
        site = configuration.sites[Int(plan.keyPath.dropFirst(6).dropLast()) ?? 0]
        redirectsNames = !site.hostnames.contains(host) && Self.has(host, site.redirectHostnames)
        let isFurther = Self.has(host, Array(site.hostnames.dropFirst())) && site.hostnames.first != host
        nameKey = "\(plan.keyPath)." + (redirectsNames ? "redirect_hostnames" : isFurther ? "hostnames" : "hostname")
    }

    private static func has(_ host: String, _ names: [String]) -> Bool {
        let end = host.firstIndex(of: ".").map { host[$0...] }
        return names.contains { $0 == host || $0.hasPrefix("*.") && $0.dropFirst() == end }
    }

    /// A route as it is written, and where; nil for what no route of the file is.
    func written(_ route: RoutePlan) -> (route: Route, path: String)? {
        guard !redirectsNames, let index = plan.routes.firstIndex(where: { $0 === route }) else { return nil }
        let proxied = site.proxy?.routes ?? []
        if index < proxied.count, route.text == proxied[index].path {
            return (proxied[index], "\(plan.keyPath).proxy.routes[\(index)]")
        }
        let other = index - proxied.count
        if site.routes.indices.contains(other) { return (site.routes[other], "\(plan.keyPath).routes[\(other)]") }
        return site.action.map { (Route(path: "/", action: $0), plan.keyPath) }
    }

    func explained(_ step: RouteTable.Step, order: Int) -> Explanation.Route {
        let written = written(step.route)
        let kind = (written?.route.kind ?? .path).rawValue
        // What no route of the file is stands for a key of the site's.
        var key = written?.path ?? "\(plan.keyPath).redirect_hostnames"
        if case .internalAPI = step.route.action { key = "\(plan.keyPath).internal_api" }
        let isOfFile = key == written?.path
        return Explanation.Route(
            order: order, kind: kind, path: step.route.text, key: key,
            at: configuration.location(of: isOfFile ? "\(key).\(kind)" : key)?.description, isTaken: step.isTaken,
            why: step.why)
    }
}
