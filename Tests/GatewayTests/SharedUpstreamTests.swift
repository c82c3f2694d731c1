import TestSupport
import Testing

@Suite("Upstreams that sites share")
struct SharedUpstreamTests {
    /// Two sites on one port: "one.test" and "two.test".
    private static func toml(_ port: FreePort, servers: String, pool: String = "") -> String {
        """
        [[upstreams]]
        name = "app"
        \(servers)
        [upstreams.timeout]
        connect = 600
        \(pool)
        [[sites]]
        hostname = "one.test"
        port = \(port)
        [sites.proxy]
        enabled = true
        [sites.proxy.retry]
        retries = 0
        [[sites.routes]]
        path = "/"
        upstream = "app"
        [[sites]]
        hostname = "two.test"
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "own"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/own"
        upstream = "own"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        strip_prefix = true
        [sites.proxy.timeout]
        read = 600
        """
    }

    private static func server(_ url: String) -> String { "[[upstreams.servers]]\nurl = \"\(url)\"\n" }

    private static func get(_ port: FreePort, _ host: String) throws -> Message {
        let wire = try Wire(to: port.number)
        try wire.write("GET /x HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        return try wire.readAnswer()
    }

    @Test("sites take turns at its servers together")
    func turns() async throws {
        let upstreams = try (0..<2).map { number in try Upstream.saying("\(number)") }
        let port = try FreePort()
        let servers = upstreams.map { Self.server("http://127.0.0.1:\($0)") }.joined()
        try await Gatehouse.serving(Self.toml(port, servers: servers)) { _ in
            let texts = try await onThread {
                try (0..<6).map { try Self.get(port, $0.isMultiple(of: 2) ? "one.test" : "two.test").text }
            }
            #expect(texts == ["0", "1", "0", "1", "0", "1"])
            #expect(upstreams.map { $0.requests.all.count } == [3, 3])
        }
    }

    @Test("what one site's requests tell of a server the others know: its circuit is open for all")
    func health() async throws {
        let (free, port) = try (FreePort(), FreePort())
        let pool =
            "[upstreams.passive_health]\ncircuit_fails = 1\ncircuit_open = 100\ncircuit_max_open = 100\n"
        try await Gatehouse.serving(Self.toml(port, servers: Self.server("http://127.0.0.1:\(free)"), pool: pool)) { _ in
            let reasons = try await onThread {
                try ["one.test", "two.test"].map { try Self.get(port, $0).value("Proxy-Status") ?? "" }
            }
            #expect(reasons[0].contains("details=\"upstream_connect_failed\""), "\(reasons)")
            #expect(reasons[1].contains("details=\"group_unavailable\""), "\(reasons)")
        }
    }
}
