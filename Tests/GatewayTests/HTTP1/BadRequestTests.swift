import TestSupport
import Testing

@Suite("Requests that break the rules")
struct BadRequestTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        let request: String
        let status: Int
        let reason: String
        var testDescription: String { reason }
    }

    @Test(
        "a malformed request is answered, its connection closed, and never forwarded",
        arguments: [
            Bad(request: "GET / HTTP/1.1\r\n\r\n", status: 400, reason: "host_missing"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", status: 400, reason: "host_repeated"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", status: 400, reason: "host_malformed"),
            Bad(request: "GET / HTTP/1.1\nHost: a\n\n", status: 400, reason: "bare_lf"),
            Bad(request: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", status: 400, reason: "request_line_malformed"),
            Bad(request: "GET /\r\n\r\n", status: 400, reason: "version_malformed"),
            Bad(request: "GET / HTTP/2.0\r\nHost: a\r\n\r\n", status: 505, reason: "version_unsupported"),
            Bad(request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505, reason: "http2_preface"),
            Bad(request: "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", status: 400, reason: "method_malformed"),
            Bad(request: "GET x HTTP/1.1\r\nHost: a\r\n\r\n", status: 400, reason: "target_malformed"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", status: 400, reason: "space_before_colon"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", status: 400, reason: "folded_line"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", status: 400, reason: "control_byte"),
            Bad(request: "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", status: 400, reason: "field_name_empty"),
            Bad(
                request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                status: 400,
                reason: "content_length_and_transfer_encoding"),
            Bad(
                request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", status: 400,
                reason: "content_length_malformed"),
            Bad(
                request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", status: 400,
                reason: "content_length_repeated"),
            Bad(
                request: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", status: 501,
                reason: "transfer_coding_unknown"),
            Bad(
                request: "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", status: 400,
                reason: "transfer_encoding_not_allowed"),
            Bad(
                request: "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", status: 414,
                reason: "target_too_long"),
            Bad(
                request: "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n", status: 431,
                reason: "field_too_large"),
            Bad(
                request: "GET / HTTP/1.1\r\nHost: a\r\n" + (0..<101).map { "X-\($0): y\r\n" }.joined() + "\r\n", status: 431,
                reason: "too_many_fields"),
            Bad(
                request: "GET / HTTP/1.1\r\nHost: a\r\n"
                    + (0..<4).map { "X-\($0): \(String(repeating: "a", count: 5000))\r\n" }.joined(),
                status: 431, reason: "head_too_large"),
            Bad(request: "POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", status: 417, reason: "expectation_unknown"),
            Bad(request: "GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", status: 400, reason: "path_control"),
        ])
    func malformed(bad: Bad) async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                // What follows must not be taken for a second request.
                try wire.write(bad.request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.status == bad.status)
                #expect(answer.value("Connection") == "close")
                #expect(answer.value("Proxy-Status")?.contains("details=\"\(bad.reason)\"") == true, "\(answer.head)")
                #expect(try wire.readToEnd() == ([], .closed))
            }
            let entry = try await gatehouse.access(reason: bad.reason)
            #expect(entry["status"] == "\(bad.status)" && entry["blame"] == "client")
            #expect(gatehouse.accessEntries.count == 1)
            #expect(upstream.requests.all.isEmpty)
        }
    }

    @Test(
        "a malformed chunk ends the request, and its upstream never sees an end",
        arguments: [
            "xyz\r\n", "5\r\nhelloX", "-1\r\n", "10000000000000000\r\n", "5;\u{1}\r\nhello\r\n", "1\nx\r\n",
        ])
    func badChunk(chunk: String) async throws {
        let ended = Journal<Bool>("what the upstream saw")
        let upstream = try Upstream { _, wire in
            let whole = try? wire.readRequest()
            ended.append(whole != nil)
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n" + chunk)
                #expect(try wire.readAnswer().status == 400)
                #expect(try wire.readToEnd().bytes.isEmpty)
            }
            #expect(try await gatehouse.access("/c")["blame"] == "client")
            // The head may have gone up; its end must not.
            if !upstream.connections.all.isEmpty { #expect(try await ended.first(1) == [false]) }
        }
    }

    @Test("bodies over security.max_request_size are refused, announced or not", arguments: [true, false])
    func tooLarge(isAnnounced: Bool) async throws {
        let upstream = try Upstream { _, wire in _ = try wire.readToEnd() }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", top: "[security]\nmax_request_size = \"4KB\"")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                let body = String(repeating: "x", count: 5000)
                try wire.write("POST /l HTTP/1.1\r\nHost: a\r\n")
                try wire.write(
                    isAnnounced
                        ? "Content-Length: 5000\r\n\r\n" + body
                        : "Transfer-Encoding: chunked\r\n\r\n1388\r\n" + body + "\r\n0\r\n\r\n")
                #expect(try wire.readAnswer().status == 413)
            }
            let entry = try await gatehouse.access("/l")
            #expect(entry["reason"] == "body_too_large" && entry["key"] == "security.max_request_size")
        }
    }

    @Test("a head that does not come is given up: 408, and an idle connection is closed without a word")
    func slowHead() async throws {
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:1", top: "[limits]\nhead_timeout = \"200ms\"\nkeep_alive_timeout = \"200ms\"")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let slow = try Wire(to: port.number)
                try slow.write("GET / HTTP/1.1\r\nHos")
                #expect(try slow.readAnswer().status == 408)
                let idle = try Wire(to: port.number)
                #expect(try idle.readToEnd() == ([], .closed))
            }
            #expect(try await gatehouse.access(reason: "head_timeout")["key"] == "limits.head_timeout")
        }
    }

    @Test("a request's body that stops coming is given up: 408")
    func slowBody() async throws {
        let upstream = try Upstream { _, wire in _ = try wire.readToEnd() }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", top: "[limits]\nbody_timeout = \"200ms\"")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal")
                #expect(try wire.readAnswer().status == 408)
            }
            #expect(try await gatehouse.access("/b")["reason"] == "body_timeout")
        }
    }

    @Test("a handshake that does not come is given up")
    func slowHandshake() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: "[limits]\nhandshake_timeout = \"200ms\"")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread { _ = try Wire(to: port.number).readToEnd() }
            _ = try await gatehouse.log.first { $0.contains("TLS handshake failed") && $0.contains("time") }
        }
    }

    @Test("a request cannot forge a line of the access log")
    func forgedLine() async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            _ = try await Command.curl(["--globoff", "http://127.0.0.1:\(port)/?\"}{\"target\":\"/forged\"}\u{85}"])
            _ = try await Command.curl(["http://127.0.0.1:\(port)/last"])
            _ = try await gatehouse.access("/last")
            #expect(gatehouse.accessEntries.count == 2 && gatehouse.process.output.all.count == 2)
            #expect(gatehouse.accessEntries.allSatisfy { $0["target"] != "/forged" })
        }
    }
}
