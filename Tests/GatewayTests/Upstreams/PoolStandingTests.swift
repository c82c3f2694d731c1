import TestSupport
import Testing

@Suite("Servers of a pool that are not what the others are")
struct PoolStandingTests {
    /// A pool of a server that is always healthy and one that is healthy when its probe is told so.
    private struct Pair {
        let port: FreePort
        let upstreams: [Upstream]
        let toml: String
        private let isHealthy = Guarded(false)

        init(method: String, slowStart: String) throws {
            port = try FreePort()
            let isHealthy = isHealthy
            upstreams = [
                try Upstream.answering { PoolStandingTests.answer($0, "steady") },
                try Upstream.answering {
                    $0.target == "/up" && !isHealthy.withLock { $0 }
                        ? "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n" : PoolStandingTests.answer($0, "back")
                },
            ]
            toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstreams[0])",
                proxy: """
                    [[sites.proxy.upstreams]]
                    name = "app"
                    url = "http://127.0.0.1:\(upstreams[1])"
                    [sites.proxy.load_balancing]
                    method = "\(method)"
                    hash_on = "path"
                    slow_start = "\(slowStart)"
                    [sites.proxy.health_check]
                    enabled = true
                    path = "/up"
                    interval = "50ms"
                    timeout = 60
                    retries = 1
                    rise = 1

                    """)
        }

        /// Lets the second server be down, and come back.
        func bringBack(_ gatehouse: Gatehouse) async throws {
            _ = try await gatehouse.log.first("that it is unhealthy") { $0.contains("upstream unhealthy") }
            let port = port
            let alone = try await onThread { try PoolStandingTests.names(port, 20) }
            #expect(Set(alone) == ["steady"])
            isHealthy.withLock { $0 = true }
            _ = try await gatehouse.log.first("that it is well") { $0.contains("upstream healthy again") }
        }
    }

    @Test("with slow_start a server that came back has a tenth at first", arguments: ["round_robin", "weighted", "hash"])
    func slowAtFirst(method: String) async throws {
        // An hour: however slow the machine is, the test sees the beginning.
        let pair = try Pair(method: method, slowStart: "1h")
        try await Gatehouse.serving(pair.toml) { gatehouse in
            try await pair.bringBack(gatehouse)
            let port = pair.port
            let names = try await onThread { try Self.names(port, 400) }
            let count = names.count { $0 == "back" }
            // Of 400 the half would be 200; a tenth of its turns is 20, and of all keys a tenth's weight has 36.
            #expect((5...80).contains(count), "\(count)")
        }
    }

    @Test("with slow_start and least_connections a server that came back has one tunnel for ten of another")
    func slowTunnels() async throws {
        let pair = try Pair(method: "least_connections", slowStart: "1h")
        let toml = pair.toml.replacing("path = \"/\"", with: "path = \"/\"\nwebsocket = true", maxReplacements: 1)
        try await Gatehouse.serving(toml) { gatehouse in
            try await pair.bringBack(gatehouse)
            let port = pair.port
            let count = try await onThread {
                let tunnels = try (0..<22).map { _ in try Tunnelled(port) }
                return tunnels.count { $0.server == "back" }
            }
            // Two for twenty; the third comes when its weight has grown, after most of a minute.
            #expect((2...3).contains(count), "\(count)")
        }
    }

    @Test("with slow_start the share of a server that came back grows until it is whole", arguments: ["round_robin", "weighted"])
    func wholeInTheEnd(method: String) async throws {
        let pair = try Pair(method: method, slowStart: "2s")
        try await Gatehouse.serving(pair.toml) { gatehouse in
            try await pair.bringBack(gatehouse)
            let port = pair.port
            let names = try await onThread {
                var names: [String] = []
                // Equal shares are strict turns: 40 of them in a row are no chance.
                while !Self.takesTurns(names.suffix(40)), names.count < 1_000_000 { names += try Self.names(port, 20) }
                return names
            }
            #expect(Self.takesTurns(names.suffix(40)))
            let halves = [names.prefix(names.count / 2), names.suffix(names.count / 2)].map { $0.count { $0 == "back" } }
            #expect(halves[0] <= halves[1], "\(halves)")
        }
    }

    /// Two servers that clients stick to; the second one drains or does not.
    private static func sticky(_ port: FreePort, _ stays: Upstream, _ drains: Upstream, isDraining: Bool) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(stays)",
            proxy: """
                [[sites.proxy.upstreams]]
                name = "app"
                url = "http://127.0.0.1:\(drains)"
                drain = \(isDraining)
                [sites.proxy.load_balancing]
                sticky_sessions = true
                sticky_secret = "one secret for both runs of this test"

                """)
    }

    @Test("a draining server gets no new client, and keeps those who are stuck to it")
    func draining() async throws {
        let stays = try Upstream.answering { Self.answer($0, "stays") }
        let drains = try Upstream.answering { Self.answer($0, "drains") }
        let port = try FreePort()
        func toml(isDraining: Bool) -> String { Self.sticky(port, stays, drains, isDraining: isDraining) }
        // Before the drain one of two clients gets to it.
        let cookie = try await Gatehouse.serving(toml(isDraining: false)) { _ in
            try await onThread {
                for _ in 0..<2 {
                    let answer = try Self.ask(port)
                    guard answer.text == "drains", let cookie = answer.value("Set-Cookie") else { continue }
                    return String(cookie.prefix { $0 != ";" })
                }
                return ""
            }
        }
        try #require(!cookie.isEmpty)
        try await Gatehouse.serving(toml(isDraining: true), workers: 2) { _ in
            try await onThread {
                for _ in 0..<10 {
                    let new = try Self.ask(port)
                    #expect(new.text == "stays", "\(new)")
                    let stuck = try Self.ask(port, "Cookie: \(cookie)\r\n")
                    #expect(stuck.text == "drains" && stuck.values("Set-Cookie").isEmpty, "\(stuck)")
                }
            }
        }
    }

    @Test("a draining server that is down has nobody any more, not even those who were stuck to it")
    func drainingAndDown() async throws {
        let stays = try Upstream.answering { Self.answer($0, "stays") }
        let drains = try Upstream.answering { Self.answer($0, "drains") }
        let port = try FreePort()
        func toml(isDraining: Bool) -> String { Self.sticky(port, stays, drains, isDraining: isDraining) }
        let cookies = try await Gatehouse.serving(toml(isDraining: false)) { _ in
            try await onThread { try (0..<2).map { _ in try Self.ask(port) } }
        }
        let cookie = try #require(cookies.first { $0.text == "drains" }?.value("Set-Cookie")).prefix { $0 != ";" }
        _ = try await drains.closures.first(drains.connections.all.count)
        drains.stop()
        try await Gatehouse.serving(toml(isDraining: true)) { _ in
            try await onThread {
                let moved = try Self.ask(port, "Cookie: \(cookie)\r\n")
                #expect(moved.text == "stays" && moved.values("Set-Cookie").count == 1, "\(moved)")
            }
        }
    }

    // MARK: -

    /// The server's name; a WebSocket handshake is accepted, with the name in its 101.
    private static func answer(_ request: Message, _ name: String) -> String {
        request.value("Upgrade") == "websocket" ? Tunnelled.accept(name) : Upstream.ok(name, to: request)
    }

    private static func ask(_ port: FreePort, _ fields: String = "") throws -> Message {
        let wire = try Wire(to: port.number)
        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n")
        return try wire.readAnswer()
    }

    /// Who answers so many requests, one after the other, each with a path of its own.
    private static func names(_ port: FreePort, _ count: Int) throws -> [String] {
        let wire = try Wire(to: port.number)
        return try (0..<count).map { number in
            try wire.write("GET /\(number) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer().text
        }
    }

    private static func takesTurns(_ names: ArraySlice<String>) -> Bool {
        names.count == 40 && zip(names, names.dropFirst()).allSatisfy { $0 != $1 }
    }
}
