import FoundationEssentials
import Gateway
import Logging
import Messages

/// The upstream servers.
struct AdminServers: Codable, Sendable {
    struct Server: Codable, Sendable {
        var site: String
        var upstream: String
        var url: String
        var weight: Int
        var isBackup: Bool
        /// What keeps it from its requests.
        var states: [String]
        /// What an operator has ordered: `none`, `enabled`, `draining`, `disabled`.
        var order: String
        /// Exchanges and WebSockets under way.
        var underWay: Int
        /// That it has been sent.
        var requests: Int
        var lastFault: String?

        init(_ report: ServerReport) {
            (site, upstream, url, weight) = (report.site, report.upstream, report.url, report.weight)
            (isBackup, states, order) = (report.isBackup, report.states, report.order)
            (underWay, requests, lastFault) = (report.underWay, report.requests, report.lastFault)
        }
    }

    /// An order about one of them.
    struct Order: Codable, Sendable {
        /// `enable`, `drain`, `disable`, or `reset`: as the configuration says.
        var action: String
        var url: String
        var site: String?
        var upstream: String?
    }

    var servers: [Server]
}

extension AdminResources {
    func servers() -> ServiceAnswer { .json(AdminServers(servers: gateway.servers.map { AdminServers.Server($0) })) }

    func order(_ body: [UInt8]) -> ServiceAnswer {
        guard let wanted = try? JSONDecoder().decode(AdminServers.Order.self, from: Data(body)) else {
            return .problem(400, "The body is to be JSON with \"action\" and \"url\", and perhaps \"site\" and \"upstream\".")
        }
        guard let action = ServerAction(rawValue: wanted.action) else {
            return .problem(400, "The action is to be enable, drain, disable or reset.")
        }
        let ordered = gateway.order(action, url: wanted.url, site: wanted.site, upstream: wanted.upstream)
        guard !ordered.isEmpty else { return .problem(404, "There is no such server.") }
        for server in ordered {
            log.notice(
                "a server is ordered about",
                metadata: [
                    "order": "\(action.rawValue)", "site": "\(server.site)", "upstream": "\(server.upstream)",
                    "url": "\(server.url)",
                    "under_way": "\(server.underWay)",
                ])
        }
        return .json(AdminServers(servers: ordered.map { AdminServers.Server($0) }))
    }
}
