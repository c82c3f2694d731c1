import Foundation
import TestSupport
import Testing

/// Handshakes by what they failed of, stored answers, buffers, and exemplars.
@Suite("Metrics of the gateway's parts")
struct CountedPartsTests {
    private func site(_ port: FreePort, _ upstream: UInt16, keys: String = "", top: String = "") -> String {
        """
        \(top)
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        \(keys)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        """
    }

    private func get(_ port: FreePort, _ target: String) async throws -> Int {
        let wire = try Wire(to: port.number)
        return try await onThread {
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer().status
        }
    }

    /// Scrapes until all of these lines are there.
    private func wait(for lines: [String], _ scrape: Scrape) async throws -> String {
        var text = ""
        do {
            try await eventually("these lines") {
                text = try await scrape.text()
                return lines.allSatisfy { text.contains($0 + "\n") }
            }
        } catch is NeverSeen {
            Issue.record("\(lines.filter { !text.contains($0 + "\n") })\n\(text)")
        }
        return text
    }

    @Test("handshakes are counted whole, resumed, and failed by the word that the log has")
    func handshakes() async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = (try FreePort(), try Upstream.saying("ok"))
        let ssl =
            "[sites.ssl]\nenabled = true\ncert_file = \"\(certificates.local.certificate)\"\n"
            + "key_file = \"\(certificates.local.key)\"\n"
        let running = try await ReloadingGatehouse(
            site(port, upstream.port).replacing("[sites.proxy]\n", with: ssl + "[sites.proxy]\n"))
        let connect = "openssl s_client -connect 127.0.0.1:\(port) -servername localhost"
        let session = running.directory.path + "/session"
        for option in ["-sess_out", "-sess_in"] {
            let asked = "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'"
            let said = try await Command.run("bash", ["-c", "\(asked) | \(connect) \(option) \(session) -ign_eof"])
            #expect(said.text.contains("200 OK"), "\(said)")
        }
        _ = try await Command.run("bash", ["-c", "\(connect) -tls1_1 -cipher DEFAULT@SECLEVEL=0 < /dev/null"])
        let plain = try Wire(to: port.number)
        _ = try await onThread {
            try plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try plain.readToEnd()
        }
        let text = try await wait(
            for: [
                "gatehouse_tls_handshakes_total{version=\"1.3\",resumed=\"no\"} 1",
                "gatehouse_tls_handshakes_total{version=\"1.3\",resumed=\"yes\"} 1",
                "gatehouse_tls_handshake_failures_total{reason=\"no_shared_version\"} 1",
                "gatehouse_tls_handshake_failures_total{reason=\"plain_http\"} 1",
                "gatehouse_tls_handshake_failures_total{reason=\"timeout\"} 0",
            ], Scrape(running))
        #expect(running.process.errors.all.contains { $0.contains("cause=no_shared_version") }, "\(text)")
        try await running.end()
    }

    @Test("stored answers are counted by what came of requests; a reload sets nothing back; buffers in use come to none")
    func cache() async throws {
        let port = try FreePort()
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 8000\r\n\r\n" + String(repeating: "o", count: 8000)
        }
        let keys = "[sites.cache_upstream]\nmax_memory = \"64KB\"\n"
        let top = "[performance]\nworker_threads = 1\n"
        let running = try await ReloadingGatehouse(site(port, upstream.port, keys: keys, top: top))
        let scrape = Scrape(running)
        for target in ["/a", "/a", "/a", "/b"] { #expect(try await get(port, target) == 200) }
        _ = try await wait(
            for: [
                "gatehouse_cache_requests_total{site=\"shop\",result=\"hit\"} 2",
                "gatehouse_cache_requests_total{site=\"shop\",result=\"miss\"} 2",
                "gatehouse_cache_stored_total{site=\"shop\"} 2", "gatehouse_cache_answers{site=\"shop\"} 2",
                "gatehouse_buffers_used{worker=\"0\"} 0",
            ], scrape)
        for number in 0..<20 { #expect(try await get(port, "/filling/\(number)") == 200) }
        let full = try await wait(for: ["gatehouse_cache_stored_total{site=\"shop\"} 22"], scrape)
        let evicted = full.firstMatch(of: /gatehouse_cache_evictions_total\{site="shop"\} (\d+)/).flatMap { Int($0.1) } ?? 0
        let kept = full.firstMatch(of: /gatehouse_cache_answers\{site="shop"\} (\d+)/).flatMap { Int($0.1) } ?? 0
        #expect(evicted > 0 && evicted + kept == 22, "\(full)")
        #expect(full.contains(/gatehouse_cache_bytes\{site="shop"\} [1-9]/), "\(full)")
        // Another size is another cache, and what was counted stays.
        _ = try await running.reload(site(port, upstream.port, keys: keys.replacing("64KB", with: "128KB"), top: top))
        #expect(try await get(port, "/new") == 200)
        _ = try await wait(for: ["gatehouse_cache_stored_total{site=\"shop\"} 23"], scrape)
        try await running.end()
    }

    @Test("stored answers on disk are counted, what came from there, made room, was damaged, and could not be read or written")
    func disk() async throws {
        let (port, directory) = (try FreePort(), try TemporaryDirectory())
        let upstream = try Upstream.answering { request in
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 20000\r\n\r\n"
                + String(repeating: "\(request.target.last ?? "-")", count: 20_000)
        }
        // Memory has room for two answers or three, the disk for four: two blocks of each are more than its body.
        let keys = "[sites.cache_upstream]\nmax_memory = \"64KB\"\ndisk_dir = \"\(directory.path)\"\ndisk_size = \"100KB\"\n"
        let running = try await ReloadingGatehouse(
            site(port, upstream.port, keys: keys, top: "[performance]\nworker_threads = 1\n"))
        let scrape = Scrape(running)
        func said(_ name: String, _ value: Int, _ more: String = "") -> String {
            "gatehouse_cache_disk_\(name){site=\"shop\"\(more)} \(value)"
        }
        for number in 0..<6 { #expect(try await get(port, "/\(number)") == 200) }
        let full = try await wait(
            for: [said("stored_total", 6), said("answers", 4), said("evictions_total", 2), said("up", 1)], scrape)
        let bytes = full.firstMatch(of: /gatehouse_cache_disk_bytes\{site="shop"\} (\d+)/).flatMap { Int($0.1) } ?? 0
        #expect((80_000...100_000).contains(bytes), "\(full)")
        #expect(try await get(port, "/2") == 200)
        _ = try await wait(for: [said("hits_total", 1)], scrape)

        let store = try #require(try FileManager.default.contentsOfDirectory(atPath: directory.path).first)
        let folder = directory.path + "/" + store
        func file(of target: String) throws -> String {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
            let last = Data(repeating: try #require(target.utf8.last), count: 20_000)
            return try #require(try names.first { try Data(contentsOf: URL(filePath: $0)).suffix(20_000) == last })
        }
        try Data("x".utf8).write(to: URL(filePath: try file(of: "/3")))
        #expect(try await get(port, "/3") == 200)
        _ = try await wait(for: [said("errors_total", 1, ",error=\"damaged\""), said("stored_total", 7)], scrape)
        let unreadable = try file(of: "/4")
        try FileManager.default.removeItem(atPath: unreadable)
        try FileManager.default.createDirectory(atPath: unreadable, withIntermediateDirectories: false)
        #expect(try await get(port, "/4") == 200)
        _ = try await wait(for: [said("errors_total", 1, ",error=\"read\""), said("stored_total", 8)], scrape)

        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
        try Data().write(to: URL(filePath: folder))
        #expect(try await get(port, "/7") == 200)
        let off = try await wait(for: [said("errors_total", 1, ",error=\"write\""), said("up", 0)], scrape)
        #expect(off.contains(said("errors_total", 0, ",error=\"too_many_waiting\"")), "\(off)")
        let listed = try await running.command(["cache", "--json"])
        #expect(listed.text.contains("\"errors\" : 3,"), "\(listed)")
        try await running.end()
    }

    @Test("exemplars are in OpenMetrics alone, of traces that were sent, and the parser reads them")
    func exemplars() async throws {
        let (port, upstream, collector) = (try FreePort(), try Upstream.saying("ok"), try Collector())
        let top = "[tracing]\nendpoint = \"http://127.0.0.1:\(collector.port)\"\n"
        let running = try await ReloadingGatehouse(site(port, upstream.port, top: top))
        #expect(try await get(port, "/x") == 200)
        let spans = try await collector.spans.first(2)
        let scrape = Scrape(running)
        #expect(!(try await scrape.text()).contains("trace_id"))
        let text = try await scrape.text(.open)
        let lines = text.split(separator: "\n").filter { $0.contains("# {trace_id=\"\(spans[0].trace)\"} ") }
        #expect(lines.count == 1 && lines[0].contains("gatehouse_request_duration_seconds_bucket{"), "\(lines)\n\(text)")
        let program = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
            for family in families(open(sys.argv[1], newline="\\n").read()):
                for sample in family.samples:
                    if sample.exemplar:
                        assert 0 <= sample.exemplar.value <= float(sample.labels["le"]), sample
                        print(sample.exemplar.labels["trace_id"])
            """
        let parsed = try await Command.run(Place.pythonWithLibraries, ["-c", program, try scrape.file(text)])
        #expect(parsed.text == "\(spans[0].trace)\n", "\(parsed)")
        try await running.end()
    }
}
