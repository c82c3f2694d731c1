import TestSupport
import Testing

@Suite("Upstreams that cannot work")
struct BadUpstreamTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var servers = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:3000\"\n"
        var more = ""
        /// Key and words of the message.
        var says: [String]
    }

    private static func server(_ url: String, _ keys: String = "") -> String {
        "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"\(url)\"\n\(keys)\n"
    }

    @Test(
        "check refuses it with exit code 1, the key and the reason",
        arguments: [
            Mistake(
                testDescription: "unknown method", more: "[sites.proxy.load_balancing]\nmethod = \"fastest\"",
                says: ["sites[0].proxy.load_balancing.method", "unknown method \"fastest\"", "round_robin"]),
            Mistake(
                testDescription: "weight 0 for all",
                servers: server("http://127.0.0.1:3000", "weight = 0") + server("http://127.0.0.1:3001", "weight = 0"),
                says: ["sites[0].proxy.upstreams[0].weight", "none may take a request"]),
            Mistake(
                testDescription: "backups alone", servers: server("http://127.0.0.1:3000", "backup = true"),
                says: ["sites[0].proxy.upstreams[0]", "none may take a request"]),
            Mistake(testDescription: "no server", servers: "", says: ["sites[0].proxy", "no upstream is named \"app\""]),
            Mistake(
                testDescription: "itself, by its address", servers: server("http://127.0.0.1:8080"),
                says: ["sites[0].proxy.upstreams[0].url", "this gateway's own site \"main\""]),
            Mistake(
                testDescription: "itself, by name", servers: server("http://localhost:8080"),
                says: ["sites[0].proxy.upstreams[0].url", "this gateway's own site \"main\""]),
            Mistake(
                testDescription: "itself, over IPv6", servers: server("http://[::1]:8080"),
                says: ["sites[0].proxy.upstreams[0].url", "this gateway's own site \"main\""]),
            Mistake(
                testDescription: "another site that asks this one", servers: server("http://127.0.0.1:8081"),
                more: """
                    [[sites]]
                    hostname = "other"
                    port = 8081
                    [sites.proxy]
                    enabled = true
                    [[sites.proxy.upstreams]]
                    name = "back"
                    url = "http://[::1]:8080"
                    [[sites.routes]]
                    path = "/"
                    upstream = "back"
                    """,
                says: ["sites[0].proxy.upstreams[0].url", "sites[1].proxy.upstreams[0].url", "own site \"other\""]),
            Mistake(
                testDescription: "a name server that is none", more: "[dns]\nservers = [\"ns.example\"]",
                says: ["dns.servers[0]", "\"ns.example\" is not the address of a name server"]),
        ])
    func refused(mistake: Mistake) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            name = "main"
            hostname = "localhost"
            port = 8080
            [sites.proxy]
            enabled = true
            \(mistake.servers)
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            \(mistake.more)
            """)
        let outcome = try await Command.run(Place.gatehouse, ["check", file], environment: ["NO_COLOR": "1"])
        #expect(outcome.code == 1, "\(outcome)")
        for words in mistake.says { #expect("\(outcome)".contains(words), "\(words) is not in:\n\(outcome)") }
    }

    @Test("A server on another machine, on another port of this one, or a site of its own that asks others is no loop")
    func noLoop() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            name = "main"
            hostname = "localhost"
            listen = "127.0.0.1"
            port = 8080
            [sites.proxy]
            enabled = true
            \(Self.server("http://127.0.0.1:8081"))
            \(Self.server("http://127.0.0.2:8080"))
            \(Self.server("http://app.example:8080"))
            \(Self.server("http://127.0.0.1:8082"))
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            [[sites]]
            hostname = "inner"
            listen = "127.0.0.1"
            port = 8082
            [sites.proxy]
            enabled = true
            \(Self.server("http://127.0.0.1:8083"))
            [[sites.routes]]
            path = "/"
            upstream = "app"
            [[sites]]
            hostname = "innermost"
            listen = "127.0.0.1"
            port = 8083
            respond = { body = "x" }
            """)
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 0, "\(outcome)")
    }
}
