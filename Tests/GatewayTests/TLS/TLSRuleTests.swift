import TestSupport
import Testing

/// The rules of TLS, kept with clients that break them: see `tls_rules.py`, whose rows are the cases.
@Suite("Rules of TLS")
struct TLSRuleTests {
    @Test(
        "each broken rule has the alert that the RFC names, and what is allowed is taken", arguments: RecordMode.allCases,
        [("hello", 160), ("records", 105), ("older", 30)])
    func rows(records: RecordMode, kind: (name: String, least: Int)) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = """
            \(records.toml)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "small\\n" }
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("tls_rules.py"), kind.name, "\(port)"])
            let lines = outcome.text.split(separator: "\n")
            let counts = lines.last?.split(separator: " ") ?? []
            #expect(outcome.code == 0 && lines.count == 1, "\(outcome)")
            #expect(counts.dropFirst().joined(separator: " ") == "rows, 0 failed", "\(outcome)")
            #expect(Int(counts.first ?? "").map { $0 >= kind.least } == true, "\(outcome)")
            // Whoever comes after them is served.
            let answer = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(port)/"])
            #expect(answer.text == "small\n", "\(answer)")
            try await gatehouse.expectIdle()
        }
    }
}
