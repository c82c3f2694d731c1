import TestSupport
import Testing

@Suite("Idle connections to upstreams")
struct IdleUpstreamTests {
    private static func limits(_ keys: String) -> String { "[limits]\nhead_timeout = 600\n\(keys)\n" }

    @Test("one that is idle for upstream_idle_timeout is closed, by that alone")
    func timeout() async throws {
        let endings = Journal<Wire.Ending?>("how the kept connection ended")
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            // Nothing in the answer limits its life.
            try wire.write(Upstream.ok("x"))
            endings.append(try? wire.readToEnd().ending)
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            top: Self.limits("keep_alive_timeout = 3600\nupstream_idle_timeout = \"300ms\""))
        try await Gatehouse.serving(toml) { _ in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "x")
                return wire
            }
            #expect(try await endings.first(1) == [.closed])
            // The client's own connection was idle as long, and still serves.
            try await onThread {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "x")
            }
            #expect(upstream.connections.all.count == 2)
        }
    }

    @Test("idle_timeout of an upstream holds in place of upstream_idle_timeout")
    func ownTimeout() async throws {
        let endings = Journal<Wire.Ending?>("how the kept connection ended")
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write(Upstream.ok("x"))
            endings.append(try? wire.readToEnd().ending)
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", upstream: "idle_timeout = \"300ms\"",
            top: Self.limits("upstream_idle_timeout = 3600"))
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/"])
            #expect(answer.text == "x")
            #expect(try await endings.first(1) == [.closed])
        }
    }

    @Test("a worker keeps max_idle_upstream_connections of them and closes the others", arguments: [0, 2, 5])
    func most(limit: Int) async throws {
        let goOn = Signal()
        let upstream = try Upstream { upstream, wire in
            try upstream.serve(wire) { request in
                goOn.wait()
                return Upstream.ok("x", to: request)
            }
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            top: Self.limits("upstream_idle_timeout = 3600\nmax_idle_upstream_connections = \(limit)"))
        try await Gatehouse.serving(toml) { _ in
            // Five at once need as many connections.
            try await Self.together(5, port, upstream, goOn)
            _ = try await upstream.closures.first(5 - limit)
            // Those that were kept are all used by the next ones, and none besides is made but what they lack.
            try await Self.together(5, port, upstream, goOn)
            #expect(upstream.connections.all.count == 10 - limit)
            _ = try await upstream.closures.first(10 - 2 * limit)
            #expect(upstream.closures.all.count == 10 - 2 * limit)
        }
    }

    /// So many requests, each answered only when all have come.
    private static func together(_ count: Int, _ port: FreePort, _ upstream: Upstream, _ goOn: Signal) async throws {
        let before = upstream.requests.all.count
        let wires = try await onThread {
            try (0..<count).map { _ in
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return wire
            }
        }
        _ = try await upstream.requests.first(before + count)
        for _ in wires { goOn.fire() }
        try await onThread {
            for wire in wires {
                let answer = try wire.readAnswer()
                #expect(answer.text == "x")
                // The client's end comes after the upstream's connection was parked, or closed.
                #expect(try wire.readToEnd() == ([], .closed))
            }
        }
    }
}
