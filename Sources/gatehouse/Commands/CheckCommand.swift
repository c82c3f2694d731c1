import ArgumentParser
import Configuration

/// `gatehouse check FILE`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration: keys, values, files, certificates.",
        usage: """
            gatehouse check [[-c] FILE] [--lenient] [--routes]
            gatehouse check --explain KEY
            """,
        discussion: """
            Every problem is reported at once, with its file, line, column and key. Exit
            code 1 if there is an error.
            """)

    @Argument(help: "The configuration file (default: gatehouse.toml, else config.toml).")
    var file: String?

    @Option(name: [.short, .long], help: "The same, as `gatehouse run` has it.")
    var config: String?

    @Option(help: "Explain a key of configurations, such as sites.proxy.timeout.read; no file is needed.")
    var explain: String?

    @Flag(help: "Unknown keys are warnings instead of errors.")
    var lenient = false

    @Flag(help: "Print each site's routes, in the order in which they are asked.")
    var routes = false

    func validate() throws {
        if file != nil, config != nil { throw ValidationError("One file is checked at a time: leave --config out.") }
    }

    func run() throws {
        if let explain { try Self.explain(explain) }
        let named = file ?? config
        if explain != nil, named == nil { return }
        let path = try DefaultConfiguration.path(named)
        let loaded = try LoadedPlan.load(path, mode: ReadMode(lenient: lenient), isCheck: true)
        Console.say(routes ? RouteListing.text(loaded.configuration) : loaded.summary)
        Console.say("\(path) is right")
    }

    private static func explain(_ key: String) throws {
        do throws(KeyExplanation.Unknown) {
            Console.say(try KeyExplanation.text(of: key))
        } catch {
            Console.error("error: \(error.message)" + (error.hint.map { "\n  help: \($0)" } ?? ""))
            throw ExitCode(1)
        }
    }
}
