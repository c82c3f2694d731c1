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

    /// What the log and the client are told of a request that failed.
    private static func failure(
        _ gatehouse: Gatehouse, _ port: FreePort, _ host: String, _ reason: String
    ) async throws -> (key: String?, answer: Message) {
        let answer = try await onThread { try get(port, host) }
        #expect(answer.value("Proxy-Status")?.contains("details=\"\(reason)\"") == true, "\(host): \(answer)")
        return (try await gatehouse.access(reason: reason)["key"], answer)
    }

    @Test(
        "max_conns and the queue count over sites, and the key that decided is the pool's", arguments: ["one.test", "two.test"])
    func room(second host: String) async throws {
        let port = try FreePort()
        let busy = try Upstream { upstream, wire in
            guard let request = try wire.readRequest() else { return }
            upstream.requests.append(request)
            if request.value("Host") == "busy.one.test" { _ = try wire.readToEnd() }
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        let servers = Self.server("http://127.0.0.1:\(busy)") + "max_conns = 1\n"
        let toml = Self.toml(port, servers: servers, pool: "[upstreams.load_balancing]\nqueue = 0\n")
            .replacing("hostname = \"one.test\"", with: "hostname = \"one.test\"\nhostnames = [\"busy.one.test\"]")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let first = try Wire(to: port.number)
            try first.write("GET /first HTTP/1.1\r\nHost: busy.one.test\r\n\r\n")
            _ = try await busy.requests.first(1)
            let (key, answer) = try await Self.failure(gatehouse, port, host, "upstream_queue_full")
            #expect(answer.status == 503 && key == "upstreams.load_balancing.queue")
            first.reset()
            // The place is free again for everybody.
            try await eventually("a free place") { try await onThread { try Self.get(port, host).status } == 200 }
        }
    }

    @Test("a connection that takes too long is the pool's limit, a busy site's own pool its own")
    func timeouts() async throws {
        let (deaf, port) = (try DeafListener(), try FreePort())
        let toml = Self.toml(port, servers: Self.server("http://127.0.0.1:\(deaf)"))
            .replacing("connect = 600", with: "connect = 0.2")
            .replacing("read = 600", with: "read = 600\nconnect = 0.2").replacing("127.0.0.1:1\"", with: "127.0.0.1:\(deaf)\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let (key, answer) = try await Self.failure(gatehouse, port, "one.test", "upstream_connect_timeout")
            #expect(answer.status == 504 && key == "upstreams.timeout.connect")
            let wire = try Wire(to: port.number)
            let own = try await onThread {
                try wire.write("GET /own/x HTTP/1.1\r\nHost: two.test\r\n\r\n")
                return try wire.readAnswer()
            }
            #expect(own.status == 504)
            #expect(try await gatehouse.access("/own/x")["key"] == "sites.proxy.timeout.connect")
        }
    }

    @Test("servers that drain do so for all sites")
    func draining() async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("x"))
        let servers = Self.server("http://127.0.0.1:\(upstream)") + "drain = true\n"
        try await Gatehouse.serving(Self.toml(port, servers: servers)) { gatehouse in
            for host in ["one.test", "two.test"] {
                let (key, answer) = try await Self.failure(gatehouse, port, host, "group_draining")
                #expect(answer.status == 503 && key == "upstreams.servers.drain")
            }
            #expect(upstream.requests.all.isEmpty)
        }
    }

    @Test("a server that is ejected for what one site's requests met gets none of another's")
    func ejection() async throws {
        let port = try FreePort()
        let bad = try Upstream.answering { _ in "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" }
        let good = try Upstream.saying("good")
        let servers = [bad, good].map { Self.server("http://127.0.0.1:\($0)") }.joined()
        let pool = "[upstreams.passive_health]\nmax_fails = 2\neject_time = 600\nmax_eject_time = 600\n"
        try await Gatehouse.serving(Self.toml(port, servers: servers, pool: pool)) { _ in
            // Two turns of the bad one, which retries nothing: site one says so.
            let first = try await onThread { try (0..<4).map { _ in try Self.get(port, "one.test").status } }
            #expect(first == [500, 200, 500, 200])
            let others = try await onThread { try (0..<4).map { _ in try Self.get(port, "two.test").text } }
            #expect(others == ["good", "good", "good", "good"])
            #expect(bad.requests.all.count == 2)
        }
    }

    @Test("each site retries as it says, from the pool's one budget")
    func retries() async throws {
        let port = try FreePort()
        let mute = try Upstream { _, wire in _ = try wire.readRequest() }
        let good = try Upstream.saying("good")
        let servers = Self.server("http://127.0.0.1:\(mute)") + Self.server("http://127.0.0.1:\(good)")
        let pool = "[upstreams.passive_health]\nmax_fails = 0\ncircuit_fails = 0\n"
        try await Gatehouse.serving(Self.toml(port, servers: servers, pool: pool)) { _ in
            let one = try await onThread { try (0..<2).map { _ in try Self.get(port, "one.test").status } }
            #expect(one.sorted() == [200, 502])
            let two = try await onThread { try (0..<2).map { _ in try Self.get(port, "two.test").text } }
            #expect(two == ["good", "good"])
        }
        let none = Self.toml(port, servers: servers, pool: pool + "[upstreams.retry]\nbudget_percent = 0\n")
        try await Gatehouse.serving(none) { _ in
            let two = try await onThread { try (0..<2).map { _ in try Self.get(port, "two.test").status } }
            #expect(two.sorted() == [200, 502])
        }
    }
}
