import ArgumentParser
import Gateway
import HTTP

/// `gatehouse connections`
struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "The clients' connections of a running gateway, and WebSockets over them.",
        usage: """
            gatehouse connections [--json] [--socket FILE]
            gatehouse connections close ID [--code N] [--reason TEXT]
            gatehouse connections close ID --at-once
            """,
        discussion: """
            The oldest first, at most a thousand. close lets what is under way end, and
            sends WebSockets a Close frame: with the code 1001, or another that may be sent
            (1000 to 1003, 1007 to 1014, 3000 to 4999), and a reason of at most 123 bytes.
            """)

    @Argument(help: "close; nothing lists them.")
    var action: String?

    @Argument(help: "Which one, as the list names it.")
    var identifier: String?

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
            return
        }
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
            list = try await admin.ask { try await $0.ask(.get, "/connections") }
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
        if identifier == nil, list.total > list.connections.count {
            Console.say("… and \(list.total - list.connections.count) more")
        }
    }

    private static func time(_ milliseconds: Int) -> String {
        milliseconds < 10_000 ? "\(milliseconds) ms" : ElapsedTime.text(seconds: UInt64(milliseconds / 1000))
    }

    private static func doing(_ connection: AdminConnections.Connection) -> String {
        let tunnels = "\(connection.tunnels) open, \(connection.tunnelBytesIn) bytes in, \(connection.tunnelBytesOut) out"
        let others = connection.tunnels > 0 ? [tunnels] + (connection.tunnelServers ?? []) : []
        return (connection.requests + others).joined(separator: ", ")
    }
}
