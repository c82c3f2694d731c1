import Foundation
import TestSupport
import Testing

@Suite("Lists by the page")
struct ListPageTests {
    @Test("of 1,000 upstream servers a page is as small as it is asked for, and a snapshot stays small")
    func servers() async throws {
        let watched = try await WatchedGatehouse((1...1000).map { UInt16($0) })
        let page = try await watched.object("/servers?limit=50&offset=960")
        #expect(page.list("servers").count == 40 && page.number("matching") == 1000, "\(page.keys)")
        let all = try await watched.object("/servers")
        #expect(all.list("servers").count == 1000 && all["matching"] == nil)
        let found = try await watched.object("/servers?search=127.0.0.1%3A99&sort=url&limit=1000")
        let urls = found.list("servers").compactMap { $0["url"] as? String }
        #expect(urls.count == 11 && urls == urls.sorted() && found.number("matching") == 11, "\(urls)")
        #expect(try await watched.running.command(["servers", "drain", "http://127.0.0.1:500"]).code == 0)
        let draining = try await watched.object("/servers?state=draining&limit=10")
        #expect(draining.list("servers").compactMap { $0["url"] as? String } == ["http://127.0.0.1:500"])
        #expect(try await watched.object("/servers?state=up&limit=1").number("matching") == 999)
        let worst = try await watched.object("/servers?sort=state&limit=1")
        #expect(worst.list("servers").first?["url"] as? String == "http://127.0.0.1:500")
        let watcher = try watched.watch()
        let snapshot = try await watched.snapshot(watcher) { $0["rates"] != nil }
        #expect(snapshot.number("servers", "total") == 1000 && snapshot.number("servers", "unhealthy") == 1)
        #expect(snapshot.list("servers", "first").count == 20)
        #expect(snapshot.list("servers", "first").first?["url"] as? String == "http://127.0.0.1:500")
        let longest = watcher.output.all.map(\.utf8.count).max() ?? 0
        #expect(longest > 1000 && longest < 32_768, "\(longest)")
        watcher.kill()
        try await watched.running.end()
    }

    @Test("connections are searched, filtered and sorted")
    func connections() async throws {
        let upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                guard request.head.contains("/tunnel") else {
                    try wire.write(Upstream.ok("ok"))
                    continue
                }
                try wire.write(Tunnelled.accept("a"))
                _ = try wire.readToEnd()
                return
            }
        }
        let watched = try await WatchedGatehouse([upstream.port])
        let tunnels = try await onThread { try (0..<5).map { _ in try Tunnelled(watched.port, "/tunnel?token=secret") } }
        let idle = try Wire(to: watched.port.number)
        try await onThread {
            try idle.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try idle.readAnswer()
        }
        try await eventually("all are listed") { try await watched.object("/connections?state=tunnel").number("matching") == 5 }
        let first = try await watched.object("/connections?state=tunnel&limit=3")
        #expect(first.list("connections").count == 3 && first.number("matching") == 5 && first.number("total") == 6, "\(first)")
        let server = "http://127.0.0.1:\(upstream.port)"
        #expect(first.list("connections").allSatisfy { $0["tunnel_servers"] as? [String] == [server] }, "\(first)")
        // The sixth connection has no WebSocket.
        #expect(try await watched.object("/connections?search=127.0.0.1%3A\(upstream.port)").number("matching") == 5)
        // Nor has it a path, a site and a route that it was opened at.
        for (text, count) in [("%2FTunnel", 5.0), ("shop", 5), ("secret", 0), ("token", 0)] {
            #expect(try await watched.object("/connections?search=\(text)").number("matching") == count, "\(text)")
        }
        #expect(first.list("connections").allSatisfy { Self.targets($0) == [["/tunnel", "shop", "/"]] }, "\(first)")
        let rest = try await watched.object("/connections?state=tunnel&limit=3&offset=3&sort=bytes")
        #expect(rest.list("connections").count == 2)
        let id = try #require(rest.list("connections").first?["id"] as? String)
        let one = try await watched.object("/connections?search=\(id)&limit=50")
        #expect(one.list("connections").map { $0["id"] as? String } == [id])
        #expect(try await watched.object("/connections?search=nobody").number("matching") == 0)
        let listed = try await watched.running.command(["connections", "--search", "/tunnel", "--state", "tunnel"])
        #expect(listed.code == 0 && listed.text.split(separator: "\n").count == 6, "\(listed)")
        #expect(listed.text.contains("/tunnel (shop, /), 1 open, "), "\(listed)")
        let none = try await watched.running.command(["connections", "--search", "nobody"])
        #expect(none.code == 0 && none.text.split(separator: "\n").count == 1, "\(none)")
        let long = String(repeating: "a", count: 201)
        for wrong in [["--state", "open"], ["close", "0-1", "--search", "x"], ["--search", long]] {
            #expect(try await watched.running.command(["connections"] + wrong).code == 2, "\(wrong)")
        }
        for tunnel in tunnels { tunnel.wire.close() }
        idle.close()
        try await watched.running.end()
    }

    @Test("WebSockets over HTTP/2 are found by where they were opened, however many share a connection")
    func overHTTP2() async throws {
        let certificates = try await Certificates.ready()
        let behind = try FreePort()
        let echo = try ChildProcess(Place.pythonWithLibraries, [Place.peer("echo_messages.py"), "\(behind)"])
        _ = try await echo.output.first("the server") { $0 == "listening" }
        let watched = try await WatchedGatehouse([behind.number], site: certificates.ssl())
        let words = ["\(watched.port)", "/room?token=secret", "more", "await=1"]
        let client = try ChildProcess(Place.python, [Place.peer("http2_socket.py")] + words)
        #expect(try await client.output.first(2) == ["1 200", "3 200"])
        // The client may have its answer before the tunnel is one.
        let query = "/connections?search=%2Froom&state=tunnel"
        try await eventually("both WebSockets are listed") {
            try await watched.object(query).list("connections").first?.number("tunnels") == 2
        }
        let found = try await watched.object(query).list("connections")
        #expect(found.count == 1, "\(found)")
        #expect(found.first.map(Self.targets) == [["/room", "shop", "/"]], "\(found)")
        #expect(try await watched.object("/connections?search=secret").number("matching") == 0)
        client.kill()
        echo.kill()
        try await watched.running.end()
    }

    @Test("a request under way is found by its site, too, as by its path", arguments: ["shop", "%2FHeld"])
    func underWay(text: String) async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            _ = try wire.readToEnd()
        }
        let watched = try await WatchedGatehouse([upstream.port])
        let client = try Wire(to: watched.port.number)
        try await onThread { try client.write("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try await eventually("it is listed") {
            try await watched.object("/connections?state=request&search=\(text)").number("matching") == 1
        }
        #expect(try await watched.object("/connections?state=request&search=nobody").number("matching") == 0)
        client.close()
        try await watched.running.end()
    }

    @Test("of a long path that a WebSocket was opened at the beginning is kept")
    func longPath() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write(Tunnelled.accept("a"))
            _ = try wire.readToEnd()
        }
        let watched = try await WatchedGatehouse([upstream.port])
        let tunnel = try await onThread { try Tunnelled(watched.port, "/" + String(repeating: "a", count: 3000)) }
        try await eventually("it is listed") { try await watched.object("/connections?state=tunnel").number("matching") == 1 }
        let found = try await watched.object("/connections?state=tunnel").list("connections")
        #expect(found.first.map(Self.targets)?.first?.first == "/" + String(repeating: "a", count: 1023), "\(found)")
        tunnel.wire.close()
        try await watched.running.end()
    }

    /// Path, site and route of what its WebSockets were opened at.
    private static func targets(_ connection: [String: Any]) -> [[String]] {
        connection.list("tunnel_targets").map { target in ["path", "site", "route"].compactMap { target[$0] as? String } }
    }

    @Test(
        "what cannot be understood is refused",
        arguments: [
            "limit=0", "limit=1001", "limit=x", "state=no", "limit=-1", "offset=-1", "offset=99999999999999999999", "sort=no",
            "search=%zz", "search=%+1", "search=%-1", "search=%1", "search=%", "search=%ff", "what=1", "limit",
            "search=" + String(repeating: "a", count: 201),
        ])
    func refused(query: String) async throws {
        let watched = try await WatchedGatehouse([1])
        for list in ["/servers", "/connections"] {
            let answer = try await watched.ask("\(list)?\(query)")
            #expect(answer.status == 400 && answer.text.contains("application/problem+json"), "\(list) \(answer)")
        }
        try await watched.running.end()
    }

    @Test("a parameter that is there twice is refused by its name", arguments: ["search", "state", "sort", "offset", "limit"])
    func repeated(name: String) async throws {
        let value = ["state": "idle", "sort": "age", "offset": "1", "limit": "1"][name] ?? "a"
        let watched = try await WatchedGatehouse([1])
        // One that is written with an escape is the same.
        for again in ["\(name)=\(value)", "\(name)=", "%\(String(name.utf8.first ?? 0, radix: 16))\(name.dropFirst())=\(value)"] {
            let answer = try await watched.ask("/connections?\(name)=\(value)&\(again)")
            #expect(answer.status == 400 && answer.text.contains("application/problem+json"), "\(again) \(answer)")
            #expect(answer.text.contains(#"\"\#(name)\" is there more than once."#), "\(again) \(answer)")
        }
        try await watched.running.end()
    }
}
