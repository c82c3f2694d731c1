import Foundation
import Glibc
import TestSupport
import Testing

/// What is counted, and who reads it.
@Suite("Metrics")
struct MetricsTests {
    private func site(_ port: FreePort, _ upstream: UInt16, top: String = "", routes: String = "") -> String {
        """
        \(top)
        [[sites]]
        name = "a \\"shop\\""
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "."
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.upstreams]]
        name = "dead"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/up/"
        upstream = "app"
        [[sites.proxy.routes]]
        path = "/dead/"
        upstream = "dead"
        \(routes)
        """
    }

    private func send(_ wire: Wire, _ request: String, body: String = "") async throws -> Int {
        try await onThread {
            let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
            try wire.write("\(request) HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\(body)")
            return try wire.readAnswer().status
        }
    }

    private func refused(_ wire: Wire, _ request: String) async throws -> Int {
        try await onThread {
            try wire.write(request)
            return try wire.readAnswer().status
        }
    }

    private static let siteLabel = "site=\"a \\\"shop\\\"\""

    @Test("every request is counted once, by what became of it; both formats and promtool agree; no client can forge a series")
    func counts() async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("twelve bytes"))
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let scrape = Scrape(running)
        let wire = try Wire(to: port.number)
        for _ in 0..<5 { #expect(try await send(wire, "GET /up/x") == 200) }
        for _ in 0..<3 { #expect(try await send(wire, "POST /up/x", body: "0123456789") == 200) }
        for _ in 0..<2 { #expect(try await send(wire, "GET /dead/") == 502) }
        for _ in 0..<4 { #expect(try await send(wire, "GET /missing%7Bforged=%22%22%7D%201?forged=%0A") == 404) }
        #expect(try await send(try Wire(to: port.number), "GET /up/\"forged\\") == 400)
        // A client's own: no alert may be set off by it.
        #expect(try await refused(try Wire(to: port.number), "GET /up/x HTTP/3.0\r\nHost: a\r\n\r\n") == 505)
        let other = try Wire(to: port.number)
        #expect(try await send(other, "BREW /up/forged") == 200)
        let up = "\(Self.siteLabel),route=\"/up/\",upstream=\"app\""
        let dead = "\(Self.siteLabel),route=\"/dead/\",upstream=\"dead\""
        let rest = "\(Self.siteLabel),route=\"\",upstream=\"\""
        // The answer may be here before it is counted.
        var text = try await scrape.text()
        while !text.contains("gatehouse_requests_total{\(up),method=\"other\",code=\"2xx\"} 1\n") {
            text = try await scrape.text()
        }
        let lines = Set(text.split(separator: "\n").map(String.init))
        let server = "\(Self.siteLabel),upstream=\"app\",server=\"http://127.0.0.1:\(upstream.port)\""
        for line in [
            "gatehouse_requests_total{\(up),method=\"GET\",code=\"2xx\"} 5",
            "gatehouse_requests_total{\(up),method=\"POST\",code=\"2xx\"} 3",
            "gatehouse_requests_total{\(dead),method=\"GET\",code=\"5xx\"} 2",
            "gatehouse_failed_requests_total{\(dead)} 2", "gatehouse_failed_requests_total{\(up)} 0",
            "gatehouse_requests_total{\(rest),method=\"GET\",code=\"4xx\"} 5",
            "gatehouse_request_duration_seconds_count{\(up)} 9",
            "gatehouse_request_duration_seconds_bucket{\(up),le=\"+Inf\"} 9",
            "gatehouse_response_body_bytes_sum{\(up)} \(9 * 12)",
            "gatehouse_request_body_bytes_sum{\(up)} 30",
            "gatehouse_request_body_bytes_bucket{\(up),le=\"1024.0\"} 9",
            "gatehouse_upstream_responses_total{\(server),code=\"2xx\"} 9",
            "gatehouse_upstream_up{\(server)} 1", "gatehouse_upstream_weight{\(server)} 1",
            "gatehouse_upstream_requests_in_flight{\(server)} 0",
            "gatehouse_reasons_total{reason=\"path_backslash\"} 1",
            "gatehouse_reasons_total{reason=\"file_not_found\"} 4", "gatehouse_connections_accepted_total 4",
        ] {
            #expect(lines.contains(line), "\(line)\n\(text)")
        }
        let failed = lines.filter { $0.hasPrefix("gatehouse_failed_requests_total{") }
        let fifth = lines.filter { $0.contains("code=\"5xx\"}") && $0.hasPrefix("gatehouse_requests_total{") }
        #expect(failed.count { $0.hasSuffix(" 0") } == failed.count - 1 && fifth.count == 2, "\(failed) \(fifth)")
        #expect(!text.contains("forged"), "\(text)")
        #expect(try await Scrape.samples(text, "parser") == Scrape.samples(try await scrape.text(.open), "openmetrics.parser"))
        let check = try await Command.run("bash", ["-c", "promtool check metrics < \"$0\"", try scrape.file(text)])
        #expect(check.code == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check)")
        try await running.end()
    }

    @Test("a WebSocket's messages and bytes are counted, and how many are open")
    func tunnels() async throws {
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write(Tunnelled.accept("a"))
            _ = try wire.read(7)
            try wire.write([0x81, 0x02, 0x68, 0x69, 0x81, 0x01, 0x21])
            _ = try wire.read(6)
            try wire.write([0x88, 0x00])
        }
        let route = "[[sites.proxy.routes]]\npath = \"/tunnel\"\nupstream = \"app\"\nwebsocket = true\n"
        let running = try await ReloadingGatehouse(site(port, upstream.port, routes: route))
        let scrape = Scrape(running)
        let tunnel = try await onThread { try Tunnelled(port) }
        try await onThread {
            try tunnel.wire.write([0x81, 0x81, 0, 0, 0, 0, 0x78])
            #expect(try tunnel.wire.read(7).count == 7)
        }
        let labels = "\(Self.siteLabel),route=\"/tunnel\",upstream=\"app\""
        #expect(try await scrape.text().contains("gatehouse_tunnels{\(labels)} 1\n"))
        try await onThread {
            try tunnel.wire.write([0x88, 0x80, 0, 0, 0, 0])
            #expect(try tunnel.wire.readToEnd().bytes == [0x88, 0x00])
        }
        var text = try await scrape.text()
        while !text.contains("gatehouse_tunnels{\(labels)} 0\n") { text = try await scrape.text() }
        for line in [
            "gatehouse_tunnels_opened_total{\(labels)} 1", "gatehouse_tunnel_messages_total{\(labels),direction=\"in\"} 1",
            "gatehouse_tunnel_messages_total{\(labels),direction=\"out\"} 2",
            "gatehouse_tunnel_bytes_total{\(labels),direction=\"in\"} 13",
            "gatehouse_tunnel_bytes_total{\(labels),direction=\"out\"} 9",
            "gatehouse_requests_total{\(labels),method=\"GET\",code=\"1xx\"} 1",
        ] {
            #expect(text.contains(line + "\n"), "\(line)\n\(text)")
        }
        try await running.end()
    }

    @Test("a reload sets nothing back; what it removes is told no more; what is too much is counted together")
    func reload() async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("ok"))
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let scrape = Scrape(running)
        let wire = try Wire(to: port.number)
        for _ in 0..<3 { #expect(try await send(wire, "GET /up/x") == 200) }
        #expect(try await send(wire, "GET /dead/") == 502)
        _ = try await running.reload(site(port, upstream.port).replacing("path = \"/dead/\"", with: "path = \"/gone/\""))
        #expect(try await send(wire, "GET /up/x") == 200)
        #expect(try await send(wire, "GET /missing") == 404)
        let text = try await scrape.text()
        #expect(
            text.contains(
                "gatehouse_requests_total{\(Self.siteLabel),route=\"/up/\",upstream=\"app\",method=\"GET\",code=\"2xx\"} 4\n"),
            "\(text)")
        #expect(!text.contains("route=\"/dead/\""), "\(text)")
        _ = try await running.reload(site(port, upstream.port, top: "[metrics]\nmax_label_sets = 1\n"))
        #expect(try await send(wire, "GET /up/x") == 200)
        #expect(try await send(wire, "GET /missing") == 404)
        let merged = try await scrape.text()
        #expect(merged.contains("route=\"other\",upstream=\"other\",method=\"GET\",code=\"2xx\"} 1\n"), "\(merged)")
        #expect(!merged.contains("gatehouse_metrics_merged 0\n") && !merged.contains("route=\"/up/\""), "\(merged)")
        _ = try await running.reload(site(port, upstream.port, top: "[metrics]\nenabled = false\n"))
        #expect(try await scrape.text().contains("\"status\":404"))
        try await running.end()
    }

    @Test("a scraper that never reads keeps nobody from being served, or from scraping")
    func stalled() async throws {
        let upstream = try Upstream.saying("ok")
        let (port, metrics) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(
            site(port, upstream.port, top: "[metrics]\nlisten = \"127.0.0.1:\(metrics)\"\n"))
        // More answers than sockets hold, all asked for at once: the gateway stops in the middle of one.
        let scrapers = try (0..<8).map { _ in try Wire(to: metrics.number) }
        let asked = String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 500)
        for scraper in scrapers { try await onThread { try scraper.write(asked) } }
        let wire = try Wire(to: port.number)
        for _ in 0..<50 { #expect(try await send(wire, "GET /up/x") == 200) }
        let other = try await Command.curl(["http://127.0.0.1:\(metrics)/metrics"])
        #expect(other.code == 0 && other.text.contains("gatehouse_requests_total"), "\(other)")
        for scraper in scrapers { scraper.close() }
        try await running.end()
    }

    @Test("metrics.listen answers whoever shows the token, or asks for an address; nothing else is to be had there")
    func listener() async throws {
        let (port, metrics) = (try FreePort(), try FreePort())
        func code(_ arguments: [String]) async throws -> String {
            try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}"] + arguments).text
        }
        let top = "[metrics]\nlisten = \"127.0.0.1:\(metrics)\"\n"
        let open = try await ReloadingGatehouse(site(port, 9, top: top))
        let url = "http://127.0.0.1:\(metrics)/metrics"
        #expect(try await code([url]) == "200")
        #expect(try await code(["-I", url]) == "200")
        #expect(try await code(["-H", "Host: localhost:\(metrics)", url]) == "200")
        #expect(try await code(["-H", "Host: rebound.example", url]) == "403")
        #expect(try await code(["-X", "POST", url]) == "405")
        #expect(try await code(["-d", "body", url]) == "413")
        #expect(try await code(["http://127.0.0.1:\(metrics)/status"]) == "404")
        try await open.end()
        let held = try await ReloadingGatehouse(site(port, 9, top: top + "token = \"0123456789abcdef\"\n"))
        #expect(try await code([url]) == "401")
        for wrong in ["0123456789abcdeX", "1123456789abcdef", "0123456789bbcdef", "0123456789abcde"] {
            #expect(try await code(["-H", "Authorization: Bearer \(wrong)", url]) == "401", "\(wrong)")
        }
        #expect(try await code(["-H", "Authorization: Basic 0123456789abcdef", url]) == "401")
        #expect(try await code(["-H", "Host: any.example", "-H", "Authorization: bearer 0123456789abcdef", url]) == "200")
        try await held.end()
    }

    @Test("another process that takes over answers at metrics.listen in its place")
    func upgrade() async throws {
        let (port, metrics) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(site(port, 9, top: "[metrics]\nlisten = \"127.0.0.1:\(metrics)\"\n"))
        // Who is idle holds the old process.
        let wire = try Wire(to: port.number)
        #expect(try await send(wire, "GET /missing") == 404)
        let upgraded = try await running.command(["upgrade"])
        #expect(upgraded.code == 0, "\(upgraded)")
        for _ in 0..<20 {
            let answer = try await Command.curl(
                ["--retry", "9", "--retry-connrefused", "--retry-delay", "1", "http://127.0.0.1:\(metrics)/metrics"])
            #expect(answer.text.contains("gatehouse_connections_accepted_total 0\n"), "\(answer)")
        }
        let line = try await running.process.errors.first { $0.contains(": upgraded: ") }
        let successor = try #require(line.firstMatch(of: /successor=(\d+)/).flatMap { pid_t($0.output.1) })
        kill(successor, SIGTERM)
        wire.close()
        #expect(try await running.process.exit() == .code(0))
    }
}
