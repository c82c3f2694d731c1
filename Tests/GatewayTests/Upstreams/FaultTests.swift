import TestSupport
import Testing

@Suite("Upstreams that fail")
struct FaultTests {
    @Test("each failure has its status, its reason in the log and in Proxy-Status", arguments: Fault.all)
    func failures(fault: Fault) async throws {
        let upstream = try Upstream { _, wire in try fault.script(wire) }
        let free = try FreePort()
        let port = try FreePort()
        let url = fault.url.replacing("UPSTREAM", with: "\(upstream)").replacing("FREE", with: "\(free)")
        let toml = Sites.proxy(port, to: url, proxy: fault.keys)
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/f"])
            #expect(answer.text.hasPrefix("HTTP/1.1 \(fault.status) "), "\(answer)")
            #expect(
                answer.text.contains("Proxy-Status: gatehouse; error=\(fault.error); details=\"\(fault.reason)\""), "\(answer)")
            // Of an upstream's troubles a client learns only the kind.
            #expect(!answer.text.contains("127.0.0.1:\(upstream)") && !answer.text.contains("127.0.0.1:\(free)"))
            let entry = try await gatehouse.access("/f")
            #expect(entry["status"] == "\(fault.status)" && entry["reason"] == fault.reason, "\(entry)")
            #expect(entry["blame"] == "upstream", "\(entry)")
            #expect(entry["upstream"]?.hasPrefix(String(url.prefix(9))) == true, "\(entry)")
            if let detail = fault.detail {
                let said = (entry["detail"] ?? "") + (entry["key"] ?? "")
                #expect(said.lowercased().contains(detail), "\(entry)")
            }
        }
    }

    @Test(
        "one that takes no connection, or has no address, says when to ask again; others do not",
        arguments: [
            ("http://127.0.0.1:FREE", "upstream_connect_failed", "1"), ("http://none.invalid:FREE", "upstream_unresolved", "1"),
            ("http://127.0.0.1:UPSTREAM", "upstream_closed_early", nil),
        ] as [(String, String, String?)])
    func retryAfter(url: String, reason: String, seconds: String?) async throws {
        let upstream = try Upstream { _, wire in _ = try wire.readRequest() }
        // It knows no name at all.
        let names = try NameServer([:])
        let (free, port) = try (FreePort(), FreePort())
        let toml = Sites.proxy(
            port, to: url.replacing("UPSTREAM", with: "\(upstream)").replacing("FREE", with: "\(free)"),
            top: "[dns]\nservers = [\"\(names)\"]\n")
        try await Gatehouse.serving(toml) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer()
            }
            #expect(answer.status == 502 && answer.value("Retry-After") == seconds, "\(answer)")
            #expect(answer.value("Proxy-Status")?.contains("details=\"\(reason)\"") == true, "\(answer)")
        }
    }

    @Test("one whose circuit is open says when the next trial is")
    func retryAfterOfCircuit() async throws {
        let (free, port) = try (FreePort(), FreePort())
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(free)",
            proxy: "[sites.proxy.passive_health]\ncircuit_fails = 1\ncircuit_open = 100\ncircuit_max_open = 100\n")
        try await Gatehouse.serving(toml) { _ in
            let answers = try await onThread {
                let wire = try Wire(to: port.number)
                return try (1...2).map { _ in
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try wire.readAnswer()
                }
            }
            #expect(answers.map(\.status) == [502, 502])
            #expect(answers[1].value("Proxy-Status")?.contains("details=\"group_unavailable\"") == true, "\(answers[1])")
            let seconds = Int(answers[1].value("Retry-After") ?? "") ?? 0
            #expect((2...100).contains(seconds), "\(answers[1])")
        }
    }

    /// Where an answer breaks off.
    struct Break: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let curlSays: Set<Int32>
        /// Without TLS a close is how such a body ends: only a reset shows that it is cut.
        var needsReset = false

        static let all = [
            Break(
                testDescription: "Content-Length", text: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + filler,
                curlSays: [18, 56]),
            Break(
                testDescription: "chunked, in a chunk",
                text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n" + filler, curlSays: [18, 56]),
            Break(
                testDescription: "chunked, between chunks",
                text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" + filler + "\r\n", curlSays: [18, 56]),
            Break(
                testDescription: "chunked, before the last line",
                text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" + filler + "\r\n0\r\n", curlSays: [18, 56]),
            Break(
                testDescription: "until close", text: "HTTP/1.1 200 OK\r\n\r\n" + filler, curlSays: [18, 56], needsReset: true),
        ]
        static let filler = String(repeating: "x", count: 0x4000)
    }

    @Test("an upstream that dies in its answer leaves a visibly cut transfer", arguments: Break.all, [false, true])
    func truncation(cut: Break, clientIsTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        let sent = Signal()
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write(cut.text)
            if cut.needsReset {
                // What has been received must have been forwarded before the reset throws it away.
                sent.wait()
                wire.reset()
            }
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: clientIsTLS ? certificates.ssl() : "")
        try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(
                "curl",
                ["-sSN", "--http1.1", "--cacert", certificates.authority, "http\(clientIsTLS ? "s" : "")://localhost:\(port)/t"])
            if cut.needsReset {
                // The answer's head is with the client as soon as anything is; then the reset comes.
                _ = try await upstream.connections.first(1)
                sent.fire()
            }
            let exit = try await client.exit()
            #expect(
                cut.curlSays.contains { exit == .code($0) } || (cut.needsReset && exit == .code(52)),
                "\(exit) \(client.errors.all)")
            let entry = try await gatehouse.access("/t")
            #expect(
                entry["reason"] == "upstream_truncated" || (cut.needsReset && entry["reason"] == "upstream_closed_early"),
                "\(entry)")
            #expect(entry["blame"] == "upstream")
        }
    }

    @Test(
        "an answer that ends with the connection is whole only after close_notify, and delivered as far as it came",
        arguments: ["notified", "abrupt", "reset"])
    func closeNotify(end: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 200 OK\r\n\r\nall there is")
        }
        let front = try await Peer(
            "tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)", "--end", end])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(front)", upstream: "ca_file = \"\(certificates.authority)\"", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(port)/n"])
            #expect(answer.text == "all there is", "\(answer)")
            #expect(end == "notified" ? answer.code == 0 : [18, 56].contains(answer.code), "\(answer)")
            let entry = try await gatehouse.access("/n")
            #expect(entry["bytes_out"] == "12" && entry["reason"] == (end == "notified" ? nil : "upstream_truncated"), "\(entry)")
            let detail = [
                "abrupt": "the peer closed the connection without close_notify", "reset": "Connection reset by peer",
            ]
            #expect(entry["detail"] == detail[end], "\(entry)")
        }
    }

    @Test("all that came of an answer is delivered before its cut is seen", arguments: [false, true])
    func cutAfterDelivery(isOldClient: Bool) async throws {
        let size = 0x80000
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            let start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            try wire.write(start + String(size, radix: 16) + "\r\n" + String(repeating: "~", count: size))
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /all HTTP/1.\(isOldClient ? 0 : 1)\r\nHost: localhost\r\n\r\n")
                let (bytes, ending) = try wire.readToEnd()
                #expect(bytes.count { $0 == 0x7E } == size)
                #expect((ending == .reset) == isOldClient)
            }
            let entry = try await gatehouse.access("/all")
            #expect(entry["bytes_out"] == "\(size)" && entry["reason"] == "upstream_truncated", "\(entry)")
        }
    }

    @Test("a server that gives up a client who takes nothing has not failed")
    func heldUp() async throws {
        let port = try FreePort()
        let ends = Journal<Bool>("servers that gave a client up")
        let upstreams = try ["first", "second"].map { name in
            try Upstream { _, wire in
                wire.limitWrites(toSeconds: 2)
                while let request = try wire.readRequest() {
                    if request.target == "/" {
                        try wire.write(Upstream.ok(name))
                        continue
                    }
                    defer {
                        wire.reset()
                        ends.append(true)
                    }
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                    for _ in 0..<1000 { try wire.write([UInt8](repeating: 0x61, count: 1_000_000)) }
                }
            }
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(upstreams[1])\"\n"
                + "[sites.proxy.load_balancing]\nmethod = \"hash\"\n[sites.proxy.passive_health]\nmax_fails = 1\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let before = try await Command.curl(["http://127.0.0.1:\(port)/"]).text
            let client = try Wire(to: port.number)
            try client.write("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await ends.first(1)
            let (bytes, _) = try await onThread { try client.readToEnd() }
            #expect(bytes.count < 1_000_000_000)
            #expect(try await gatehouse.access("/long")["reason"] == "upstream_truncated")
            #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == before)
        }
    }

    @Test("an HTTP/1.0 client of a cut answer sees a reset, not an end")
    func oldClient() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.0\r\n\r\n")
                #expect(try wire.readToEnd().ending == .reset)
            }
        }
    }

    @Test("an upload whose upstream answers early and closes still gets that answer")
    func earlyAnswer() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            wire.finishWriting()
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
            let directory = try TemporaryDirectory()
            let file = try directory.write("big", [UInt8](repeating: 1, count: 8_000_000))
            let answer = try await Command.curl(["-i", "-T", file, "-H", "Expect:", "http://127.0.0.1:\(port)/up"])
            #expect(answer.text.contains("HTTP/1.1 403 Forbidden") && answer.text.hasSuffix("no"), "\(answer)")
        }
    }

    @Test("a request that may not be repeated is not, on a stale connection")
    func noRepeat() async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write(Upstream.ok("x"))
            // The second request of a connection is read and never answered.
            if let second = try wire.readRequest() { upstream.requests.append(second) }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                for (method, status) in [("GET", 200), ("POST", 502), ("GET", 200), ("GET", 200)] {
                    try wire.write("\(method) / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try wire.readAnswer().status == status, "\(method)")
                }
            }
            #expect(upstream.requests.all.count { $0.method == "POST" } == 1)
        }
    }
}

/// What an upstream does instead of answering, and what is to come of it.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var url = "http://127.0.0.1:UPSTREAM"
    let status: Int
    let reason: String
    let error: String
    var detail: String?
    var keys = ""
    var script: @Sendable (Wire) throws -> Void = { _ in }

    static let all = [
        Fault(
            testDescription: "refused", url: "http://127.0.0.1:FREE", status: 502, reason: "upstream_connect_failed",
            error: "connection_refused", detail: "refused"),
        Fault(
            // The loopback's broadcast address: the kernel itself knows that no connection leads there.
            testDescription: "unreachable", url: "http://127.255.255.255:1", status: 502, reason: "upstream_connect_failed",
            error: "connection_refused", detail: "unreachable"),
        Fault(
            testDescription: "no TLS there", url: "https://127.0.0.1:UPSTREAM", status: 502, reason: "upstream_tls_failed",
            error: "tls_protocol_error", detail: "the server speaks no tls",
            script: { try $0.write("HTTP/1.1 400 Bad Request\r\n\r\n") }),
        Fault(
            testDescription: "no TLS there, nor HTTP", url: "https://127.0.0.1:UPSTREAM", status: 502,
            reason: "upstream_tls_failed", error: "tls_protocol_error", detail: "the server speaks no tls",
            script: { try $0.write("220 mail.test ESMTP\r\n") }),
        Fault(
            testDescription: "closed in the handshake", url: "https://127.0.0.1:UPSTREAM", status: 502,
            reason: "upstream_tls_failed", error: "tls_protocol_error", detail: "closed",
            script: { _ = try $0.read(5) }),
        Fault(
            testDescription: "closed before its answer", status: 502, reason: "upstream_closed_early",
            error: "connection_terminated", detail: "closed", script: { _ = try $0.readRequest() }),
        Fault(
            testDescription: "reset before its answer", status: 502, reason: "upstream_closed_early",
            error: "connection_terminated", detail: "reset",
            script: {
                _ = try $0.readRequest()
                $0.reset()
            }),
        Fault(
            testDescription: "closed within its head", status: 502, reason: "upstream_closed_early",
            error: "connection_terminated",
            script: {
                _ = try $0.readRequest()
                try $0.write("HTTP/1.1 200 OK\r\nContent-")
            }),
        Fault(
            testDescription: "too slow", status: 504, reason: "upstream_first_byte_timeout", error: "http_response_timeout",
            detail: "sites.proxy.timeout.read", keys: "[sites.proxy.timeout]\nconnect = 600\nread = \"300ms\"",
            script: { _ = try $0.readToEnd() }),
        Fault(
            testDescription: "too slow to begin", status: 504, reason: "upstream_first_byte_timeout",
            error: "http_response_timeout",
            detail: "sites.proxy.timeout.first_byte", keys: "[sites.proxy.timeout]\nconnect = 600\nfirst_byte = \"300ms\"",
            script: { _ = try $0.readToEnd() }),
        Fault(
            testDescription: "too slow in the handshake", url: "https://127.0.0.1:UPSTREAM", status: 504,
            reason: "upstream_tls_timeout", error: "connection_timeout", detail: "sites.proxy.timeout.tls_handshake",
            keys: "[sites.proxy.timeout]\ntls_handshake = \"300ms\"", script: { _ = try $0.readToEnd() }),
        Fault(
            testDescription: "no HTTP", status: 502, reason: "upstream_status_line_malformed", error: "http_protocol_error",
            script: {
                _ = try $0.readRequest()
                try $0.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
            }),
        Fault(
            testDescription: "ambiguous length", status: 502, reason: "upstream_content_length_and_transfer_encoding",
            error: "http_protocol_error",
            script: {
                _ = try $0.readRequest()
                try $0.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            }),
        Fault(
            testDescription: "switches without being asked", status: 502, reason: "upstream_switch_not_asked_for",
            error: "http_protocol_error",
            script: {
                _ = try $0.readRequest()
                try $0.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            }),
        Fault(
            testDescription: "too many fields", status: 502, reason: "upstream_too_many_fields", error: "http_protocol_error",
            script: {
                _ = try $0.readRequest()
                try $0.write("HTTP/1.1 200 OK\r\n" + (0..<4000).map { "X-\($0): \($0)\r\n" }.joined())
                _ = try $0.readToEnd()
            }),
    ]
}
