import TestSupport
import Testing

/// A client that holds what it has opened, what it sees in the end, and the limit that ends it.
struct SlowClient: Sendable, CustomTestStringConvertible {
    let name: String
    let prints: String
    /// Nil where its connection is ended, and not its streams.
    var reason: String?
    let key: String

    var testDescription: String { name }
    /// That limit, in seconds. Those that must not strike first are long, however slow the client's machine is.
    var limit: (key: String, seconds: Int) {
        key == "limits.min_body_rate" ? ("min_body_rate_grace", 3) : (String(key.dropFirst("limits.".count)), 2)
    }

    static let all = [
        // 2 is INTERNAL_ERROR: their answers have begun.
        SlowClient(name: "no_window", prints: "20 200 reset 2\n", reason: "send_timeout", key: "limits.send_timeout"),
        SlowClient(name: "tiny_windows", prints: "20 200 reset 2\n", reason: "send_timeout", key: "limits.send_timeout"),
        SlowClient(
            name: "tiny_connection_window", prints: "20 200 reset 2\n", reason: "send_timeout", key: "limits.send_timeout"),
        SlowClient(name: "unfinished", prints: "20 408 ended\n", reason: "body_timeout", key: "limits.body_timeout"),
        SlowClient(name: "slow_bodies", prints: "20 408 ended\n", reason: "body_too_slow", key: "limits.min_body_rate"),
        SlowClient(name: "unfinished_section", prints: "goaway 11\n", key: "limits.head_timeout"),
        SlowClient(name: "unfinished_frame", prints: "goaway 11\n", key: "limits.head_timeout"),
    ]
}

@Suite("Slow clients over HTTP/2")
struct SlowClientTests {
    @Test("each is ended by a limit, with its key, and nobody else notices", arguments: SlowClient.all)
    func ended(_ slow: SlowClient) async throws {
        try await Self.serving(slow.limit) { gatehouse, port, certificates in
            async let attack = Command.run(Place.pythonWithLibraries, [Place.peer("http2_slow.py"), "\(port)", slow.name])
            let other = try await Command.curl2(certificates, ["https://localhost:\(port)/[1-20]"])
            #expect(other.text == String(repeating: "hello", count: 20), "\(other)")
            let outcome = try await attack
            #expect(outcome.text == slow.prints, "\(outcome)")
            if let reason = slow.reason {
                let entry = try await gatehouse.access(reason: reason)
                #expect(entry["key"] == slow.key, "\(entry)")
            } else {
                let line = try await gatehouse.log.first { $0.contains("HTTP/2 connection ended") }
                #expect(line.contains("key=\(slow.key) "), "\(line)")
            }
        }
    }

    @Test("a client that does not read loses its connection", arguments: ["unread", "unread_interims"])
    func unread(_ slow: String) async throws {
        try await Self.serving(("send_timeout", 2)) { gatehouse, port, certificates in
            let client = try ChildProcess(Place.pythonWithLibraries, [Place.peer("http2_slow.py"), "\(port)", slow])
            _ = try await client.output.first { $0 == "asked" }
            let other = try await Command.curl2(certificates, ["https://localhost:\(port)/[1-20]"])
            #expect(other.text == String(repeating: "hello", count: 20), "\(other)")
            let line = try await gatehouse.log.first { $0.contains("HTTP/2 connection ended") }
            #expect(line.contains("key=limits.send_timeout "), "\(line)")
            client.kill()
        }
    }

    @Test("interim heads, however many, go to a client that reads them")
    func interims() async throws { try await Self.said(by: "interims", "20 204 ended\n") }

    @Test("who waits for the answers before it is not taken for one that does not read")
    func inOrder() async throws {
        // More than the client is ever kept from reading; it sees to it that all but one answer take longer.
        try await Self.said(by: "in_order", "3 200 ended\n", sendTimeout: 20)
    }

    @Test("a client that says nothing of priorities gets its answers in turn")
    func inTurn() async throws { try await Self.said(by: "in_turn", "ended open\n") }

    /// Expects what a client of http2_slow.py prints at its end.
    private static func said(by slow: String, _ expected: String, sendTimeout: Int = 30) async throws {
        try await serving(("send_timeout", sendTimeout)) { _, port, _ in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("http2_slow.py"), "\(port)", slow, "\(sendTimeout)"],
                within: Place.longPatience)
            #expect(outcome.text == expected, "\(outcome)")
        }
    }

    /// - Parameter limit: the one that may strike, in seconds.
    private static func serving(
        _ limit: (key: String, seconds: Int), _ body: (Gatehouse, FreePort, Certificates) async throws -> Void
    ) async throws {
        let certificates = try await Certificates.ready()
        let large = Upstream.ok(String(repeating: "x", count: 100_000))
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: <\(String(repeating: "x", count: 7000))>\r\n\r\n"
        let upstream = try Upstream { _, wire in
            while var request = try wire.readHead() {
                try wire.readBody(of: &request)
                switch request.target {
                case "/large": try wire.write(large)
                case "/long":
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n")
                    for _ in 0..<80 { try wire.write(String(repeating: "x", count: 100_000)) }
                case "/huge":
                    try wire.write("HTTP/1.1 200 OK\r\n\r\n")
                    while true { try wire.write(large) }
                case "/interims":
                    for _ in 0..<95 { try wire.write(interim) }
                    try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
                default: try wire.write(Upstream.ok("hello"))
                }
            }
        }
        let port = try FreePort()
        // Other clients get their answers at once.
        let times = ["send_timeout", "body_timeout", "head_timeout", "min_body_rate_grace"].map {
            "\($0) = \($0 == limit.key ? limit.seconds : 600)\n"
        }
        let limits = "[limits]\nhandshake_timeout = 600\nmin_body_rate = 100\nlingering_timeout = 1\n" + times.joined()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: limits)
        try await Gatehouse.serving(toml) { gatehouse in
            try await body(gatehouse, port, certificates)
            if !Place.isSanitized { #expect(gatehouse.peakMemory < 64 << 20) }
        }
    }
}
