import FoundationEssentials
import Gateway
import Logging
import Messages
import Transport

/// Clients' connections.
struct AdminConnections: Codable, Sendable {
    /// More are not listed: the list is for people, and `total` says how many there are.
    static let maxListed = 1000

    struct Connection: Codable, Sendable {
        /// What was asked for by a request that has opened WebSockets.
        struct Target: Codable, Sendable {
            /// Without the query; its first 1024 bytes.
            var path: String
            var site: String?
            /// The route as the configuration writes it.
            var route: String?
        }

        var id: String
        /// Address and port.
        var client: String
        var listener: String
        var milliseconds: Int
        /// `beginning`, `idle`, `request`, `tunnel`, `tcp`, `closing`.
        var activity: String
        /// The version; nil on a plain connection.
        var tls: String?
        var serverName: String?
        /// Method and path of what is under way, without the query.
        var requests: [String]
        var tunnels: Int
        var tunnelBytesIn: UInt64
        var tunnelBytesOut: UInt64
        /// URLs of the upstream servers to which its WebSockets lead; nil without any.
        var tunnelServers: [String]?
        /// What they were opened at, each once; nil without any.
        var tunnelTargets: [Target]?

        init(_ report: ConnectionReport) {
            (id, client, listener) = (report.identifier, report.client.description, report.listener.description)
            (milliseconds, activity, tls) = (report.milliseconds, report.activity.rawValue, report.tls)
            (serverName, requests, tunnels) = (report.serverName, report.requests, report.tunnels)
            (tunnelBytesIn, tunnelBytesOut) = (report.tunnelBytesIn, report.tunnelBytesOut)
            tunnelServers = report.tunnelServers.isEmpty ? nil : report.tunnelServers
            let targets = report.tunnelTargets.map { Target(path: $0.path, site: $0.site, route: $0.route) }
            tunnelTargets = targets.isEmpty ? nil : targets
        }
    }

    /// What is to be closed.
    struct Close: Codable, AdminOrder, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, code, reason
            case atOnce = "at_once"
        }

        var id: String
        /// The status code of the Close frame that its WebSockets get.
        var code: Int?
        var reason: String?
        /// Whether to end it without waiting for what is under way.
        var atOnce: Bool?

        var hasReason: Bool { code != nil || reason != nil }
    }

    /// What connections do, in the words of `ConnectionReport.Activity`.
    static let states = ["beginning", "idle", "request", "tunnel", "tcp", "closing"]

    /// How many open connections a question looks through at most.
    static let maxLookedAt = 100_000

    /// How many connections are open.
    var total: Int
    /// How many match the question, where the list is one page of them.
    var matching: Int?
    /// The oldest first.
    var connections: [Connection]
}

extension AdminResources {
    /// The oldest first.
    func connections(_ query: AdminQuery) async -> ServiceAnswer {
        if query.isPage { return await connectionPage(query) }
        let listed = await gateway.connections(limit: AdminConnections.maxListed).sorted { $0.milliseconds > $1.milliseconds }
        return .json(
            AdminConnections(
                total: max(listed.count, await gateway.connectionCount),
                connections: listed.map { AdminConnections.Connection($0) }))
    }

    private func connectionPage(_ query: AdminQuery) async -> ServiceAnswer {
        if let state = query.state, !AdminConnections.states.contains(state) {
            return .problem(400, "\"state\" is to be \(AdminConnections.states.joined(separator: ", ")).")
        }
        var found = await gateway.connections(limit: AdminConnections.maxLookedAt).filter { connection in
            (query.state == nil || connection.activity.rawValue == query.state)
                && query.finds(connection.texts)
        }
        func carried(_ report: ConnectionReport) -> UInt64 { report.tunnelBytesIn &+ report.tunnelBytesOut }
        switch query.sort {
        case nil, "age": found.sort { ($1.milliseconds, $0.identifier) < ($0.milliseconds, $1.identifier) }
        case "client": found.sort { $0.client.description < $1.client.description }
        case "bytes": found.sort { (carried($1), $0.identifier) < (carried($0), $1.identifier) }
        default: return .problem(400, "\"sort\" is to be age, client or bytes.")
        }
        return .json(
            AdminConnections(
                total: await gateway.connectionCount, matching: found.count,
                connections: query.page(of: found).map { AdminConnections.Connection($0) }))
    }

    func close(_ body: [UInt8]) async -> ServiceAnswer {
        guard let wanted = AdminConnections.Close(body) else {
            return .problem(400, "The body is to be JSON with \"id\", and perhaps \"code\", \"reason\" or \"at_once\".")
        }
        guard let close = OperatorClose(code: wanted.code, reason: wanted.reason) else {
            return .problem(
                400,
                "A Close frame has a code of 1000 to 1003, 1007 to 1014 or 3000 to 4999, and a reason of at most "
                    + "\(OperatorClose.maxReasonBytes) bytes.")
        }
        guard !wanted.hasReason || wanted.atOnce != true else {
            return .problem(400, "What is closed at once is told nothing: no \"code\" and \"reason\" with \"at_once\".")
        }
        guard let report = await gateway.connection(wanted.id) else { return .problem(404, "There is no such connection.") }
        guard !wanted.hasReason || report.tunnels > 0 else {
            return .problem(409, "The connection has no WebSocket, and only those are told a \"code\" and a \"reason\".")
        }
        guard report.activity != .tcp || wanted.atOnce == true else {
            return .problem(
                409, "The connection is passed on as it is, and can only be cut: with --at-once, or \"at_once\": true.")
        }
        guard await gateway.close(wanted.id, wanted.atOnce == true ? .atOnce : .graceful(close)) else {
            return .problem(404, "There is no such connection.")
        }
        var facts: Logger.Metadata = [
            "id": "\(wanted.id)", "client": "\(report.client)", "at_once": "\(wanted.atOnce == true)",
        ]
        if wanted.hasReason { (facts["code"], facts["reason"]) = ("\(close.number)", "\(close.reason)") }
        log.notice("a connection is closed by order", metadata: facts)
        return .json(AdminConnections(total: await gateway.connectionCount, connections: [AdminConnections.Connection(report)]))
    }
}

extension ConnectionReport {
    /// What a search looks through.
    fileprivate var texts: [String] {
        var texts = [identifier, client.description, serverName ?? ""]
        texts += requests
        texts += requestNames
        texts += tunnelServers
        for target in tunnelTargets { texts += [target.path, target.site ?? "", target.route ?? ""] }
        return texts
    }
}
