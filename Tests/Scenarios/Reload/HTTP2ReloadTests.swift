import TestSupport
import Testing

@Suite("Reloading under clients of HTTP/2")
struct HTTP2ReloadTests {
    @Test("a client that was told that it may open WebSockets is refused with the key after a reload that takes that back")
    func told() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        func toml(_ site: String) -> String {
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), site: site, route: "websocket = true")
        }
        let running = try await ReloadTests.Running(toml(""))
        let client = try ChildProcess(
            Place.python, [Place.peer("http2_words.py"), "\(port)", "await=SETTINGS", "read", "socket=1", "await=END"])
        _ = try await client.output.first { $0 == "SETTINGS" }
        #expect(try await running.reload(toml("h2_websocket = false")).contains(": reloaded "))
        try client.write("\n")
        #expect(try await client.exit() == .code(0))
        let line = try await running.process.output.first { $0.contains("no_websocket") }
        #expect(line.contains(#""status":501"#) && line.contains("sites.h2_websocket"), "\(line)")
        try await running.end()
    }
}
