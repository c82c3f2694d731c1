import TestSupport
import Testing

@Suite("HTTP/2 without TLS")
struct PlainTests {
    private static func serving(
        _ site: String, _ body: (FreePort, Upstream, Gatehouse) async throws -> Void
    ) async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: site)) { gatehouse in
            try await body(port, upstream, gatehouse)
        }
    }

    @Test("a client that knows is served where it is switched on, and HTTP/1.1 beside it", arguments: [true, false])
    func curl(hasBody: Bool) async throws {
        try await Self.serving("h2c = true") { port, upstream, gatehouse in
            let url = "http://localhost:\(port)/a"
            let ask = [url, "-w", "%{http_version}"] + (hasBody ? ["-d", "some text"] : [])
            // One at a time: curl 7.88 fails (16) with the second on a connection, whoever serves it.
            let known = try await Command.run("curl", ["-sS", "--http2-prior-knowledge", "--noproxy", "*"] + ask)
            #expect(known.code == 0 && known.text == "hello2", "\(known)")
            let older = try await Command.curl(ask + [url])
            #expect(older.code == 0 && older.text == "hello1.1hello1.1", "\(older)")
            let seen = try await upstream.requests.first(3)
            #expect(seen.allSatisfy { $0.body == (hasBody ? Array("some text".utf8) : []) })
            #expect(seen.allSatisfy { $0.head.contains("X-Forwarded-Proto: http\r\n") }, "\(seen[0].head)")
            let entry = try await gatehouse.access("/a")
            #expect(entry["version"] == "HTTP/2.0" && entry["stream"] == "1" && entry["tls"] == nil, "\(entry)")
        }
    }

    @Test("behind a balancer that speaks the PROXY protocol")
    func balanced() async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true",
            proxy: "[sites.proxy_protocol]\nfrom = [\"127.0.0.1\"]")
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.run(
                "curl",
                [
                    "-sS", "--http2-prior-knowledge", "--haproxy-protocol", "--noproxy", "*", "http://127.0.0.1:\(port)/",
                    "-H", "Host: localhost", "-w", " %{http_version}",
                ])
            #expect(outcome.code == 0 && outcome.text == "hello 2", "\(outcome)")
            #expect(try await upstream.requests.first(1)[0].value("X-Forwarded-For") == "127.0.0.1")
        }
    }

    @Test("nghttp and h2load speak it")
    func nghttp() async throws {
        try await Self.serving("h2c = true") { port, _, _ in
            let url = "http://127.0.0.1:\(port)/"
            let shown = try await Command.run("nghttp", ["-nv", url + "one", url + "two"])
            #expect(shown.code == 0 && shown.text.matches(of: /:status: 200/).count == 2, "\(shown)")
            let load = try await Command.run("h2load", ["-n", "200", "-c", "4", "-m", "10", "-p", "h2c", url])
            #expect(load.text.contains("200 succeeded, 0 failed, 0 errored"), "\(load)")
        }
    }

    @Test("a client that asks for more while its connection ends is not reset: it can still read what was taken, and its answer")
    func endsOpen() async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let limits = "[limits]\nmax_requests_per_connection = 1\nhead_timeout = 600\n"
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true", top: limits)
        try await Gatehouse.serving(toml) { _ in
            let rest = try await onThread {
                let wire = try Wire(to: port.number)
                func ask(_ stream: UInt32) throws {
                    let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
                    try wire.write(Frame.headers(fields, stream: stream))
                }
                try wire.write(Frame.preface + Frame.settings())
                try ask(1)
                try wire.waitUntilGone()
                // Reset by the first of them, the connection would refuse the second.
                try ask(3)
                try ask(5)
                wire.finishWriting()
                return try wire.readToEnd()
            }
            #expect(rest.ending == .closed)
            let goAway = Frame.make(7, 0, 0, Frame.number(1) + Frame.number(0))
            #expect(rest.bytes.suffix(goAway.count) == goAway[...], "\(rest.bytes)")
        }
    }

    /// RFC 9113 §3.1 has done away with it, and RFC 9110 §7.8 lets a server ignore it.
    @Test("an upgrade to h2c is never taken: the request is answered in HTTP/1.1", arguments: ["h2c = true", ""])
    func upgrade(site: String) async throws {
        try await Self.serving(site) { port, upstream, _ in
            let outcome = try await Command.run(
                "curl", ["-sS", "--http2", "--noproxy", "*", "http://localhost:\(port)/", "-w", " %{http_version}"])
            #expect(outcome.code == 0 && outcome.text == "hello 1.1", "\(outcome)")
            let seen = try await upstream.requests.first(1)[0].head.lowercased()
            #expect(!seen.contains("upgrade") && !seen.contains("http2-settings"), "\(seen)")
        }
    }

    @Test("where it is not switched on the preface is refused")
    func off() async throws {
        try await Self.serving("") { port, upstream, gatehouse in
            let outcome = try await Command.run(
                "curl", ["-sS", "--http2-prior-knowledge", "--noproxy", "*", "http://localhost:\(port)/"])
            #expect(outcome.code != 0, "\(outcome)")
            #expect(try await gatehouse.access(reason: "http2_preface")["status"] == "505")
            #expect(upstream.requests.all.isEmpty)
        }
    }

    @Test(
        "the preface is one only as a connection's first bytes, and whole",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2_preface"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", "http2_preface"), ("PRI * HTTP/1.1\r\nHost: localhost\r\n\r\n", ""),
        ])
    func others(_ bytes: String, _ reason: String) async throws {
        try await Self.serving("h2c = true") { port, _, gatehouse in
            let wire = try Wire(to: port.number)
            for byte in bytes.utf8 { try wire.write([byte]) }
            let entry = reason.isEmpty ? try await gatehouse.access("*") : try await gatehouse.access(reason: reason)
            #expect(entry["status"] == (reason.isEmpty ? "400" : "505"), "\(entry)")
            wire.close()
        }
    }
}
