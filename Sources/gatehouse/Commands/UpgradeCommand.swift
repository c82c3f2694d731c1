import ArgumentParser
import FoundationEssentials
import HTTP

/// `gatehouse upgrade`
struct UpgradeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Put another process, or another version, in a running gateway's place.",
        usage: "gatehouse upgrade [BINARY] [--socket FILE] [--json]",
        discussion: """
            No client is refused or reset, and no WebSocket ends. If the new process does
            not serve, the old one goes on, and the exit code is 1.
            """)

    @Argument(help: "The program to start (default: the one that runs, as it is on disk now).")
    var binary: String?

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        // The gateway may run in another directory.
        let wanted = AdminUpgrade.Wanted(program: binary.map { URL(filePath: $0).absoluteURL.path })
        let upgrade: AdminUpgrade = try await admin.ask { try await $0.ask(.post, "/upgrade", body: wanted) }
        if json { return Console.say(try AdminClient.text(upgrade)) }
        let left = upgrade.connections == 1 ? "1 connection" : "\(upgrade.connections) connections"
        Console.say("upgraded: process \(upgrade.successor) serves; the old one has \(left) left")
    }
}
