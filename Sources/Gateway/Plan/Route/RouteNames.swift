import HTTP

/// What the flight recorder and logs call the exchanges of one route, or of a site's that no route takes. Whoever keeps it keeps
/// nothing else of the plan.
final class RouteNames: Sendable {
    /// The site's name; nil: no site.
    let site: String?
    /// The route as the configuration writes it; nil: no route.
    let route: String?
    /// The name of the pool that the route asks; nil: none.
    let pool: String?
    /// Which configuration they go by: see `Plan.configurationHash`.
    let configuration: String
    /// `site` as JSON writes it, in its quotes.
    let siteText: [UInt8]
    let routeText: [UInt8]

    init(site: String?, route: String? = nil, pool: String? = nil, configuration: String) {
        (self.site, self.route, self.pool, self.configuration) = (site, route, pool, configuration)
        siteText = Self.quoted(site)
        routeText = Self.quoted(route)
    }

    private static func quoted(_ word: String?) -> [UInt8] {
        guard let word else { return [] }
        var text: [UInt8] = []
        text.append(guessing: word.utf8.count + 2) { out in
            out.write(UInt8(ascii: "\""))
            out.write(jsonText: word)
            out.write(UInt8(ascii: "\""))
        }
        return text
    }
}
