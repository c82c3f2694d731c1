import Foundation
import Glibc
import TestSupport
import Testing

@Suite(
    "The dashboard in Chromium", .serialized,
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/chromium"), "this release has no package chromium"))
struct DashboardPageTests {
    /// - Parameter text: of its answers.
    private func upstream(saying text: String = "ok") throws -> Upstream {
        try Upstream { _, wire in
            while let request = try wire.readRequest() {
                guard request.head.contains("/tunnel") else {
                    try wire.write(Upstream.ok(text))
                    continue
                }
                try wire.write(Tunnelled.accept("a"))
                _ = try wire.readToEnd()
                return
            }
        }
    }

    /// Some requests until the program has ended: without any there is nothing to be plotted.
    /// - Parameter page: nil: that of `[management]`.
    private func browse(
        _ watched: WatchedGatehouse, _ action: String, key: String = WatchedGatehouse.key, at page: String? = nil
    ) async throws -> String {
        let certificates = try await Certificates.ready()
        let load = try ChildProcess(
            "curl", ["-sS", "-o", "/dev/null", "--rate", "20/s", "http://localhost:\(watched.port)/[1-10000]"])
        defer { load.kill() }
        let outcome = try await Command.run(
            Place.pythonWithLibraries,
            [
                Place.peer("dashboard_browser.py"), page ?? "http://127.0.0.1:\(watched.management)/dashboard", key,
                certificates.local.certificate, action,
            ])
        #expect(outcome.exit == .code(0), "\(outcome)")
        return outcome.text
    }

    @Test("shows plots and lists by its own script alone, to a reader without buttons; what clients send stays text")
    func page() async throws {
        // So much that the unit of what is sent has two letters.
        let upstream = try upstream(saying: String(repeating: "a", count: 50_000))
        let watched = try await WatchedGatehouse(
            [upstream.port], top: "[security]\nmax_request_size = 10", site: "[sites.cache_upstream]")
        let path = "/%3Cimg%20src=x%20onerror=alert(1)%3E'\"&lt;b&gt;"
        let refused = try await Command.curl(
            ["-g", "-d", "more than ten bytes", "-H", "Expect:", "http://localhost:\(watched.port)\(path)"])
        #expect(refused.text.contains("413"), "\(refused)")
        let text = try await browse(watched, "watch", key: WatchedGatehouse.readKey)
        let shown = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
        #expect(shown["violations"] as? [String] == [], "\(shown)")
        #expect(shown["servers"] as? [String] == ["http://127.0.0.1:\(upstream.port)"])
        #expect(shown["caches"] as? [String] == ["shop"])
        #expect(shown["buttons"] as? Int == 0 && shown["images"] as? Int == 0 && shown["isWide"] as? Bool == false)
        #expect((shown["href"] as? String)?.contains("0123") == false, "the key is in no address")
        #expect(shown["wrapped"] as? [String] == [], "at a width of 1280: \(shown)")
        let errors = (shown["errors"] as? [[String]])?.first ?? []
        #expect(
            errors.contains { $0.contains("body_too_large") } && errors.contains { $0.hasPrefix("POST \(path)") }, "\(errors)")
        #expect(errors.contains { $0.contains("max_request_size") }, "\(errors)")
        try await watched.running.end()
    }

    @Test("orders servers about and closes WebSockets by its buttons")
    func buttons() async throws {
        let (first, second) = (try upstream(), try upstream())
        let watched = try await WatchedGatehouse([first.port, second.port])
        let tunnel = try await onThread { try Tunnelled(watched.port) }
        async let closing = onThread {
            // A Close frame: 1001. It is answered, masked.
            let bytes = try tunnel.wire.read(4)
            try tunnel.wire.write([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9])
            _ = try tunnel.wire.readToEnd()
            return bytes
        }
        #expect(try await browse(watched, "order") == "[]\n")
        let close = try await closing
        #expect(close[0] == 0x88 && close[2...] == [0x03, 0xE9])
        let servers = try await watched.object("/servers").list("servers")
        #expect(servers.filter { $0["order"] as? String == "draining" }.count == 1, "\(servers)")
        tunnel.wire.close()
        try await watched.running.end()
    }

    @Test("pages through 10,000 WebSockets, finds one and closes it; the page is as small as with a few")
    func crowd() async throws {
        let crowd = try ChildProcess(Place.pythonWithLibraries, [Place.peer("tunnel_crowd.py"), "10000"])
        let upstream = try #require(UInt16(try await crowd.output.first(1)[0]))
        let watched = try await WatchedGatehouse([upstream], top: "[performance]\nmax_connections = 20000")
        try crowd.write("\(watched.port)\n")
        // Fewer where the system gives no more descriptors.
        let count = try #require(Int(try await crowd.output.first(2).last ?? ""))
        let grouped = "\(count / 1000),\(String(count % 1000 + 1000).dropFirst())"
        let text = try await browse(watched, "crowd")
        let shown = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
        #expect((shown["page"] as? String)?.contains("1 to 50 of \(grouped)") == true, "\(shown)")
        #expect((shown["count"] as? String)?.hasSuffix("\(grouped) WebSockets") == true, "\(shown)")
        #expect((shown["elements"] as? Int).map { $0 < 3_000 } == true, "\(shown)")
        #expect(shown["first"] as? String != shown["second"] as? String && shown["violations"] as? [String] == [], "\(shown)")
        #expect(try await crowd.output.first(3).last == "closed")
        crowd.kill()
        try await watched.running.end()
    }

    @Test("gatehouse dashboard offers it on the loopback interface to who has its address, until it ends")
    func offered() async throws {
        let upstream = try upstream()
        let watched = try await WatchedGatehouse([upstream.port])
        let command = try ChildProcess(Place.gatehouse, ["dashboard", "--socket", watched.socket])
        let parts = try await command.output.first(1)[0].split(separator: "#")
        let (page, key) = (String(try #require(parts.first)), String(try #require(parts.last)))
        #expect(page.hasPrefix("http://127.0.0.1:") && page.hasSuffix("/dashboard") && key.utf8.count == 32)
        let status = page.replacing("/dashboard", with: "/status")
        func code(_ fields: [String], _ url: String) async throws -> String {
            try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}"] + fields.flatMap { ["-H", $0] } + [url]).text
        }
        #expect(try await code([], page) == "200")
        #expect(try await code([], status) == "401")
        #expect(try await code(["X-API-Key: \(key)"], status) == "200")
        #expect(try await code(["X-API-Key: \(WatchedGatehouse.key)"], status) == "401")
        #expect(try await code(["X-API-Key: \(key)", "Host: evil.example"], status) == "403")
        #expect(try await code(["X-API-Key: \(key)", "Origin: https://evil.example"], status) == "403")
        let shown = try await browse(watched, "offered", at: "\(page)#\(key)")
        #expect(shown == "{\"violations\":[],\"hash\":\"\",\"buttons\":3}\n")
        let log = watched.running.process.errors
        #expect(try await log.first { $0.contains("the dashboard is offered") }.contains(key) == false)
        command.signal(SIGINT)
        _ = try await command.exit()
        // It is gone when the gateway has seen that.
        try await eventually("the page is gone") { try await Command.curl(["-o", "/dev/null", page]).code != 0 }
        #expect(try await watched.ask("/status").status == 200)
        // And with the gateway, if that ends first.
        let other = try ChildProcess(Place.gatehouse, ["dashboard", "--socket", watched.socket])
        _ = try await other.output.first(1)
        try await watched.running.end()
        #expect(try await other.exit() == .code(0))
    }

    @Test("axe-core finds nothing, in both colour schemes and at a phone's width")
    func accessibility() async throws {
        let upstream = try upstream()
        let watched = try await WatchedGatehouse([upstream.port, 1], site: "[sites.cache_upstream]")
        let found = try await browse(watched, "axe")
        #expect(found == "{}\n")
        try await watched.running.end()
    }
}
