import ArgumentParser
import FoundationEssentials
import HTTP

/// `gatehouse dashboard`
struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Have a running gateway show its dashboard to a browser on this machine.",
        usage: "gatehouse dashboard [--socket FILE]",
        discussion: """
            Prints an address on the loopback interface, with a key of its own behind a
            "#". The dashboard is there until this command ends. Without it, [management]
            serves the dashboard to those who have its keys.
            """)

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        _ = try await admin.ask { client in
            try await client.follow(DashboardResources.page, .post) { bytes in
                // The line is short: it comes at once.
                var line: [UInt8] = []
                for index in bytes.indices { line.append(bytes[index]) }
                if let offer = try? JSONDecoder().decode(LoopbackDashboard.Offer.self, from: Data(line)) {
                    Console.say(offer.url)
                    Console.error("gatehouse: Ctrl-C ends it")
                }
                return true
            }
        }
    }
}
