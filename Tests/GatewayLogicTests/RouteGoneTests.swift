import TestSupport
import Testing

@testable import Gateway

/// Tunnels when the plan changes beneath them.
@Suite("Tunnels, when another plan comes into use")
struct RouteGoneTests {
    /// Answers handshakes, and then every byte with the same; a Close frame is answered like that, too.
    private func echo() throws -> TestSupport::Upstream {
        try TestSupport::Upstream { _, wire in
            guard let request = try wire.readHead(), request.value("Upgrade") == "websocket" else { return }
            try wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            while true { try wire.write(wire.read(1)) }
        }
    }

    private func plan(_ port: UInt16, _ routes: [String], after previous: Plan? = nil, tunnels: Bool = true) throws -> Plan {
        let text = Plans.site(
            [("app", "http://127.0.0.1:\(port)", "")], routes: routes.map { ($0, "app", "websocket = \(tunnels)") },
            top: "[limits]\nreload_close_window = \"50ms\"\n")
        return try Plans.plan(text, after: previous)
    }

    private func open(_ port: UInt16, _ path: String) async throws -> Wire {
        try await onThread {
            let wire = try Wire(to: port)
            try wire.write(
                "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            #expect(try wire.head().status == 101)
            return wire
        }
    }

    /// A Close frame from the server with 1012 (IANA's registry of close codes: "Service Restart").
    private func expectRestart(_ wire: Wire) async throws {
        try await onThread {
            let head = try wire.read(4)
            #expect(head[0] == 0x88 && head[2...] == [0x03, 0xF4])
            _ = try wire.read(Int(head[1]) - 2)
            wire.close()
        }
    }

    @Test("one goes on while its route is there; of one that is gone both sides get a Close with 1012")
    func routeGone() async throws {
        let upstream = try echo()
        let first = try plan(upstream.port, ["/stays", "/goes"])
        let next = try plan(upstream.port, ["/stays"], after: first)
        try await serving(first) { gateway, port in
            let (stays, goes) = (try await open(port, "/stays"), try await open(port, "/goes"))
            try await gateway.adopt(next)
            try await expectRestart(goes)
            try await onThread {
                let message: [UInt8] = [0x82, 0x81, 0, 0, 0, 0, 0x2A]
                try stays.write(message)
                #expect(try stays.read(message.count) == message)
                stays.close()
            }
        }
    }

    @Test("a route that takes no WebSockets any more has lost its tunnels")
    func noLongerTaken() async throws {
        let upstream = try echo()
        let first = try plan(upstream.port, ["/"])
        let next = try plan(upstream.port, ["/"], after: first, tunnels: false)
        try await serving(first) { gateway, port in
            let wire = try await open(port, "/")
            try await gateway.adopt(next)
            try await expectRestart(wire)
        }
    }

    @Test("a handshake that ends after its route is gone is a tunnel that ends at once")
    func lateHandshake() async throws {
        let goOn = Signal()
        let upstream = try TestSupport::Upstream { upstream, wire in
            guard let request = try wire.readHead() else { return }
            upstream.requests.append(request)
            goOn.wait()
            try wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            _ = try wire.readToEnd()
        }
        let first = try plan(upstream.port, ["/stays", "/goes"])
        let next = try plan(upstream.port, ["/stays"], after: first)
        try await serving(first) { gateway, port in
            async let opened = open(port, "/goes")
            _ = try await upstream.requests.first(1)
            try await gateway.adopt(next)
            goOn.fire()
            try await expectRestart(opened)
        }
    }
}
