/// What a site tells of the gateway itself where `internal_api` is on, at paths of BWS's.
package enum InternalAPI: String, Sendable, CaseIterable {
    case health = "/api/health"
    case ready = "/api/health/ready"
    case live = "/api/health/live"
    case configuration = "/api/config"

    /// Whole paths, asked with GET and HEAD alone: everything else goes where it would go without them.
    static var routes: [Route] {
        allCases.map { kind in
            var route = Route(path: kind.rawValue, action: .internalAPI(kind))
            route.kind = .exact
            route.match.methods = ["GET", "HEAD"]
            return route
        }
    }
}

extension Site {
    /// Reads `internal_api`; the routes that it stands for come behind those that are written, whose places stay.
    mutating func readInternalAPI(_ table: TableReader) {
        // As BWS has it, whatever the configuration says.
        internalAPI = table.reading.isForBWS
        table.read("internal_api", into: &internalAPI)
        guard internalAPI else { return }
        for route in (proxy?.routes ?? []) + routes where route.kind == .exact && InternalAPI(rawValue: route.path) != nil {
            table.error(
                at: "internal_api", "\(route.path) has a route of its own: two cannot answer there", hint: "take one of them out")
        }
        routes += InternalAPI.routes
    }
}
