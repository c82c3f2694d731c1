import Configuration
import Messages

/// The sites of the configuration in use.
struct AdminSites: Codable, Sendable {
    struct Site: Codable, Sendable {
        var name: String
        var hostnames: [String]
        var listen: String
        var port: Int
        var tls: Bool
        var isDefault: Bool
        /// Paths, as the configuration writes them.
        var routes: [String]
    }

    var sites: [Site]
}

extension AdminResources {
    func sites() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        return .json(
            AdminSites(
                sites: await reloader.configuration.sites.map { site in
                    AdminSites.Site(
                        name: site.name, hostnames: site.hostnames, listen: site.listen, port: site.port, tls: site.ssl != nil,
                        isDefault: site.isDefault, routes: ((site.proxy?.routes ?? []) + site.routes).map(\.path))
                }))
    }
}
