import TestSupport
import Testing

@Suite("Where WebSockets may be opened over HTTP/2")
struct WebSocketOverTests {
    private static let connect = Frame.headers(
        [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/"), (":authority", "localhost"),
            ("sec-websocket-version", "13"),
        ], Frame.endHeaders)

    /// The upstream takes no WebSocket: that one was asked for at all shows in its answer.
    private static let taken = [
        FrameRow("announced", [], "SETTINGS with connect"), FrameRow("taken", [connect], "HEADERS 1 502"),
    ]
    private static let notTaken = [
        FrameRow("not announced", [], "SETTINGS without connect"),
        .reset("not taken", [connect], "PROTOCOL_ERROR"),
    ]

    private static func site(_ host: String, _ port: FreePort, _ ssl: String, _ keys: String = "") -> String {
        "\n[[sites]]\nhostname = \"\(host)\"\nport = \(port)\nstatic_dir = \"/usr/share\"\n\(keys)\n\(ssl)\n"
    }

    @Test("a site without the key, with it, and beside a site that shares its certificate or does not")
    func announced() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let off = "h2_websocket = false"
        func expect(_ site: String, _ others: (FreePort) -> String, _ names: [(String, [FrameRow])]) async throws {
            let port = try FreePort()
            let toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), site: site, route: "websocket = true")
            try await Gatehouse.serving(toml + others(port)) { gatehouse in
                for (name, rows) in names { try await FrameTests.expect(rows, port, ["0", name]) }
                if !site.isEmpty { _ = try await gatehouse.access(reason: "connect_protocol_unexpected") }
            }
        }
        try await expect("", { _ in "" }, [("localhost", Self.taken)])
        try await expect(off, { _ in "" }, [("localhost", Self.notTaken)])
        // Browsers open another site's WebSockets over a connection whose certificate is good for it.
        try await expect("", { Self.site("127.0.0.1", $0, certificates.ssl(), off) }, [("localhost", Self.notTaken)])
        try await expect(
            "", { Self.site("chain.test", $0, certificates.ssl("chain.test"), off) },
            [("localhost", Self.taken), ("chain.test", [Self.notTaken[0]])])
    }

    @Test("without TLS")
    func plain() async throws {
        let upstream = try Upstream.saying("hello")
        for (keys, rows) in [("", Self.taken), ("\nh2_websocket = false", Self.notTaken)] {
            let port = try FreePort()
            let toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true" + keys, route: "websocket = true")
            try await Gatehouse.serving(toml) { _ in try await FrameTests.expect(rows, port, ["0", "plain"]) }
        }
    }

    @Test("a server that takes none is asked for all else on and on, and for a WebSocket once for each that is wanted")
    func ordinaryAnswer() async throws {
        let port = try FreePort()
        let (first, second) = try (Upstream.saying("first"), Upstream.saying("second"))
        let other = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(second)\""
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(first)", upstream: other, site: "h2c = true", route: "websocket = true")
        try await Gatehouse.serving(toml) { _ in
            try await FrameTests.expect([FrameRow](repeating: Self.taken[1], count: 16), port, ["0", "plain"])
            #expect(first.requests.all.count + second.requests.all.count == 16)
            var answers: Set<String> = []
            for _ in 0..<4 { answers.insert(try await Command.curl(["http://127.0.0.1:\(port)/"]).text) }
            #expect(answers == ["first", "second"])
        }
    }
}
