import Foundation
import TestSupport
import Testing

/// `request_id` in access lines, where no variable asks for it.
@Suite("Request identifiers in the log")
struct RequestIdentifierTests {
    /// What is logged of three requests of which the last one cannot be read.
    private func lines(_ format: String, top: String = "") async throws -> [String] {
        let port = try FreePort()
        let toml = """
            \(top)
            [logging]
            format = '\(format)'
            [[sites]]
            hostname = "localhost"
            port = \(port)
            [[sites.routes]]
            path = "/"
            respond = { status = 200, body = "ok" }
            """
        return try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                for field in ["", "X-Request-ID: from-before/1\r\n"] {
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
                    _ = try wire.readAnswer()
                }
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: a\u{0}b\r\n\r\n")
                _ = try wire.readAnswer()
            }
            return try await gatehouse.process.output.first(3)
        }
    }

    private func isMade(_ identifier: String?) -> Bool { identifier?.wholeMatch(of: /[0-9a-f]{32}/) != nil }

    @Test(
        "each line has one of its own; a client that is nobody's proxy has no say in it",
        arguments: [("json", "request_id"), ("ecs", "http.request.id"), ("otel", "gatehouse.request_id")])
    func objects(format: String, name: String) async throws {
        let identifiers = try await lines(format).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])[name] as? String
        }
        #expect(identifiers.allSatisfy(isMade) && Set(identifiers).count == 3, "\(identifiers)")
    }

    @Test("a text that names the field has it, and one that does not has not")
    func texts() async throws {
        let named = try await lines("{request_id} {status}")
        #expect(named.map { $0.suffix(4) } == [" 200", " 200", " 400"] && named.allSatisfy { isMade(String($0.dropLast(4))) })
        #expect(try await lines("{status} {method}") == ["200 GET", "200 GET", "400 GET"])
    }

    @Test("a trusted proxy's goes on")
    func trusted() async throws {
        let logged = try await lines("{request_id}", top: "[security]\ntrusted_proxies = [\"127.0.0.1\"]")
        #expect(logged[1] == "from-before/1" && isMade(logged[0]) && isMade(logged[2]), "\(logged)")
    }
}
