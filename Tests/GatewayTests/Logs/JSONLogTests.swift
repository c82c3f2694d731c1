import Foundation
import TestSupport
import Testing

/// The formats whose lines are objects are for programs.
@Suite("Access lines in JSON, by jq")
struct JSONLogTests {
    @Test(
        "each line is one object, whatever clients send; fields are found by their names",
        arguments: [("json", ".user_agent", ".status"), ("ecs", ".\"user_agent.original\"", ".\"http.response.status_code\"")])
    func tools(format: String, agent: String, status: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let log = "\(directory.path)/access.log"
        let toml = """
            [logging]
            access_log = "\(log)"
            format = "\(format)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [[sites.routes]]
            path = "/"
            respond = { status = 200, body = "ok" }
            """
        let agents = ["curl/8", "\",\"status\":500,\"a\":\"", "back\\slash", "tab\there", "caf\u{e9}", "\\u0022}"]
        try await Gatehouse.serving(toml) { _ in
            for agent in agents {
                _ = try await Command.curl(["-g", "-A", agent, "http://127.0.0.1:\(port)/\"}?q={\"a\":1}"])
            }
        }
        func jq(_ program: String) async throws -> [Substring] {
            let outcome = try await Command.run("jq", ["-r", program, log])
            #expect(outcome.exit == .code(0), "\(outcome)")
            return outcome.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }
        #expect(try await jq("type") == agents.map { _ in "object" })
        #expect(try await jq("\(status)") == agents.map { _ in "200" })
        #expect(try await jq(agent).count == agents.count)
        let read = try await jq("\(agent) | @json")
        // Bytes beyond ASCII are those of the line, each as a character.
        for (line, agent) in zip(read, agents) where agent.utf8.allSatisfy({ $0 < 0x80 }) {
            #expect(try JSONDecoder().decode(String.self, from: Data(line.utf8)) == agent)
        }
    }
}
