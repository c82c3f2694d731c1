import ArgumentParser
import Gateway
import HTTP

/// `gatehouse connections`
struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "The clients' connections of a running gateway, and WebSockets over them.",
        usage: """
            gatehouse connections [--search TEXT] [--state WORD] [--json] [--socket FILE]
            gatehouse connections close ID [--code N] [--reason TEXT]
            gatehouse connections close ID --at-once
            """,
        discussion: """
            The oldest first, at most a thousand. --search finds those with the text in
            client, server name, id, the path of a request or a WebSocket, a WebSocket's
            site, route or upstream server. close lets what is under way end, and
            sends WebSockets a Close frame: with the code 1001, or another that may be sent
            (1000 to 1003, 1007 to 1014, 3000 to 4999), and a reason of at most 123 bytes.
            A connection of [[tcp]] can only be cut: --at-once.
            """)

    @Argument(help: "close; nothing lists them.")
    var action: String?

    @Argument(help: "Which one, as the list names it.")
    var identifier: String?

    @Option(help: "Only those with this text.")
    var search: String?

    @Option(help: "Only those that do this: beginning, idle, request, tunnel, tcp or closing.")
    var state: String?

    @Option(help: "The code of the Close frame that WebSockets get.")
    var code: Int?

    @Option(help: "Its reason.")
    var reason: String?

    @Flag(help: "Without waiting for what is under way.")
    var atOnce = false

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        let hasReason = code != nil || reason != nil
        guard let action else {
            if hasReason || atOnce { throw ValidationError("--code, --reason and --at-once are of close.") }
            // What the gateway would refuse is known here already.
            do throws(AdminQuery.Flaw) { _ = try AdminQuery(Array(filter.utf8)[...]) } catch {
                throw ValidationError(error.reason)
            }
            if let state, !AdminConnections.states.contains(state) {
                throw ValidationError("--state is to be \(AdminConnections.states.joined(separator: ", ")).")
            }
            return
        }
        guard search == nil, state == nil else { throw ValidationError("--search and --state are of the list.") }
        guard action == "close" else { throw ValidationError("\"\(action)\" is not close.") }
        if identifier == nil { throw ValidationError("Which connection? gatehouse connections lists them.") }
        guard !hasReason || !atOnce else { throw ValidationError("What is closed at once is told nothing.") }
        guard OperatorClose(code: code, reason: reason) != nil else {
            throw ValidationError(
                "A code is 1000 to 1003, 1007 to 1014 or 3000 to 4999, a reason at most \(OperatorClose.maxReasonBytes) bytes.")
        }
    }

    func run() async throws {
        let list: AdminConnections
        if let identifier {
            let wanted = AdminConnections.Close(id: identifier, code: code, reason: reason, atOnce: atOnce)
            list = try await admin.ask { try await $0.ask(.post, "/connections/close", body: wanted) }
        } else {
            let target = filter.isEmpty ? "/connections" : "/connections?" + filter
            list = try await admin.ask { try await $0.ask(.get, target) }
        }
        if json { return Console.say(try AdminClient.text(list)) }
        let rows = list.connections.map { connection in
            [
                connection.id, connection.client, connection.listener, connection.tls ?? "plain",
                Self.time(connection.milliseconds),
                connection.activity, Self.doing(connection),
            ]
        }
        Console.say(Table.text([["id", "client", "listener", "tls", "open for", "does", ""]] + rows))
        let found = list.matching ?? list.total
        if identifier == nil, found > list.connections.count { Console.say("… and \(found - list.connections.count) more") }
    }

    /// A query of the admin interface; empty: all.
    private var filter: String {
        FormText.query([("search", search), ("state", state)].compactMap { name, value in value.map { (name, $0) } })
    }

    private static func time(_ milliseconds: Int) -> String {
        milliseconds < 10_000 ? "\(milliseconds) ms" : ElapsedTime.text(seconds: UInt64(milliseconds / 1000))
    }

    private static func doing(_ connection: AdminConnections.Connection) -> String {
        let tunnels = "\(connection.tunnels) open, \(connection.tunnelBytesIn) bytes in, \(connection.tunnelBytesOut) out"
        let targets = (connection.tunnelTargets ?? []).map { target in
            let names = [target.site, target.route].compactMap(\.self)
            return names.isEmpty ? target.path : "\(target.path) (\(names.joined(separator: ", ")))"
        }
        let others = connection.tunnels > 0 ? targets + [tunnels] + (connection.tunnelServers ?? []) : []
        return (connection.requests + others).joined(separator: ", ")
    }
}
