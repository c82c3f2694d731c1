import ArgumentParser
import Synchronization

/// `gatehouse tap`
struct TapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Look on: a running gateway's exchanges while they happen.",
        discussion: """
            Each exchange that the options take, as it ends, and below it a curl command
            that asks the same; secrets have a placeholder. With --frames or --connection
            the headers of WebSockets' frames instead. It ends with Ctrl-C. Whoever reads
            too slowly loses lines, which are counted.
            """)

    @Option(help: "Only of this site.")
    var site: String?

    @Option(help: "Only of this route, as the configuration writes its path.")
    var route: String?

    @Option(help: "Only with this status: 503, 5xx or 400-499.")
    var status: String?

    @Option(help: "Only of clients of this address or block.")
    var client: String?

    @Option(help: "Only of this method.")
    var method: String?

    @Option(help: "Only of paths that this glob takes.")
    var path: String?

    @Option(help: "WebSockets' frame headers, of so many one.")
    var frames: Int?

    @Option(help: "Those of this connection, as gatehouse connections calls it.")
    var connection: String?

    @Option(help: "End after so many.")
    var count: Int?

    @Flag(help: "No curl commands.")
    var noCurl = false

    @Flag(help: "As JSON, an object a line.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
        // What the gateway would refuse is known here already.
        do throws(AdminTap.Flaw) { _ = try AdminTap.tap(filter) } catch { throw ValidationError("--" + error.reason) }
    }

    func run() async throws {
        let printing = TapPrinting(isJSON: json, showsCommands: !noCurl, most: count)
        let target = "/tap?" + FormText.query(filter)
        let isEnough = try await admin.ask { client in try await client.follow(target) { printing.take($0) } }
        guard isEnough else { throw AdminOptions.gatewayHasEnded() }
    }

    private var filter: [(name: String, value: String)] {
        [
            ("site", site), ("route", route), ("status", status), ("client", client), ("method", method), ("path", path),
            ("frames", frames.map { "\($0)" }), ("connection", connection),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}
