import HTTP
import Messages
import TLS
import TestSupport
import Testing

@Suite("A service over real sockets")
struct ServiceTests {
    private static func get(_ path: String, _ fields: String = "", method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n"
    }

    @Test("an answer states its time, its type and its length, and is not to be stored")
    func answers() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/"))
                return try wire.readAnswer()
            }
            #expect(answer.start == "HTTP/1.1 200 OK" && answer.text == "hello\n")
            #expect(answer.fields.map(\.name) == ["Date", "Content-Type", "Content-Length", "Cache-Control"])
            #expect(answer.value("Date")?.hasSuffix(" GMT") == true && answer.value("Cache-Control") == "no-store")
        }
    }

    @Test("requests follow each other on one connection, sent one by one or all at once", arguments: [false, true])
    func keepsAlive(isPipelined: Bool) async throws {
        try await ServiceHost.serving { host, port in
            let answers = try await onThread {
                let wire = try Wire(to: port)
                let requests = (0..<40).map {
                    Self.get("/echo", "Content-Length: \("\($0)".utf8.count)\r\n", method: "POST") + "\($0)"
                }
                if isPipelined { try wire.write(requests.joined()) }
                return try requests.map { request in
                    if !isPipelined { try wire.write(request) }
                    return try wire.readAnswer().text
                }
            }
            #expect(answers == (0..<40).map(String.init))
            #expect(await host.connectionCount == 1)
        }
    }

    @Test("a request is the same however it is cut")
    func takesByteByByte() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                let text =
                    Self.get("/echo", "Transfer-Encoding: chunked\r\n", method: "POST") + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
                for byte in text.utf8 { try wire.write([byte]) }
                return try wire.readAnswer()
            }
            #expect(answer.status == 200 && answer.text == "hello")
        }
    }

    @Test("HEAD, 204 and HTTP/1.0 get what they may get")
    func framesAnswers() async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/", method: "HEAD") + Self.get("/nothing") + Self.get("/"))
                let head = try wire.readAnswer(toHead: true)
                #expect(head.status == 200 && head.value("Content-Length") == "6")
                let nothing = try wire.readAnswer()
                #expect(nothing.status == 204 && nothing.value("Content-Length") == nil && nothing.value("Content-Type") == nil)
                #expect(try wire.readAnswer().text == "hello\n")
                let old = try Wire(to: port)
                try old.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try old.readAnswer().value("Connection") == "keep-alive")
                try old.write("GET / HTTP/1.0\r\n\r\n")
                #expect(try old.readAnswer().value("Connection") == "close")
                #expect(try old.readToEnd().ending == .closed)
            }
        }
    }

    @Test("a 100 comes when the body is asked for, and not before a refusal")
    func continues() async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
                #expect(try wire.head().start == "HTTP/1.1 100 Continue")
                try wire.write("hello")
                #expect(try wire.readAnswer().text == "hello")
                // Nobody reads this body: it is not asked for, and the connection cannot go on.
                try wire.write(Self.get("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
                let unread = try wire.readAnswer()
                #expect(unread.status == 200 && unread.value("Connection") == "close")
                let large = try Wire(to: port)
                try large.write(Self.get("/echo", "Content-Length: 100001\r\nExpect: 100-continue\r\n", method: "POST"))
                #expect(try large.readAnswer().start == "HTTP/1.1 413 Content Too Large")
            }
        }
    }

    @Test(
        "a body that nobody read is read past when it is here, and ends the connection when it is not", arguments: [true, false])
    func passesBody(isHere: Bool) async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/", "Content-Length: 5\r\n", method: "POST") + (isHere ? "hello" : "he"))
                let answer = try wire.readAnswer()
                #expect(answer.text == "hello\n" && (answer.value("Connection") == nil) == isHere)
                guard isHere else { return }
                try wire.write(Self.get("/nothing"))
                #expect(try wire.readAnswer().status == 204)
            }
        }
    }

    // MARK: Refusals

    struct Refusal: Sendable, CustomTestStringConvertible {
        let request: String
        let status: Int
        let word: String
        var testDescription: String { word }
    }

    private static let refusals: [Refusal] = [
        Refusal(request: "GET / HTTP/1.1\r\n\r\n", status: 400, word: "host_missing"),
        Refusal(request: "GET / HTTP/1.1\nHost: a\n\n", status: 400, word: "bare_lf"),
        Refusal(request: "\u{16}\u{03}\u{01}\u{00}x", status: 400, word: "tls_on_plain_port"),
        Refusal(request: get("/", "X: \(String(repeating: "x", count: 20_000))\r\n"), status: 431, word: "field_too_large"),
        Refusal(
            request: get("/", String(repeating: "X: \(String(repeating: "x", count: 1000))\r\n", count: 20)), status: 431,
            word: "head_too_large"),
        Refusal(request: get("/", String(repeating: "X: y\r\n", count: 101)), status: 431, word: "too_many_fields"),
        Refusal(request: get("/" + String(repeating: "x", count: 9000)), status: 414, word: "target_too_long"),
        Refusal(
            request: get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), status: 400,
            word: "content_length_and_transfer_encoding"),
        Refusal(
            request: get("/echo", "Transfer-Encoding: chunked\r\n", method: "POST") + "x\r\n", status: 400,
            word: "chunk_size_malformed"),
        Refusal(request: get("/echo", "Content-Length: 2000000\r\n", method: "POST"), status: 413, word: "body_too_large"),
        Refusal(
            request: get("/count", "Transfer-Encoding: chunked\r\n", method: "POST") + "200000\r\n"
                + String(repeating: "x", count: 0x200000),
            status: 413, word: "body_too_large"),
        Refusal(request: get("/teapot"), status: 418, word: "short and stout"),
    ]

    @Test("what cannot be served is answered, and the connection closed", arguments: refusals)
    func refuses(_ refusal: Refusal) async throws {
        try await ServiceHost.serving { _, port in
            let (answer, rest) = try await onThread {
                let wire = try Wire(to: port)
                // A refusal may come before everything is written.
                try? wire.write(refusal.request)
                let answer = try wire.readAnswer()
                wire.finishWriting()
                return (answer, try wire.readToEnd())
            }
            #expect(answer.status == refusal.status && answer.text == refusal.word + "\n")
            #expect(answer.value("Connection") == "close")
            #expect(rest.bytes.isEmpty)
        }
    }

    @Test("a field that is more than a line is not sent")
    func splitsNothing() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/split"))
                return try wire.readAnswer()
            }
            #expect(answer.status == 500 && !answer.head.contains("Set-Cookie"))
        }
    }

    // MARK: Time

    @Test("a client that is too slow is told, or let go", arguments: ["idle", "head", "silence", "body"])
    func timesOut(_ what: String) async throws {
        var limits = Service.Limits()
        switch what {
        case "idle": limits.idleTimeout = 50_000_000
        case "head": limits.headTimeout = 50_000_000
        case "silence": limits.silenceTimeout = 50_000_000
        default: limits.bodyTimeout = 50_000_000
        }
        try await ServiceHost.serving(limits) { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                switch what {
                case "idle": break
                case "head": try wire.write("GET / HT")
                default: try wire.write(Self.get("/echo", "Content-Length: 5\r\n", method: "POST") + "he")
                }
                guard what != "idle" else {
                    let rest = try wire.readToEnd()
                    #expect(rest.bytes.isEmpty && rest.ending == .closed)
                    return
                }
                let answer = try wire.readAnswer()
                #expect(answer.status == 408 && answer.text == (what == "head" ? "head_timeout\n" : "body_timeout\n"))
            }
        }
    }

    @Test("a client that does not read its answer is cut")
    func cutsDeafClient() async throws {
        var limits = Service.Limits()
        limits.sendTimeout = 50_000_000
        try await ServiceHost.serving(limits) { host, port in
            let wire = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/large"))
                return wire
            }
            _ = try await host.events.first { $0 == "GET /large" }
            // The connection is gone before the test reads.
            while await host.connectionCount > 0 { await Task.yield() }
            let rest = try await onThread { try wire.readToEnd() }
            #expect(rest.ending == .reset || rest.bytes.count < 20_000_000)
        }
    }

    @Test("a large answer arrives whole")
    func sendsLarge() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/large"))
                return try wire.readAnswer()
            }
            #expect(answer.body.count == 20_000_000)
        }
    }

    // MARK: Many, and the end

    @Test("one connection too many is closed unheard")
    func limitsConnections() async throws {
        var limits = Service.Limits()
        limits.maxConnections = 2
        try await ServiceHost.serving(limits) { _, port in
            try await onThread {
                let wires = try (0..<2).map { _ in try Wire(to: port) }
                for wire in wires {
                    try wire.write(Self.get("/"))
                    _ = try wire.readAnswer()
                }
                #expect(try Wire(to: port).readToEnd().bytes.isEmpty)
                wires[0].close()
                try wires[1].write(Self.get("/"))
                #expect(try wires[1].readAnswer().status == 200)
            }
        }
    }

    @Test("a drain lets the idle go, answers those who asked, and takes nobody new")
    func drains() async throws {
        try await ServiceHost.serving { host, port in
            let (idle, busy) = try await onThread {
                let wires = try (0..<2).map { _ in try Wire(to: port) }
                for wire in wires {
                    try wire.write(Self.get("/"))
                    _ = try wire.readAnswer()
                }
                try wires[1].write(Self.get("/hold"))
                return (wires[0], wires[1])
            }
            _ = try await host.events.first { $0 == "GET /hold" }
            await host.drain()
            try await onThread {
                let isGone = try idle.endsCleanly()
                #expect(isGone)
                #expect(throws: (any Error).self) { try Wire(to: port) }
            }
            await host.release()
            try await onThread {
                let answer = try busy.readAnswer()
                #expect(answer.text == "held\n" && answer.value("Connection") == "close")
                #expect(try busy.endsCleanly())
            }
        }
    }

    @Test("a cut ends everything at once")
    func cuts() async throws {
        try await ServiceHost.serving { host, port in
            let wire = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/count", "Content-Length: 5\r\n", method: "POST") + "he")
                return wire
            }
            _ = try await host.events.first { $0 == "bytes" }
            await host.cut()
            let rest = try await onThread { try wire.readToEnd() }
            #expect(rest.bytes.isEmpty && rest.ending == .reset)
        }
    }

    // MARK: Upgrades

    private static let upgrade = get("/upgrade", "Upgrade: websocket\r\nConnection: Upgrade\r\n")

    @Test("after an upgrade the connection is the handler's, with what came behind the request")
    func upgrades() async throws {
        try await ServiceHost.serving { host, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.upgrade + "early")
                #expect(try wire.head().start == "HTTP/1.1 101 Switching Protocols")
                #expect(try wire.read(5) == Array("early".utf8))
                try wire.write("GET / HTTP/1.1\r\n\r\n")
                #expect(try wire.read(18) == Array("GET / HTTP/1.1\r\n\r\n".utf8))
                wire.finishWriting()
                #expect(try wire.endsCleanly())
            }
            _ = try await host.events.first { $0 == "ended" }
        }
    }

    @Test("nobody is upgraded who did not ask")
    func upgradesNobodyUnasked() async throws {
        try await ServiceHost.serving { host, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/upgrade"))
                return try wire.readAnswer()
            }
            #expect(answer.status == 500 && !host.events.all.contains("upgraded"))
        }
    }

    @Test("what was upgraded hears of a drain and of a cut", arguments: [true, false])
    func endsUpgraded(isDrained: Bool) async throws {
        try await ServiceHost.serving { host, port in
            let wire = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.upgrade)
                _ = try wire.head()
                return wire
            }
            _ = try await host.events.first { $0 == "upgraded" }
            if isDrained { await host.drain() } else { await host.cut() }
            _ = try await host.events.first { $0 == (isDrained ? "ended" : "cut") }
            let rest = try await onThread { try wire.readToEnd() }
            #expect(rest.bytes == (isDrained ? Array("bye".utf8) : []))
        }
    }

    // MARK: TLS, and real clients

    @Test("curl is served, plain and over TLS, several times on one connection", arguments: [false, true])
    func servesCurl(isTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        let names =
            try isTLS
            ? TLSServerNames(
                [:],
                fallback: TLSServerContext(
                    certificateFile: certificates.local.certificate, keyFile: certificates.local.key)) : nil
        try await ServiceHost.serving(tls: names) { _, port in
            let site = "\(isTLS ? "https" : "http")://localhost:\(port)"
            let body = String(repeating: "x", count: 50_000)
            let outcome = try await Command.curl([
                "--ipv4", "--cacert", certificates.authority, "--data-binary", body, "-w", "\n%{http_code} %{num_connects}\n",
                "-H", "Expect: 100-continue", "\(site)/echo", "\(site)/echo",
            ])
            #expect(outcome.text == "\(body)\n200 1\n\(body)\n200 0\n", "\(outcome)")
            let refused = try await Command.curl(["--ipv4", "--cacert", certificates.authority, "-I", "\(site)/teapot"])
            #expect(refused.text.hasPrefix("HTTP/1.1 418 \r\n"), "\(refused)")
        }
    }

    @Test("a client that speaks no TLS is let go, and others are served on")
    func needsTLS() async throws {
        let certificates = try await Certificates.ready()
        let names = TLSServerNames(
            [:],
            fallback: try TLSServerContext(
                certificateFile: certificates.local.certificate, keyFile: certificates.local.key))
        var limits = Service.Limits()
        limits.handshakeTimeout = 50_000_000
        try await ServiceHost.serving(limits, tls: names) { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(Self.get("/"))
                #expect(!String(decoding: try wire.readToEnd().bytes, as: UTF8.self).contains("HTTP/"))
                // Too slow with its handshake.
                #expect(try Wire(to: port).readToEnd().bytes.isEmpty)
            }
        }
    }
}

extension Wire {
    /// Nothing more came, and then the peer closed.
    fileprivate func endsCleanly() throws -> Bool {
        let rest = try readToEnd()
        return rest.bytes.isEmpty && rest.ending == .closed
    }
}
