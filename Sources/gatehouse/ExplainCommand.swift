import ArgumentParser
import Gateway

/// `gatehouse explain [-X METHOD] [-H FIELD] URL`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What becomes of a request, and by which lines of the configuration.",
        discussion: """
            Nothing is sent and nobody is asked: the configuration is read, and the request
            goes through the steps that a real one takes. Exit code 1 if the configuration
            is wrong, or if nothing listens on the URL's port.
            """)

    @Argument(help: "An absolute URL of http or https.")
    var url: String

    @Option(name: [.short, .long], help: "The configuration file.")
    var config = "config.toml"

    @Option(name: [.customShort("X"), .customLong("request")], help: "The method.")
    var method = "GET"

    @Option(
        name: [.customShort("H"), .customLong("header")], help: "A field of the request, as \"Name: value\"; may be repeated.")
    var fields: [String] = []

    @Option(help: "The address that the request comes from.")
    var client = "127.0.0.1"

    @Flag(help: "Unknown keys are warnings instead of errors.")
    var lenient = false

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let loaded = try LoadedPlan.load(config, lenient: lenient, policy: .degrade)
        do throws(ExplainedRequest.Fault) {
            let request = try ExplainedRequest(url, method: method, fields: fields, client: client)
            let explanation = try Explainer(loaded.configuration, loaded.plan).explain(request)
            Console.say(json ? (try? AdminClient.text(explanation)) ?? "" : ExplanationText.text(explanation))
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
