import TestSupport
import Testing
import Upstreams

@testable import Gateway

/// One worker over real sockets that has two plans in use at once.
@Suite("While exchanges of an older plan are under way")
struct TwoGenerationsTests {
    private func get(_ wire: Wire, _ target: String = "/") async throws -> String {
        try await onThread {
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer().text
        }
    }

    @Test("they keep to their own servers, while others are served by the next, and their generation goes with the last")
    func hangingRequest() async throws {
        // It takes requests and closes without an answer when the test says so.
        let goOn = Signal()
        let hanging = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            goOn.wait()
        }
        let (second, third) = (try Upstream.saying("second"), try Upstream.saying("third"))
        let first = try Plans.plan(
            Plans.pool([hanging.port, second.port], proxy: "[sites.proxy.retry]\nretries = 1\n"))
        // In this plan another server has each place: another pool stands before the one of old.
        let pools = Plans.site(
            [("other", "http://127.0.0.1:\(third.port)", ""), ("app", "http://127.0.0.1:\(third.port)", "")],
            routes: [("/", "app", "")])
        let next = try Plans.plan(pools, after: first)
        try await serving(first) { gateway, port in
            let (old, idle) = (try Wire(to: port), try Wire(to: port))
            try old.write("GET /old HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await hanging.requests.first(1)
            #expect(try await get(idle) == "second")
            try await gateway.adopt(next)
            #expect(await gateway.generations == [[1, 2]])
            #expect(try await get(idle) == "third", "a connection that is older than the plan")
            #expect(try await get(Wire(to: port)) == "third", "a new connection")
            goOn.fire()
            #expect(try await onThread { try old.readAnswer().text } == "second", "its plan's other server")
            #expect(await gateway.generations == [[2]])
            #expect(try await get(old) == "third")
        }
    }

    @Test("its plan is kept, and is taken apart by whoever asks for that, not by the worker")
    func retiredPlan() async throws {
        let goOn = Signal()
        let slow = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            goOn.wait()
            try wire.write(Upstream.ok("done"))
        }
        let text = Plans.pool([slow.port])
        // Nobody here holds the plans that are adopted: only of those can the gateway let go.
        func reload(_ gateway: Gateway) async throws { try await gateway.adopt(Plans.plan(text, after: gateway.currentPlan)) }
        try await serving(try Plans.plan(text)) { gateway, port in
            try await reload(gateway)
            let wire = try Wire(to: port)
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await slow.requests.first(1)
            _ = gateway.releaseRetiredPlans()
            try await reload(gateway)
            #expect(await gateway.generations == [[2, 3]])
            #expect(gateway.releaseRetiredPlans() == 0)
            goOn.fire()
            #expect(try await onThread { try wire.readAnswer().text } == "done")
            #expect(await gateway.generations == [[3]])
            #expect(gateway.releaseRetiredPlans() == 1)
            #expect(gateway.releaseRetiredPlans() == 0)
        }
    }

    @Test("idle connections to a server that both plans have stay open, those of others close")
    func idleConnections() async throws {
        let (kept, removed) = (try Upstream.saying("kept"), try Upstream.saying("removed"))
        let first = try Plans.plan(Plans.pool([removed.port, kept.port]))
        let next = try Plans.plan(Plans.pool([kept.port]), after: first)
        try await serving(first) { gateway, port in
            let wire = try Wire(to: port)
            #expect(try await [get(wire), get(wire)] == ["removed", "kept"])
            try await gateway.adopt(next)
            _ = try await removed.closures.first(1)
            #expect(try await [get(wire), get(wire)] == ["kept", "kept"])
            #expect(kept.connections.all == [1])
        }
    }

    @Test("a tunnel goes on without holding its plan, and counts for the next one's limit")
    func tunnel() async throws {
        let echo = try Upstream { _, wire in
            guard let request = try wire.readHead(), request.value("Upgrade") == "websocket" else { return }
            try wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            while true { try wire.write(wire.read(1)) }
        }
        let route = "websocket = true\nmax_tunnels = 1"
        let first = try Plans.plan(Plans.pool([echo.port], route: route))
        let next = try Plans.plan(Plans.pool([echo.port, 9], route: route), after: first)
        let handshake =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        try await serving(first) { gateway, port in
            let wire = try Wire(to: port)
            try await onThread {
                try wire.write(handshake)
                #expect(try wire.head().status == 101)
            }
            try await gateway.adopt(next)
            #expect(await gateway.generations == [[2]])
            try await onThread {
                let message: [UInt8] = [0x82, 0x81, 0, 0, 0, 0, 0x2A]
                try wire.write(message)
                #expect(try wire.read(message.count) == message)
                let other = try Wire(to: port)
                try other.write(handshake)
                #expect(try other.head().status == 503)
            }
            wire.close()
        }
    }

    @Test("who waits in line is let in by an exchange of either plan")
    func waitingInLine() async throws {
        let goOn = Signal()
        let slow = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                goOn.wait()
                try wire.write(Upstream.ok("done"))
            }
        }
        let text = Plans.pool(
            [slow.port], keys: "max_conns = 1", proxy: "[sites.proxy.load_balancing]\nqueue = 2\nqueue_timeout = 600\n")
        let first = try Plans.plan(text)
        let next = try Plans.plan(text, after: first)
        let waiting = try #require(try first.route().pool.queue?.count)
        try await serving(first) { gateway, port in
            let wires = try (0..<3).map { _ in try Wire(to: port) }
            func ask(_ index: Int) throws { try wires[index].write("GET /\(index) HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            /// Looks once in each turn of the worker's loop. A client that is let through, or answered, never waits.
            func untilWaiting(_ count: Int) async throws {
                while waiting.value < count {
                    try #require(slow.requests.all.count == 1 && wires.allSatisfy { !$0.hasInput })
                    await gateway.takeTurns()
                }
            }
            try ask(0)
            _ = try await slow.requests.first(1)
            try ask(1)
            try await untilWaiting(1)
            try await gateway.adopt(next)
            try ask(2)
            try await untilWaiting(2)
            for index in 0..<3 {
                goOn.fire()
                #expect(try await onThread { try wires[index].readAnswer().text } == "done")
            }
            #expect(slow.requests.all.map(\.target) == ["/0", "/1", "/2"])
            #expect(await gateway.generations == [[2]])
        }
    }
}
