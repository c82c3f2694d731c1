import HTTP
import Messages
import TestSupport
import Testing

@Suite("Many connections to a service, upgraded ones, and their ends")
struct ServiceEndTests {
    // MARK: Many, and the end

    @Test("one connection too many is closed unheard where all have asked")
    func limitsConnections() async throws {
        var limits = Service.Limits()
        limits.maxConnections = 2
        try await ServiceHost.serving(limits) { host, port in
            let wires = try await onThread {
                let wires = try (0..<2).map { _ in try Wire(to: port) }
                for wire in wires { try wire.write(get("/hold")) }
                return wires
            }
            _ = try await host.events.first(2)
            let isUnheard = try await onThread { try Wire(to: port).readToEnd().bytes.isEmpty }
            #expect(isUnheard)
            await host.release()
            let statuses = try await onThread { try wires.map { try $0.readAnswer().status } }
            #expect(statuses == [200, 200])
        }
    }

    @Test("who asks nothing makes room for who comes")
    func makesRoom() async throws {
        var limits = Service.Limits()
        limits.maxConnections = 3
        try await ServiceHost.serving(limits) { host, port in
            let (busy, silent) = try await onThread {
                let busy = try Wire(to: port)
                try busy.write(get("/hold"))
                return (busy, try (0..<2).map { _ in try Wire(to: port) })
            }
            _ = try await host.events.first { $0 == "GET /hold" }
            try await onThread {
                // Half a head is no request, either.
                try silent[1].write("GET / HTTP/1.1\r\n")
                let others = try (0..<4).map { _ in
                    let wire = try Wire(to: port)
                    try wire.write(get("/"))
                    #expect(try wire.readAnswer().status == 200)
                    return wire
                }
                #expect(others.count == 4)
                for wire in silent { #expect(try wire.readToEnd().bytes.isEmpty) }
            }
            await host.release()
            let status = try await onThread { try busy.readAnswer().status }
            #expect(status == 200)
        }
    }

    @Test("a drain lets the idle go, answers those who asked, and takes nobody new")
    func drains() async throws {
        try await ServiceHost.serving { host, port in
            let (idle, busy) = try await onThread {
                let wires = try (0..<2).map { _ in try Wire(to: port) }
                for wire in wires {
                    try wire.write(get("/"))
                    _ = try wire.readAnswer()
                }
                try wires[1].write(get("/hold"))
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
                try wire.write(get("/count", "Content-Length: 5\r\n", method: "POST") + "he")
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
                try wire.write(get("/upgrade"))
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
}

extension Wire {
    /// Nothing more came, and then the peer closed.
    func endsCleanly() throws -> Bool {
        let rest = try readToEnd()
        return rest.bytes.isEmpty && rest.ending == .closed
    }
}
