import Dispatch
import TestSupport
import Testing

@Suite("curl over HTTP/2")
struct CurlTests {
    @Test("what an upstream sees is what it sees of HTTP/1.1, but for Via")
    func same() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let url = "https://localhost:\(port)/a%20b/../c?d=e"
            for version in ["--http1.1", "--http2"] {
                for body in [[], ["-d", "some text"], ["-d", "x", "-H", "Transfer-Encoding: chunked"]] {
                    let answer = try await Command.curl2(
                        certificates, [version, url, "-H", "Cookie: a=b", "-H", "X-Own: 1", "-H", "Accept:"] + body)
                    #expect(answer.text == "hello", "\(answer)")
                }
            }
            let seen = try await upstream.requests.first(6).map { request in
                request.head.lowercased().replacing("via: 1.1 ", with: "via: 2.0 ").split(separator: "\r\n").sorted()
            }
            #expect(seen[0..<3] == seen[3..<6])
            #expect(seen[0].contains("cookie: a=b") && seen[0].contains("get /c?d=e http/1.1"), "\(seen[0])")
            _ = try await gatehouse.process.output.first("HTTP/2.0") { $0.contains(#""version":"HTTP/2.0""#) }
        }
    }

    @Test("a long answer and a long request arrive whole, whether windows may grow or not", arguments: ["16MB", "0"])
    func long(window: String) async throws {
        let certificates = try await Certificates.ready()
        let text = String(repeating: "0123456789abcdef", count: 200_000)
        let upstream = try Upstream.answering { Upstream.ok($0.method == "POST" ? "\($0.body == Array(text.utf8))" : text) }
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write("body", text)
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: "[limits]\nhttp2_window = \"\(window)\"\n")
        try await Gatehouse.serving(toml) { _ in
            let url = "https://localhost:\(port)/"
            let down = try await Command.curl2(certificates, [url, url, url])
            #expect(down.text == text + text + text)
            let up = try await Command.curl2(certificates, [url, "--data-binary", "@\(file)"])
            #expect(up.text == "true", "\(up)")
            let chunked = try await Command.curl2(
                certificates, [url, "-X", "POST", "-T", file, "-H", "Transfer-Encoding: chunked"])
            #expect(chunked.text == "true", "\(chunked)")
        }
    }

    @Test("an answer that its upstream cuts ends in a reset", arguments: [true, false])
    func cut(isCounted: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            let head = isCounted ? "Content-Length: 10\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n4\r\n"
            try wire.write("HTTP/1.1 200 OK\r\n" + head + "some")
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl2(certificates, ["https://localhost:\(port)/cut"])
            // 92: an error on the stream. Whether it shows what came with the reset is its own affair.
            #expect(answer.code == 92, "\(answer)")
            let entry = try await gatehouse.access("/cut")
            #expect(entry["reason"] == "upstream_truncated", "\(entry)")
        }
    }

    @Test("HEAD, 204, 304 and an early hint", arguments: [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 200)])
    func bodiless(_ method: String, _ status: Int) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { request in
            let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            return hint + (status == 200 ? Upstream.ok("hello", to: request) : "HTTP/1.1 \(status) X\r\nETag: \"a\"\r\n\r\n")
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl2(
                certificates, ["https://localhost:\(port)/", "-i"] + (method == "HEAD" ? ["-I"] : []))
            #expect(answer.code == 0, "\(answer)")
            #expect(answer.text.hasPrefix("HTTP/2 103 \r\nlink: </a>\r\n\r\nHTTP/2 \(status) \r\n"), "\(answer)")
            #expect(answer.text.hasSuffix("\r\n\r\n" + (method == "GET" && status == 200 ? "hello" : "")), "\(answer)")
        }
    }

    @Test(
        "a body that is announced too large is 413 before it is sent, and one that grows too large while it is",
        arguments: [true, false])
    func tooLarge(isCounted: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write("body", String(repeating: "x", count: 400_000))
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: "[security]\nmax_request_size = 100000\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let chunked = isCounted ? [] : ["-H", "Transfer-Encoding: chunked"]
            let answer = try await Command.curl2(
                certificates,
                ["https://localhost:\(port)/big", "-X", "POST", "-T", file, "-o", "/dev/null", "-w", "%{http_code}"] + chunked)
            #expect(answer.text == "413", "\(answer)")
            let entry = try await gatehouse.access("/big")
            #expect(entry["reason"] == "body_too_large", "\(entry)")
        }
    }

    @Test("a client that waits for 100 gets it before it sends")
    func continued() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { upstream, wire in
            var request = try wire.head()
            try wire.write("HTTP/1.1 100 Continue\r\n\r\n")
            try wire.readBody(of: &request)
            upstream.requests.append(request)
            try wire.write(Upstream.ok("hello"))
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl2(
                certificates,
                [
                    "-i", "https://localhost:\(port)/", "-d", "some text", "-H", "Expect: 100-continue", "--expect100-timeout",
                    "80",
                ])
            #expect(answer.text.hasPrefix("HTTP/2 100 \r\n\r\nHTTP/2 200 \r\n") && answer.text.hasSuffix("hello"), "\(answer)")
            #expect(try await upstream.requests.first(1)[0].body == Array("some text".utf8))
        }
    }

    @Test("many requests at once over one connection, on many connections")
    func many() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            try await withThrowingTaskGroup(of: Command.Outcome.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await Command.curl2(
                            certificates, ["-Z", "--parallel-immediate", "-f", "https://localhost:\(port)/[1-50]"])
                    }
                }
                for try await answer in group {
                    #expect(answer.code == 0 && answer.text == String(repeating: "hello", count: 50), "\(answer)")
                }
            }
            let lines = try await gatehouse.process.output.first(400)
            #expect(lines.allSatisfy { $0.contains(#""status":200"#) })
        }
    }

    @Test("a site whose certificate was not shown is 421; one that it is good for is served")
    func coalesced() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let upstream = try Upstream.saying("hello")
        func files(_ host: String, _ certificate: String) -> String {
            "\n[[sites]]\nhostname = \"\(host)\"\nport = \(port)\nstatic_dir = \"/usr/share\"\n" + certificate
        }
        let toml =
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
            + files("127.0.0.1", certificates.ssl()) + files("chain.test", certificates.ssl("chain.test"))
        try await Gatehouse.serving(toml) { _ in
            func status(_ host: String) async throws -> String {
                try await Command.curl2(
                    certificates,
                    ["https://localhost:\(port)/none", "-H", "Host: \(host)", "-o", "/dev/null", "-w", "%{http_code}"]
                ).text
            }
            let statuses = [
                try await status("localhost:\(port)"), try await status("chain.test:\(port)"),
                try await status("127.0.0.1:\(port)"),
            ]
            #expect(statuses == ["200", "421", "404"])
        }
    }

    @Test("a connection ends after so many requests, in order", arguments: [(1, "1,1,1,"), (2, "1,0,1,"), (0, "1,0,0,")])
    func limited(_ limit: Int, _ connects: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(),
            top: "[limits]\nmax_requests_per_connection = \(limit)\n")
        try await Gatehouse.serving(toml) { _ in
            let url = "https://localhost:\(port)/"
            let answer = try await Command.curl2(
                certificates,
                [url, url, url] + ["-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects},"])
            #expect(answer.code == 0 && answer.text == connects, "\(answer)")
        }
    }

    @Test("a request under way at the stop ends, and then the connection")
    func drained() async throws {
        let certificates = try await Certificates.ready()
        let isStopping = DispatchSemaphore(value: 0)
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst\n")
            isStopping.wait()
            try wire.write("last")
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(
                "curl", ["-sSN", "--http2", "--cacert", certificates.authority, "https://localhost:\(port)/"])
            _ = try await client.output.first { $0 == "first" }
            gatehouse.process.terminate()
            _ = try await gatehouse.log.first { $0.contains("stopping") }
            isStopping.signal()
            let exit = try await client.exit()
            #expect(exit == .code(0), "\(client.errors.all)")
            #expect(String(decoding: client.outputBytes, as: UTF8.self) == "first\nlast")
        }
    }
}
