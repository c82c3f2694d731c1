import Configuration
import Fleet
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
        /// The weight in force; `configuredWeight` is the configuration's.
        var weight: Int
        var configuredWeight: Int
        var isBackup: Bool
        /// What keeps it from its requests.
        var states: [String]
        /// What an operator has ordered: `none`, `enabled`, `draining`, `disabled`.
        var order: String
        /// Exchanges and WebSockets under way.
        var underWay: Int
        /// How many requests the server has been sent.
        var requests: Int
        var lastFault: String?

        init(_ report: ServerReport) {
            (site, upstream, url) = (report.site, report.upstream, report.url)
            (weight, configuredWeight) = (report.weight, report.configuredWeight)
            (isBackup, states, order) = (report.isBackup, report.states, report.order)
            (underWay, requests, lastFault) = (report.underWay, report.requests, report.lastFault)
        }
    }

    /// An order about one of them.
    struct Order: Codable, AdminOrder, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable { case action, weight, url, site, upstream, fleet }

        /// `enable`, `drain`, `disable`, `weight`, or `reset`: as the configuration says.
        var action: String
        /// The weight that the action `weight` sets.
        var weight: Int?
        /// Nil: all servers of the site.
        var url: String?
        var site: String?
        var upstream: String?
        /// Is it for all members of the fleet, and until another one comes?
        var fleet: Bool?
    }

    /// How many match the question, where the list is one page of them.
    var matching: Int?
    var servers: [Server]
}

extension AdminResources {
    /// The servers, in the order of the configuration unless another is asked for.
    func servers(_ query: AdminQuery) -> ServiceAnswer {
        let states = ["up", "down", "draining", "disabled", "probe_failing", "ejected", "circuit_open", "unresolved"]
        if let state = query.state, !states.contains(state) {
            return .problem(400, "\"state\" is to be one of \(states.joined(separator: ", ")).")
        }
        var found = gateway.servers.filter { server in
            (query.state == nil || server.stateNames.contains(query.state ?? ""))
                && query.finds([server.site, server.upstream, server.url])
        }
        switch query.sort {
        case nil: break
        case "site": found.sort { ($0.site, $0.upstream, $0.url) < ($1.site, $1.upstream, $1.url) }
        case "upstream": found.sort { ($0.upstream, $0.url) < ($1.upstream, $1.url) }
        case "url": found.sort { $0.url < $1.url }
        case "state": found.sort { ($1.states.count, $0.url) < ($0.states.count, $1.url) }
        case "under_way": found.sort { ($1.underWay, $0.url) < ($0.underWay, $1.url) }
        case "requests": found.sort { ($1.requests, $0.url) < ($0.requests, $1.url) }
        default: return .problem(400, "\"sort\" is to be site, upstream, url, state, under_way or requests.")
        }
        return .json(
            AdminServers(
                matching: query.isPage ? found.count : nil, servers: query.page(of: found).map { AdminServers.Server($0) }))
    }

    func order(_ body: [UInt8]) async -> ServiceAnswer {
        guard let wanted = AdminServers.Order(body) else {
            let optional = "\"site\", \"upstream\", \"weight\" and \"fleet\""
            return .problem(400, "The body is to be JSON with \"action\" and \"url\", and perhaps \(optional).")
        }
        guard wanted.url != nil || wanted.site != nil else {
            return .problem(400, "The body is to have a \"url\", or a \"site\" whose servers are all meant.")
        }
        guard let action = ServerAction(wanted.action, weight: wanted.weight) else {
            return .problem(
                400, "The action is to be enable, drain, disable, reset, or weight with a \"weight\" of 0 to 65535.")
        }
        let ordered = gateway.order(action, url: wanted.url, site: wanted.site, upstream: wanted.upstream)
        guard !ordered.isEmpty else { return .problem(404, reasonForNone(wanted)) }
        if wanted.fleet == true {
            let order = FleetOrder(
                action: wanted.action, weight: wanted.weight, url: wanted.url, site: wanted.site, upstream: wanted.upstream)
            do throws(FleetMember.NotPublished) { try await fleet.publish(order) } catch { return Self.notPublished(error) }
        }
        for server in ordered {
            log.notice(
                "a server is ordered about",
                metadata: [
                    "order": "\(wanted.action)", "weight": "\(server.weight)", "site": "\(server.site)",
                    "upstream": "\(server.upstream)",
                    "url": "\(server.url)",
                    "under_way": "\(server.underWay)",
                ])
        }
        return .json(AdminServers(servers: ordered.map { AdminServers.Server($0) }))
    }

    /// Why an order is for no server.
    private func reasonForNone(_ wanted: AdminServers.Order) -> String {
        let servers = gateway.servers
        if let site = wanted.site, !servers.contains(where: { $0.site == site }) {
            return "No site with upstream servers is called \"\(site)\"."
        }
        guard let url = wanted.url else { return "There is no such server." }
        if servers.contains(where: { $0.url == url }) { return "The server \(url) is one of another site or upstream." }
        let near = DidYouMean.nearest(to: url, among: Set(servers.map(\.url)).sorted())
        return "There is no server \(url)" + (near.map { "; did you mean \($0)?" } ?? ". URLs are as the configuration has them.")
    }
}

extension AdminResources {
    /// The answer where an order was carried out here, and could not be told to the other members.
    static func notPublished(_ error: FleetMember.NotPublished) -> ServiceAnswer {
        .problem(503, "It is done here alone: \(error)")
    }
}

extension ServerReport {
    /// What it may be looked for by.
    fileprivate var stateNames: [String] { states.isEmpty ? ["up"] : states + ["down"] }
}
