import Foundation
import TestSupport
import Testing

@Suite("Traces")
struct TracingTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    private func site(_ port: FreePort, _ upstream: UInt16, _ tracing: String, trusts: Bool = true) -> String {
        """
        [tracing]
        \(tracing)
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [sites.proxy]
        enabled = true
        headers = { trusted_proxies = [\(trusts ? "\"127.0.0.1\"" : "")] }
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.upstreams]]
        name = "dead"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        [[sites.proxy.routes]]
        path = "/dead/"
        upstream = "dead"
        """
    }

    /// Answers with the trace fields of the request.
    private func echo() throws -> Upstream {
        try Upstream.answering { request in
            Upstream.ok("\(request.value("traceparent") ?? "-") \(request.value("tracestate") ?? "-")")
        }
    }

    private func ask(_ port: FreePort, _ path: String, _ fields: [String] = []) async throws -> [String] {
        let answer = try await Command.run("curl", ["-sS"] + fields.flatMap { ["-H", $0] } + ["http://127.0.0.1:\(port)\(path)"])
        return answer.text.split(separator: " ").map(String.init)
    }

    @Test("of trusted proxies go on, with a span of ours and one of what the upstream is asked; the log names them")
    func continued() async throws {
        let (port, upstream, collector) = (try FreePort(), try echo(), try Collector())
        let toml = site(
            port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"\nservice_name = \"edge\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let told = try await ask(
                port, "/x?token=1", ["traceparent: 00-\(Self.trace)-\(Self.parent)-01", "tracestate: vendor=1"])
            #expect(told[0].hasPrefix("00-\(Self.trace)-") && told[0].hasSuffix("-01") && told[1] == "vendor=1", "\(told)")
            let spans = try await collector.spans.first(2)
            let (server, client) = (spans[0], spans[1])
            #expect(server.trace == Self.trace && server.parent == Self.parent && server.kind == 2 && server.name == "GET /")
            #expect(client.trace == Self.trace && client.parent == server.identifier && client.kind == 3 && client.name == "GET")
            #expect(told[0].contains("-\(client.identifier)-") && server.service == "edge")
            #expect(server.end >= server.start && client.start >= server.start && client.end <= server.end)
            #expect(server.attributes["http.response.status_code"] == "200" && server.attributes["url.path"] == "/x")
            #expect(server.attributes["gatehouse.site"] == "shop" && server.attributes["url.scheme"] == "http")
            #expect(client.attributes["url.full"] == "http://127.0.0.1:\(upstream.port)" && !server.isError)
            let line = try await gatehouse.process.output.first { $0.contains("/x?token") }
            let entry = try #require(AccessEntry(line))
            #expect(entry["trace_id"] == Self.trace && entry["span_id"] == server.identifier)
        }
    }

    @Test(
        "begin anew where the peer is not trusted, or names none that is one",
        arguments: [
            (false, "00-\(trace)-\(parent)-01"), (true, "00-\(trace)-\(parent)"), (true, "ff-\(trace)-\(parent)-01"),
            (true, "00-00000000000000000000000000000000-\(parent)-01"), (true, "00-\(trace)-0000000000000000-01"),
            (true, "00-\(trace.uppercased())-\(parent)-01"), (true, "00-\(trace)-\(parent)-01-x"),
        ])
    func begun(trusts: Bool, field: String) async throws {
        let (port, upstream, collector) = (try FreePort(), try echo(), try Collector())
        let toml = site(port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"", trusts: trusts)
        try await Gatehouse.serving(toml) { _ in
            let told = try await ask(port, "/", ["traceparent: \(field)", "tracestate: vendor=1"])
            #expect(!told[0].contains(Self.trace) && told[0].utf8.count == 55 && told[1] == "-", "\(told)")
            let server = try await collector.spans.first(2)[0]
            #expect(server.parent == nil && told[0].contains(server.trace))
        }
    }

    @Test("that are not sampled leave spans where an answer is a 5xx, and no others")
    func tail() async throws {
        let (port, upstream, collector) = (try FreePort(), try echo(), try Collector())
        let toml = site(port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"\nslow = 600")
        try await Gatehouse.serving(toml) { _ in
            for _ in 0..<10 {
                let told = try await ask(port, "/", ["traceparent: 00-\(Self.trace)-\(Self.parent)-00"])
                #expect(told[0].hasSuffix("-00"))
            }
            _ = try await ask(port, "/dead/", ["traceparent: 00-\(Self.trace)-\(Self.parent)-00"])
        }
        let spans = try await collector.spans.first(2)
        #expect(spans[0].name == "GET /dead/" && spans[0].isError && spans[1].isError)
        #expect(spans[0].attributes["error.type"] == "upstream_connect_failed")
        #expect(collector.spans.all.count == 2)
    }

    @Test(
        "are of requests that are refused while they are read, too; of a trusted proxy's they go on as far as it was read",
        arguments: [
            ("/a%5Cb HTTP/1.1", "traceparent: 00-\(trace)-\(parent)-01", "path_backslash", "400", true),
            ("/ HTTP/9", "A: b", "version_malformed", "400", false),
            ("/ HTTP/1.1", "Transfer-Encoding: identity", "transfer_coding_unknown", "501", false),
        ] as [(String, String, String, String, Bool)])
    func refused(line: String, field: String, reason: String, status: String, goesOn: Bool) async throws {
        let (port, upstream, collector) = (try FreePort(), try echo(), try Collector())
        let toml = site(port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET \(line)\r\nHost: localhost\r\n\(field)\r\n\r\n")
                _ = try? wire.readAnswer()
            }
            let span = try await collector.spans.first(1)[0]
            #expect(span.attributes["http.response.status_code"] == status && span.kind == 2, "\(span)")
            #expect((span.trace == Self.trace) == goesOn && span.parent == (goesOn ? Self.parent : nil), "\(span)")
            #expect(span.attributes["error.type"] == reason, "\(span)")
            let entry = try await gatehouse.access(reason: reason)
            #expect(entry["trace_id"] == span.trace && entry["span_id"] == span.identifier, "\(entry)")
        }
        #expect(collector.spans.all.count == 1)
    }

    @Test(
        "say of the upstream what it has answered, and by the conventions what is an error",
        arguments: [
            ("GET", "/", 200, nil, nil), ("GET", "/", 404, nil, "404"), ("GET", "/", 500, "500", "500"),
            ("BREW", "/", 200, nil, nil), ("GET", "/dead/", nil, "upstream_connect_failed", "upstream_connect_failed"),
        ] as [(String, String, Int?, String?, String?)])
    func conventions(method: String, path: String, status: Int?, type: String?, upstreamType: String?) async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 \(status ?? 200) Answer\r\nContent-Length: 2\r\n\r\nok"
        }
        let (port, collector) = (try FreePort(), try Collector())
        let toml = site(port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"")
        try await Gatehouse.serving(toml) { _ in
            _ = try await Command.run("curl", ["-sS", "-X", method, "http://127.0.0.1:\(port)\(path)"])
            let spans = try await collector.spans.first(2)
            let (server, client) = (spans[0], spans[1])
            #expect(server.attributes["http.response.status_code"] == "\(status ?? 502)")
            #expect(server.attributes["error.type"] == type && server.isError == (type != nil), "\(server)")
            #expect(client.attributes["http.response.status_code"] == status.map { "\($0)" }, "\(client)")
            #expect(client.attributes["error.type"] == upstreamType && client.isError == (upstreamType != nil), "\(client)")
            #expect(client.attributes["server.address"] == "127.0.0.1")
            #expect(client.attributes["server.port"] == (status == nil ? "1" : "\(upstream.port)"))
            for span in spans {
                #expect(span.attributes["http.request.method"] == (method == "BREW" ? "_OTHER" : method), "\(span)")
                #expect(span.attributes["http.request.method_original"] == (method == "BREW" ? method : nil), "\(span)")
            }
        }
    }

    @Test("wait while the collector puts them off, and are then all there, once")
    func putOff() async throws {
        let (port, upstream, collector) = (try FreePort(), try echo(), try Collector(first: [503, 429]))
        let toml = site(
            port, upstream.port, "endpoint = \"http://127.0.0.1:\(collector.port)\"\n[logging]\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            for number in 1...3 { _ = try await ask(port, "/\(number)") }
            let said = try await gatehouse.log.first { $0.contains("the spans' collector cannot be reached: spans wait") }
            #expect(said.contains("key=tracing.endpoint") && said.contains("the collector answers 503"), "\(said)")
            _ = try await gatehouse.log.first { $0.contains("the spans' collector is there again") }
            let spans = try await collector.spans.first(6)
            #expect(Set(spans.compactMap { $0.attributes["url.path"] }) == ["/1", "/2", "/3"], "\(spans)")
            #expect(!gatehouse.log.all.contains { $0.contains("are lost") })
            #expect(gatehouse.log.all.count { $0.contains("cannot be reached") } == 1)
        }
        #expect(collector.spans.all.count == 6)
    }

    @Test("cost no request anything where nobody takes them: what is lost is counted", arguments: [400, 0])
    func lost(status: Int) async throws {
        let (port, upstream) = (try FreePort(), try echo())
        let collector = status == 0 ? nil : try Collector(status: status)
        let free = try FreePort()
        let endpoint = "endpoint = \"http://127.0.0.1:\(collector.map { "\($0.port)" } ?? "\(free)")/v1/traces\""
        try await Gatehouse.serving(site(port, upstream.port, endpoint + "\n[logging]\nlevel = \"debug\"\nformat = \"json\"")) {
            gatehouse in
            for _ in 0..<20 { #expect(try await ask(port, "/").count == 2) }
            let words = status == 0 ? "the spans' collector cannot be reached: spans wait" : "spans are not taken: they are lost"
            let said = try await gatehouse.log.first { $0.contains(words) }
            #expect(said.contains("key=tracing.endpoint") && said.contains(status == 0 ? "refused" : "400"), "\(said)")
        }
    }
}
