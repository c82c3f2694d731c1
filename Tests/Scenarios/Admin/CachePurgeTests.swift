import Foundation
import TestSupport
import Testing

/// What an operator sees of stored answers, and forgets of them, while the gateway runs.
@Suite("Stored answers, by the admin socket")
struct CachePurgeTests {
    private func site(_ port: FreePort, _ upstream: Upstream, top: String = "", route: String = "", keys: String = "") -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", route: route, proxy: "[sites.cache_upstream]\n\(keys)",
            // Each worker keeps its own.
            top: "[performance]\nworker_threads = 1\n" + top)
    }

    private func isHit(_ port: FreePort, _ target: String) async throws -> Bool {
        let answer = try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
        return answer.value("Cache-Status")?.contains("; hit") == true
    }

    private static func upstream() throws -> Upstream {
        try Upstream.answering { _ in "HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 1\r\n\r\na" }
    }

    @Test("are listed, and forgotten by URL, by its beginning, or all")
    func purging() async throws {
        let (port, upstream) = (try FreePort(), try Self.upstream())
        let running = try await ReloadingGatehouse(site(port, upstream))
        let targets = ["/a?1", "/a?2", "/b/1", "/b/2", "/c"]
        for target in targets { #expect(try await !isHit(port, target)) }
        for target in targets { #expect(try await isHit(port, target)) }
        let list = try await running.command(["cache"])
        let row = list.text.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        #expect(row.count == 7 && row[0] == "main" && row[1] == "5" && Array(row[3...4]) == ["5", "5"], "\(list)")
        let one = try await running.command(["cache", "purge", "http://LocalHost/a?1"])
        #expect(one.code == 0 && one.text == "1 stored answers are forgotten.\n", "\(one)")
        #expect(try await running.command(["cache", "purge", "localhost/b/", "--prefix", "--site", "main"]).text.hasPrefix("2 "))
        for (target, isKept) in [("/a?2", true), ("/c", true), ("/a?1", false), ("/b/1", false), ("/b/2", false)] {
            #expect(try await isHit(port, target) == isKept, "\(target)")
        }
        #expect(try await running.command(["cache", "purge", "--all"]).text.hasPrefix("5 "))
        #expect(try await !isHit(port, "/c"))
        #expect(try await running.command(["cache", "purge", "--all", "--site", "other"]).code == 1)
        for wrong in [["cache", "purge"], ["cache", "purge", "x", "--all"], ["cache", "drop"]] {
            #expect(try await running.command(wrong).code == 2)
        }
        try await running.end()
    }

    /// Files of stored answers.
    private func files(_ directory: TemporaryDirectory) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).count { $0.contains("/") }
    }

    @Test("are forgotten on disk, too, by order and by what changes them, also for the next process")
    func disk() async throws {
        let (port, upstream, directory) = (try FreePort(), try Self.upstream(), try TemporaryDirectory())
        let toml = site(port, upstream, keys: "disk_dir = \"\(directory.path)\"")
        let running = try await ReloadingGatehouse(toml)
        for number in 0..<5 { #expect(try await !isHit(port, "/\(number)")) }
        let posted = try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("POST /0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            return try wire.readAnswer().status
        }
        #expect(posted == 200)
        #expect(try await running.command(["cache", "purge", "localhost/1"]).text.hasPrefix("2 "))
        let list = try await running.command(["cache"]).text.split(separator: "\n")
        #expect(list.first?.hasSuffix("disk_errors") == true && list.last?.split(separator: " ").count == 11, "\(list)")
        try await running.end()
        #expect(try files(directory) == 3)
        let next = try await ReloadingGatehouse(toml)
        for number in 0..<5 { #expect(try await isHit(port, "/\(number)") == (number > 1), "\(number)") }
        #expect(try await next.command(["cache", "purge", "--all"]).code == 0)
        #expect(try files(directory) == 0)
        #expect(try await !isHit(port, "/3"))
        try await next.end()
    }

    @Test("are not stored when they are forgotten before they have come")
    func early() async throws {
        let (port, goOn) = (try FreePort(), Signal())
        let upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                if upstream.requests.all.count == 1 { goOn.wait() }
                try wire.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 1\r\n\r\na")
            }
        }
        let running = try await ReloadingGatehouse(site(port, upstream))
        async let first = isHit(port, "/")
        _ = try await upstream.requests.first(1)
        #expect(try await running.command(["cache", "purge", "--all"]).text.hasPrefix("0 "))
        goOn.fire()
        #expect(try await !first)
        #expect(try await !isHit(port, "/"))
        #expect(try await isHit(port, "/"))
        try await running.end()
    }

    @Test("stay over a reload, but for those of a route that has changed")
    func reloads() async throws {
        let (port, upstream) = (try FreePort(), try Self.upstream())
        let running = try await ReloadingGatehouse(site(port, upstream))
        #expect(try await !isHit(port, "/"))
        _ = try await running.reload(site(port, upstream, top: "[limits]\nhead_timeout = 500\nkeep_alive_timeout = 500\n"))
        #expect(try await isHit(port, "/"))
        _ = try await running.reload(site(port, upstream, route: "rewrite_location = false"))
        #expect(try await !isHit(port, "/"))
        try await running.end()
    }
}
