import TestSupport
import Testing

/// `[sites.compression]` with `proxied`: answers of upstreams, as real clients read them.
@Suite("Compression of upstreams' answers")
struct UpstreamCompressionTests {
    private static let page = String(repeating: "<li>one entry of the list</li>\n", count: 2000)

    private static func answer(_ text: String = page, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    private func serving(
        _ upstream: Upstream, keys: String = "", ssl: String = "", limits: String = "", _ body: (FreePort) async throws -> Void
    ) async throws {
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: ssl, proxy: "[sites.compression]\nproxied = true\n\(keys)",
            top: limits)
        try await Gatehouse.serving(toml) { _ in try await body(port) }
    }

    private func ask(_ port: FreePort, request: String = "GET / HTTP/1.1", _ fields: String) async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("\(request)\r\nHost: localhost\r\n\(fields)\r\n\r\n")
            return try wire.readAnswer(toHead: request.hasPrefix("HEAD"))
        }
    }

    @Test("curl reads each coding, over HTTP/1.1 and HTTP/2", arguments: ["br", "zstd", "gzip"])
    func codings(coding: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { _ in Self.answer() }
        for overTLS in [false, true] {
            try await serving(upstream, ssl: overTLS ? certificates.ssl() : "") { port in
                let arguments = [
                    "--compressed", "-H", "Accept-Encoding: \(coding)", "-i", "-w", "%{size_download}",
                ]
                let url = "\(overTLS ? "https" : "http")://localhost:\(port)/"
                let outcome =
                    try await overTLS ? Command.curl2(certificates, arguments + [url]) : Command.curl(arguments + [url])
                let end = try #require(outcome.text.firstRange(of: "\r\n\r\n"), "\(outcome)")
                let head = outcome.text[..<end.lowerBound].lowercased()
                let rest = outcome.text[end.upperBound...]
                #expect(rest.hasPrefix(Self.page))
                #expect(head.contains("content-encoding: \(coding)") && head.contains("vary: accept-encoding"), "\(head)")
                #expect(!head.contains("content-length"))
                #expect(head.contains("transfer-encoding: chunked") != overTLS)
                let size = Int(rest.dropFirst(Self.page.count)) ?? .max
                #expect(size < Self.page.utf8.count / 10)
            }
        }
    }

    @Test("node's fetch reads many megabytes, from an upstream that states no length")
    func long() async throws {
        let line = "0123456789 some text that is not quite the same each time "
        let upstream = try Upstream { upstream, wire in
            _ = try wire.request()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
            for number in 0..<200_000 { try wire.write("\(line)\(number)\n") }
        }
        try await serving(upstream) { port in
            let script = """
                const r = await fetch('http://127.0.0.1:\(port)/', { headers: { 'accept-encoding': 'br' } });
                const lines = (await r.text()).split('\\n');
                console.log(r.headers.get('content-encoding'), lines.length,
                  lines.every((l, n) => n == 200000 ? l == '' : l == '\(line)' + n));
                """
            let outcome = try await Command.run("node", ["--input-type=module", "-e", script])
            #expect(outcome.text == "br 200001 true\n", "\(outcome)")
        }
    }

    @Test("what the upstream has written is there when it pauses", arguments: ["br", "zstd", "gzip"])
    func pauses(coding: String) async throws {
        let goOn = Signal()
        let upstream = try Upstream { upstream, wire in
            _ = try wire.request()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            try wire.write("6\r\nfirst\n\r\n")
            goOn.wait()
            try wire.write("7\r\nsecond\n\r\n0\r\n\r\n")
        }
        try await serving(upstream) { port in
            let curl = try ChildProcess(
                "curl",
                ["-sSN", "--noproxy", "*", "--compressed", "-H", "Accept-Encoding: \(coding)", "http://127.0.0.1:\(port)/"])
            _ = try await curl.output.first("the first line") { $0 == "first" }
            goOn.fire()
            #expect(try await curl.exit() == .code(0))
            #expect(curl.output.all == ["first", "second"])
        }
    }

    @Test("events, and what is encoded already, pass as they come")
    func passes() async throws {
        let upstream = try Upstream.answering { request in
            switch request.target {
            case "/events": "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: 1\n\n"
            case "/encoded": Self.answer("not really", "Content-Encoding: br\r\n")
            case "/cookie": Self.answer(Self.page, "Set-Cookie: a=b\r\n")
            case "/short": Self.answer("short")
            default: Self.answer(Self.page, "Cache-Control: no-transform\r\n")
            }
        }
        try await serving(upstream) { port in
            for target in ["/events", "/encoded", "/cookie", "/short", "/no-transform"] {
                let answer = try await ask(port, request: "GET \(target) HTTP/1.1", "Accept-Encoding: gzip, br")
                #expect(answer.values("Content-Encoding") == (target == "/encoded" ? ["br"] : []), "\(target)")
                #expect(answer.values("Vary") == [] && answer.value("Content-Length") != nil, "\(target)")
            }
        }
    }

    @Test("the head of an answer to HEAD is that of the answer to GET; who takes no coding is told of it, too")
    func heads() async throws {
        let upstream = try Upstream.answering { request in
            let whole = Self.answer(Self.page, "ETag: \"x\"\r\nAccept-Ranges: bytes\r\n")
            return request.method == "HEAD" ? String(whole.prefix(whole.utf8.count - Self.page.utf8.count)) : whole
        }
        try await serving(upstream) { port in
            for method in ["GET", "HEAD"] {
                let answer = try await ask(port, request: "\(method) / HTTP/1.1", "Accept-Encoding: zstd")
                #expect(answer.value("Content-Encoding") == "zstd" && answer.value("ETag") == "\"x-zstd\"")
                #expect(answer.value("Vary") == "Accept-Encoding" && answer.value("Accept-Ranges") == nil)
                #expect(answer.value("Content-Length") == nil)
                let plain = try await ask(port, request: "\(method) / HTTP/1.1", "Accept-Encoding: identity")
                #expect(plain.value("Content-Encoding") == nil && plain.value("ETag") == "\"x\"")
                #expect(plain.value("Vary") == "Accept-Encoding" && plain.value("Accept-Ranges") == "bytes")
                #expect(plain.value("Content-Length") == "\(Self.page.utf8.count)")
            }
            let old = try await ask(port, request: "GET / HTTP/1.0", "Accept-Encoding: gzip")
            #expect(old.value("Content-Encoding") == nil && old.text == Self.page)
        }
    }

    @Test("what the answer depends on besides its coding stands in the same line", arguments: ["gzip", "identity"])
    func varies(coding: String) async throws {
        let upstream = try Upstream.answering { _ in Self.answer(Self.page, "Vary: Accept-Language\r\nVary: Cookie\r\n") }
        try await serving(upstream) { port in
            let answer = try await ask(port, "Accept-Encoding: \(coding)")
            #expect(answer.values("Vary") == ["Accept-Language, Cookie, Accept-Encoding"])
        }
    }

    @Test("a client that has the encoded form gets a 304 with the tag that it knows, and may write with If-Match")
    func conditions() async throws {
        let upstream = try Upstream.answering { request in
            let names = (request.value("If-None-Match") ?? request.value("If-Match") ?? "").split(separator: ", ")
            if request.method == "PUT" {
                return "HTTP/1.1 \(names.contains("\"x\"") ? 204 : 412) X\r\n\r\n"
            }
            return names.contains("\"x\"")
                ? "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n" : Self.answer(Self.page, "ETag: \"x\"\r\n")
        }
        try await serving(upstream) { port in
            let first = try await ask(port, "Accept-Encoding: br")
            let tag = try #require(first.value("ETag"))
            let second = try await ask(port, "Accept-Encoding: br\r\nIf-None-Match: \(tag)")
            #expect(second.status == 304 && second.value("ETag") == tag && second.value("Vary") == "Accept-Encoding")
            let put = try await ask(port, request: "PUT / HTTP/1.1", "If-Match: \(tag)\r\nContent-Length: 0")
            #expect(put.status == 204)
        }
    }

    @Test("an answer that breaks off is cut for the client, and no end is made up", arguments: [false, true])
    func cut(overTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { upstream, wire in
            _ = try wire.request()
            try wire.write(String(Self.answer().dropLast(1000)))
        }
        try await serving(upstream, ssl: overTLS ? certificates.ssl() : "") { port in
            let arguments = ["--compressed", "-o", "/dev/null", "\(overTLS ? "https" : "http")://localhost:\(port)/"]
            let outcome = try await overTLS ? Command.curl2(certificates, arguments) : Command.curl(arguments)
            // CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM.
            #expect([18, 56, 92].contains(outcome.code), "\(outcome)")
        }
    }

    @Test("beyond the limit answers go as they are, and places come back")
    func limit() async throws {
        let goOn = Signal()
        let upstream = try Upstream { upstream, wire in
            let request = try wire.request()
            let whole = Self.answer()
            try wire.write(String(whole.prefix(5000)))
            if request.target == "/slow" { goOn.wait() }
            try wire.write(String(whole.dropFirst(5000)))
        }
        try await serving(upstream, limits: "[limits]\nmax_compressions = 1") { port in
            let slow = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
                return (wire, try wire.head())
            }
            #expect(slow.1.value("Content-Encoding") == "gzip")
            let plain = try await ask(port, "Accept-Encoding: gzip")
            #expect(plain.value("Content-Encoding") == nil && plain.text == Self.page && plain.value("Vary") != nil)
            goOn.fire()
            try await onThread {
                var message = slow.1
                try slow.0.readBody(of: &message)
            }
            #expect(try await ask(port, "Accept-Encoding: gzip").value("Content-Encoding") == "gzip")
        }
    }
}
