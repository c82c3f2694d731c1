import Foundation
import TestSupport
import Testing

/// RFC 8441 as browsers use it: once the page has come over HTTP/2, their sockets share its connection.
@Suite("WebSockets of browsers over HTTP/2")
struct BrowserSocketTests {
    static let browsers = ["chromium", "firefox"].filter { name in
        FileManager.default.fileExists(atPath: name == "firefox" ? "/usr/bin/firefox-esr" : "/usr/bin/\(name)")
    }

    @Test(
        "eight sockets on the page's connection echo at once, and are closed by either side", .enabled(if: !browsers.isEmpty),
        arguments: browsers)
    func sockets(of browser: String) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        try directory.write("index.html", Array("<!doctype html><title>Sockets</title>".utf8))
        let (port, behind) = (try FreePort(), try FreePort())
        let echo = try ChildProcess(Place.pythonWithLibraries, [Place.peer("echo_messages.py"), "\(behind)"])
        _ = try await echo.output.first("the server") { $0 == "listening" }
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "echo"
            url = "http://127.0.0.1:\(behind)"
            [[sites.proxy.routes]]
            path = "/echo"
            upstream = "echo"
            websocket = true
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.run(
                Place.pythonWithLibraries,
                [Place.peer("http2_sockets.py"), browser, "https://localhost:\(port)/", certificates.local.certificate])
            let first = try await gatehouse.access("/echo/0")
            #expect(outcome.text == Self.closed, "\(outcome) \(first)")
            for number in 0..<8 {
                let entry = try await gatehouse.access("/echo/\(number)")
                #expect(entry["version"] == "HTTP/2.0" && entry["stream"] != nil, "\(entry)")
            }
        }
    }

    private static let closed = (0..<8).map { $0 % 2 == 0 ? "20 4001 true\n" : "20 3001 true\n" }.joined()
}
