import Foundation
import TestSupport
import Testing

/// The configurations of the document that Gatehouse implements. `Tests/ConfigurationTests/Fixtures/Seed` holds them as they
/// stand there; here they run, with ports and directories of this machine put in.
@Suite("Every example of the seed")
struct SeedTests {
    static let examples = [
        "basic-api", "basic-proxy", "least-connections", "mixed", "round-robin", "websocket-app", "websocket-route", "weighted",
    ]

    /// The text without what comes after it in its file: the problems that are expected of it.
    private func text(_ name: String) throws -> String {
        let file = Place.root + "Tests/ConfigurationTests/Fixtures/Seed/\(name).toml"
        return try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "\n-----\n")[0] + "\n"
    }

    /// Replaces the site's port, or names one where the example has no site of its own.
    private func moved(_ text: String, to port: FreePort, files: String, upstreams: [String: Upstream]) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.hasPrefix("port = ") { return "port = \(port)" }
            if line.hasPrefix("static_dir = ") { return "static_dir = \"\(files)\"" }
            return String(line)
        }
        if !text.contains("[[sites]]") {
            lines.insert("[[sites]]\nhostname = \"localhost\"\nport = \(port)\nstatic_dir = \"\(files)\"", at: 0)
        }
        return upstreams.reduce(lines.joined(separator: "\n")) { $0.replacing(":\($1.key)\"", with: ":\($1.value)\"") }
    }

    @Test("is accepted as it stands", arguments: examples)
    func accepted(name: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("static/index.html", "static")
        var text = try text(name)
        text = text.replacing("/var/www/example.com", with: directory.path + "/static")
        let file = try directory.write("seed.toml", text)
        let outcome = try await Command.run(Place.gatehouse, ["check", file], directory: directory.path)
        if Self.servesNothing.contains(name) {
            // A fragment that neither proxies nor has files has nothing to serve by itself; its keys must be right.
            #expect(!outcome.errors.contains("error: sites[0].proxy"), "\(outcome)")
        } else {
            #expect(outcome.exit == .code(0), "\(outcome)")
        }
    }

    static let servesNothing: Set = ["least-connections", "round-robin", "weighted", "websocket-route"]

    @Test("starts and serves", arguments: examples)
    func serves(name: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("index.html", "static")
        let port = try FreePort()
        var upstreams: [String: Upstream] = [:]
        for number in ["3000", "3001", "3002", "4000"] {
            upstreams[number] = try Upstream.answering { Upstream.ok("\(number) \($0.target)") }
        }
        let (path, expected) = Self.questions[name]!
        try await Gatehouse.serving(moved(try text(name), to: port, files: directory.path, upstreams: upstreams)) { _ in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)\(path)"])
            #expect(answer.text == expected, "\(answer)")
        }
    }

    static let questions = [
        "basic-api": ("/v1/users?x", "3000 /v1/users?x"), "basic-proxy": ("/api/users", "3001 /api/users"),
        "least-connections": ("/", "static"), "mixed": ("/api/x", "3000 /x"), "round-robin": ("/", "static"),
        "websocket-app": ("/ws/chat/x", "3001 /x"), "websocket-route": ("/", "static"), "weighted": ("/", "static"),
    ]

    @Test("but not the one whose route names an upstream that nobody defined")
    func undefined() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("seed.toml", try text("load-balanced"))
        for command in [["check", file], ["run", "-c", file]] {
            let outcome = try await Command.run(Place.gatehouse, command)
            #expect(outcome.exit == .code(1))
            #expect(
                outcome.errors.contains(
                    "seed.toml:17:12: error: sites[0].proxy.routes[0].upstream: no upstream is named \"app-servers\""),
                "\(outcome)")
            #expect(outcome.errors.contains("did you mean \"app-server-1\"?"))
        }
    }
}
