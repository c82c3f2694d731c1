import ArgumentParser
import Configuration
import Gateway
import HTTP

/// `gatehouse explain [-X METHOD] [-H FIELD] URL`
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What becomes of a request, and by which lines of the configuration.",
        discussion: """
            Nothing is sent and nobody is asked: the configuration is read, and the
            request goes through the steps that a real one takes. Exit code 1 if the
            configuration is wrong, or if nothing listens on the URL's port. With
            --running it is a running gateway that says so, of the configuration that it
            has in use and its servers as they are now; nothing is sent and nothing
            changes there, either.
            """)

    @Argument(help: "An absolute URL of http, https, ws or wss.")
    var url: String

    @Option(name: [.short, .long], help: "The configuration file (default: gatehouse.toml, else config.toml).")
    var config: String?

    @Flag(help: "Ask the running gateway.")
    var running = false

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

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard running || admin.socket != nil else { return }
        if config != nil || lenient { throw ValidationError("--config and --lenient are of a file, not of a running gateway.") }
    }

    func run() async throws {
        show(running || admin.socket != nil ? try await askRunning() : try explainFile())
    }

    private func show(_ explanation: Explanation) {
        Console.say(json ? (try? AdminClient.text(explanation)) ?? "" : ExplanationText.text(explanation))
    }

    private func askRunning() async throws -> Explanation {
        let question = AdminQuestion(url: url, method: method, fields: fields, client: client)
        return try await admin.ask { try await $0.ask(.post, "/explain", body: question) }
    }

    private func explainFile() throws -> Explanation {
        let loaded = try LoadedPlan.load(
            DefaultConfiguration.path(config), mode: ReadMode(lenient: lenient), policy: .degrade)
        do throws(ExplainedRequest.Fault) {
            let request = try ExplainedRequest(url, method: method, fields: fields, client: client)
            return try Explainer(loaded.configuration, loaded.plan).explain(request)
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
