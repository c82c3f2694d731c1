import ArgumentParser
import Configuration
import HTTP

/// `gatehouse reload`
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Have a running gateway read its configuration again.",
        usage: """
            gatehouse reload [--socket FILE] [--json]
            gatehouse reload --plan [FILE] [--socket FILE] [--json]
            """,
        discussion: """
            The configuration comes into use whole, and what has changed is printed; or it
            is refused with every reason, what was in use goes on, and the exit code is 1.
            """)

    @Argument(help: "With --plan: a configuration to be looked at in place of the gateway's own.")
    var file: String?

    @Flag(help: "Change nothing: print what would change, and what of the present traffic it is about.")
    var plan = false

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard file == nil || plan else {
            throw ValidationError("A reload reads the gateway's own file; --plan looks at another one.")
        }
    }

    func run() async throws {
        if plan { return try await printPlan() }
        let reload: AdminReload = try await admin.ask { try await $0.ask(.post, "/reload") }
        guard !json else { return Console.say(try AdminClient.text(reload)) }
        for warning in reload.warnings { Console.error(warning.text) }
        for change in reload.changes { Console.say(change.text) }
        let restored = reload.restored ?? []
        for site in restored { Console.say("\(site) is served whole again") }
        if reload.changes.isEmpty, restored.isEmpty { Console.say("nothing has changed") }
        let older = reload.olderInUse == 0 ? "" : ", \(reload.olderInUse) older in use"
        Console.say("reloaded: generation \(reload.generation)\(older)")
    }

    private func printPlan() async throws {
        let candidate = try file.map { try Self.read($0) }
        let plan: AdminPlan = try await admin.ask { try await $0.ask(.post, "/plan", body: candidate) }
        guard !json else { return Console.say(try AdminClient.text(plan)) }
        for warning in plan.warnings { Console.error(warning.text) }
        guard !plan.changes.isEmpty else { return Console.say("nothing would change") }
        var rows = [["change", "connections", "requests", "tunnels", "what happens"]]
        for entry in plan.changes { rows.append(Self.row(entry.change.text, entry.touches, entry.effect)) }
        rows.append(Self.row("of all", plan.total, ""))
        Console.say(Table.text(rows))
        let (connections, tunnels) = (plan.ending.connections, plan.ending.tunnels)
        Console.say("It would end \(Self.count(connections, "connection")) and \(Self.count(tunnels, "tunnel")).")
    }

    /// "no tunnel", "1 tunnel", "40 tunnels"
    private static func count(_ number: Int, _ noun: String) -> String {
        number == 0 ? "no \(noun)" : number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }

    private static func row(_ change: String, _ counts: AdminPlan.Counts, _ effect: String) -> [String] {
        [change, "\(counts.connections)", "\(counts.requests)", "\(counts.tunnels)", effect]
    }

    private static func read(_ file: String) throws -> Reloader.Candidate {
        // The gateway judges it; what cannot be read at all is told here.
        let result = Configuration.read(path: file, mode: .lenient)
        guard !result.source.isEmpty, result.source.paths.count == result.source.files.count else {
            Console.report(result.problems, source: result.source)
            throw ExitCode(1)
        }
        return Reloader.Candidate(file: file, text: result.source.text)
    }
}
