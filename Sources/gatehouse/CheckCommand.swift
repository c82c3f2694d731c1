import ArgumentParser

/// `gatehouse check FILE`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration: keys, values, files, certificates.",
        discussion: """
            Every problem is reported at once, with its file, line, column and key. Exit
            code 1 if there is an error.
            """)

    @Argument(help: "The configuration file.")
    var file: String

    @Flag(help: "Unknown keys are warnings instead of errors.")
    var lenient = false

    @Flag(help: "Print each site's routes, in the order in which they are asked.")
    var routes = false

    func run() throws {
        let loaded = try LoadedPlan.load(file, lenient: lenient, isCheck: true)
        Console.say(routes ? RouteListing.text(loaded.configuration) : loaded.summary)
        Console.say("\(file) is right")
    }
}
