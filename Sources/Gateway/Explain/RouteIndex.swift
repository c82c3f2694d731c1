import Configuration

/// Where a site's routes are in the configuration.
struct RouteIndex {
    let site: Site
    private let plan: SitePlan
    private let configuration: Configuration

    init(_ configuration: Configuration, _ plan: SitePlan) {
        self.configuration = configuration
        self.plan = plan
        // The plan's own words for its place: "sites[2]".
        site = configuration.sites[Int(plan.keyPath.dropFirst(6).dropLast()) ?? 0]
    }

    /// A route as it is written, and where; nil for what no route of the file is.
    func written(_ route: RoutePlan) -> (route: Route, path: String)? {
        guard let place = plan.routes.firstIndex(where: { $0 === route }) else { return nil }
        let proxied = site.proxy?.routes ?? []
        if place < proxied.count, route.text == proxied[place].path {
            return (proxied[place], "\(plan.keyPath).proxy.routes[\(place)]")
        }
        let other = place - proxied.count
        if site.routes.indices.contains(other) { return (site.routes[other], "\(plan.keyPath).routes[\(other)]") }
        return site.action.map { (Route(path: "/", action: $0), plan.keyPath) }
    }

    func explained(_ step: RouteTable.Step, order: Int) -> Explanation.Route {
        let written = written(step.route)
        let path = written?.path ?? "\(plan.keyPath).redirect_hostnames"
        return Explanation.Route(
            order: order, kind: (written?.route.kind ?? .path).rawValue, path: step.route.text, key: path,
            at: configuration.location(of: "\(path).path")?.description, isTaken: step.isTaken, why: step.why)
    }
}
