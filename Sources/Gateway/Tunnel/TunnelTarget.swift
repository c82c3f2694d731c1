import HTTP

/// What a tunnel's client asked for, for who operates the gateway: of its head no more is kept while the tunnel is open.
package struct TunnelTarget: Hashable, Sendable {
    /// Normalised, without the query; of a long one the beginning.
    package let path: String
    /// The site's name; nil: it has none.
    package let site: String?
    /// The route as the configuration writes it.
    package let route: String?

    /// As much of a path is kept as the flight recorder keeps of one, in bytes.
    static let maxPathBytes = 1024

    init(of request: RequestHead, by names: RouteNames) {
        path = request.string(request.path.prefix(Self.maxPathBytes))
        (site, route) = (names.site, names.route)
    }
}
