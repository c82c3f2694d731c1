import TestSupport
import Testing

/// There is no other handshake on a connection (RFC 5746 §4.5): who asks for one is told so by a warning, and is served.
@Suite("Clients of TLS 1.2 that ask for other handshakes")
struct RenegotiationTests {
    @Test(
        "are served, unless they ask without end: thousands of such messages have room in one record",
        arguments: [1, 8, 64], RecordMode.allCases)
    func asked(times: Int, records: RecordMode) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let site = "[[sites]]\nhostname = \"localhost\"\nport = \(port)\nrespond = { body = \"hello\" }\n\(certificates.ssl())"
        try await Gatehouse.serving("\(records.toml)\n\(site)") { _ in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("renegotiations.py"), "\(port)", "\(times)"])
            #expect(outcome.text == (times == 64 ? "closed\n" : "answered\n"), "\(outcome)")
            // All others are served on.
            let other = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(port)/"])
            #expect(other.text == "hello", "\(other)")
        }
    }
}
