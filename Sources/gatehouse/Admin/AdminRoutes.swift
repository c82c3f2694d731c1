import Configuration
import Messages

/// The routes of the configuration in use, in the order in which it has them.
struct AdminRoutes: Codable, Sendable {
    struct Route: Codable, Sendable {
        var site: String
        /// `path`, `exact`, `glob` or `regex`.
        var kind: String
        var path: String
        /// The route's path and what must hold besides.
        var name: String
        /// `proxy`, `redirect`, `respond`, `files`, `tls_info` or `internal_api`.
        var action: String
        /// Nil if it goes to none.
        var upstream: String?
        var websocket: Bool
    }

    var routes: [Route]
}

extension AdminResources {
    func routes() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        let sites = await reloader.configuration.sites
        return .json(
            AdminRoutes(
                routes: sites.flatMap { site in
                    ((site.proxy?.routes ?? []) + site.routes).map { route in
                        AdminRoutes.Route(
                            site: site.name, kind: route.kind.rawValue, path: route.path, name: route.name,
                            action: route.action.word, upstream: route.upstream.isEmpty ? nil : route.upstream,
                            websocket: route.websocket)
                    }
                }))
    }
}

extension RouteAction {
    /// The word that configuration keys use for it.
    fileprivate var word: String {
        switch self {
        case .proxy: "proxy"
        case .redirect: "redirect"
        case .respond: "respond"
        case .files: "files"
        case .tlsInfo: "tls_info"
        case .internalAPI: "internal_api"
        }
    }
}
