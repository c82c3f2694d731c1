import ArgumentParser
import Gateway
import HTTP

/// `gatehouse servers`
struct ServersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "servers", abstract: "The upstream servers of a running gateway, and whether they get requests.",
        usage: """
            gatehouse servers [--json] [--socket FILE]
            gatehouse servers enable|drain|disable|reset URL [--upstream NAME] [--site NAME] [--fleet]
            gatehouse servers enable|drain|disable|reset --site NAME [--fleet]
            gatehouse servers weight URL --to N [--upstream NAME] [--site NAME] [--fleet]
            """,
        discussion: """
            drain: no new requests but of those who are stuck to it. disable: none at all.
            What is under way ends by itself. enable: requests, also if the configuration
            drains it. weight: another share of the requests, 0 to 65535, with every
            method. reset: all as the configuration says. An order holds over reloads,
            until the process ends; with --fleet it is for all members, and for those that
            start later, until another one comes. Without a URL it is for all servers of
            the site.
            """)

    @Argument(help: "enable, drain, disable, weight or reset; nothing lists them.")
    var action: String?

    @Argument(help: "The server, as the configuration writes its URL.")
    var url: String?

    @Option(help: "The weight that is ordered.")
    var to: Int?

    @Option(help: "Only the server of the upstream with this name.")
    var upstream: String?

    @Option(help: "Only the server of the site with this name.")
    var site: String?

    @Flag(help: "For all members of the gateway's fleet.")
    var fleet = false

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard let action else {
            if fleet || to != nil { throw ValidationError("--\(fleet ? "fleet" : "to") is of an order.") }
            return
        }
        guard ["enable", "drain", "disable", "weight", "reset"].contains(action) else {
            throw ValidationError("\"\(action)\" is none of enable, drain, disable, weight and reset.")
        }
        guard ServerAction(action, weight: to) != nil else {
            throw ValidationError(
                action == "weight" ? "Which weight? Give one of 0 to 65535: --to 3." : "--to is of the order weight.")
        }
        if url == nil, site == nil {
            throw ValidationError("Which server? Give its URL as the configuration writes it, or --site for all of a site.")
        }
    }

    func run() async throws {
        let servers: AdminServers
        if let action {
            let order = AdminServers.Order(
                action: action, weight: to, url: url, site: site, upstream: upstream, fleet: fleet)
            servers = try await admin.ask { try await $0.ask(.post, "/servers", body: order) }
        } else {
            servers = try await admin.ask { try await $0.ask(.get, "/servers") }
        }
        if json { return Console.say(try AdminClient.text(servers)) }
        let rows = servers.servers.filter { (site == nil || $0.site == site) && (upstream == nil || $0.upstream == upstream) }
            .map { server in
                [
                    server.site, server.upstream, server.url, Self.weight(of: server),
                    server.states.isEmpty ? "up" : server.states.joined(separator: ","), "\(server.underWay)",
                    "\(server.requests)", server.lastFault ?? "",
                ]
            }
        let heading = ["site", "upstream", "server", "weight", "state", "under way", "requests", "last fault"]
        Console.say(Table.text([heading] + rows))
    }

    private static func weight(of server: AdminServers.Server) -> String {
        let ordered = server.weight == server.configuredWeight ? "" : " for \(server.configuredWeight)"
        return "\(server.weight)\(ordered)\(server.isBackup ? " backup" : "")"
    }
}
