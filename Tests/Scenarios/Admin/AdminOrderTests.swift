import Foundation
import TestSupport
import Testing

/// What an operator orders beside drains: weights, and words for WebSockets.
@Suite("Weights and Close frames, by the admin socket")
struct AdminOrderTests {
    private func site(_ port: FreePort, _ upstreams: [UInt16], keys: String = "") -> String {
        let servers = upstreams.map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"" }
        return """
            [[sites]]
            name = "shop"
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.proxy]
            enabled = true
            \(servers.joined(separator: "\n"))
            \(keys)
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            websocket = true
            """
    }

    @Test("a weight that is ordered holds from the next request on and over reloads, for new servers too, until it is reset")
    func weight() async throws {
        let upstreams = [try Upstream.saying("first"), try Upstream.saying("second"), try Upstream.saying("third")]
        let ports = upstreams.map(\.port)
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, Array(ports[..<2])))
        let wire = try Wire(to: port.number)
        func shares(of count: Int) async throws -> [Int] {
            var answers: [String: Int] = [:]
            for _ in 0..<count {
                let answer = try await onThread {
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try wire.readAnswer().text
                }
                answers[answer, default: 0] += 1
            }
            return ["first", "second", "third"].map { answers[$0] ?? 0 }
        }
        func near(_ counts: [Int], _ wanted: [Int]) -> Bool { zip(counts, wanted).allSatisfy { abs($0 - $1) <= 2 } }
        let url = "http://127.0.0.1:\(ports[0])"
        #expect(try await shares(of: 20) == [10, 10, 0])
        let done = try await running.command(["servers", "weight", url, "--to", "3"])
        #expect(done.code == 0 && done.text.contains("3 for 1"), "\(done)")
        var counts = try await shares(of: 40)
        #expect(near(counts, [30, 10, 0]), "\(counts)")
        let list = try await running.command(["servers", "--json"])
        let servers = try #require(try JSONSerialization.jsonObject(with: Data(list.output)) as? [String: Any]).list("servers")
        #expect(servers.map { $0["weight"] as? Int } == [3, 1] && servers.map { $0["configured_weight"] as? Int } == [1, 1])
        #expect(servers[0]["order"] as? String == "none" && servers[0]["states"] as? [String] == [])
        let line = try await running.process.errors.first { $0.contains("a server is ordered about") }
        #expect(line.contains("order=weight") && line.contains("weight=3"), "\(line)")
        // A third server that comes meanwhile counts as its weight says.
        _ = try await running.reload(site(port, ports))
        counts = try await shares(of: 50)
        #expect(near(counts, [30, 10, 10]), "\(counts)")
        #expect(try await running.command(["servers", "weight", url, "--to", "0"]).code == 0)
        counts = try await shares(of: 20)
        #expect(counts[0] == 0 && near(counts, [0, 10, 10]), "\(counts)")
        // A drain beside it, and back: the weight is as it was.
        #expect(try await running.command(["servers", "weight", "--site", "shop", "--to", "2"]).code == 0)
        #expect(try await running.command(["servers", "drain", url]).code == 0)
        counts = try await shares(of: 20)
        #expect(counts[0] == 0, "\(counts)")
        #expect(try await running.command(["servers", "enable", url]).text.contains("2 for 1"))
        #expect(try await running.command(["servers", "reset", "--site", "shop"]).code == 0)
        #expect(try await shares(of: 30) == [10, 10, 10])
        try await running.end()
    }

    @Test(
        "a WebSocket is closed with the code and the reason that were ordered, on both sides, and the log has the code",
        arguments: [(4001, "for maintenance: später"), (1000, ""), (1008, nil), (nil, "go")] as [(Int?, String?)])
    func close(code: Int?, reason: String?) async throws {
        let told = Journal<[UInt8]>("what the upstream is told")
        let upstream = try Upstream { _, wire in
            guard try wire.readRequest() != nil else { return }
            try wire.write(Tunnelled.accept("a"))
            let head = try wire.read(2)
            // Masked, since the gateway is the client there.
            let (mask, payload) = (try wire.read(4), try wire.read(Int(head[1] & 0x7F)))
            told.append(head[..<1] + payload.enumerated().map { $1 ^ mask[$0 % 4] })
            try wire.write([0x88, 0x00])
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let tunnel = try await onThread { try Tunnelled(port) }
        let list = try await running.command(["connections", "--json"])
        let connections = try #require(try JSONSerialization.jsonObject(with: Data(list.output)) as? [String: Any])
            .list("connections")
        let open = connections.first { $0["activity"] as? String == "tunnel" }
        let identifier = try #require(open?["id"] as? String)
        let words = (code.map { ["--code", "\($0)"] } ?? []) + (reason.map { ["--reason", $0] } ?? [])
        let closed = try await running.command(["connections", "close", identifier] + words)
        #expect(closed.code == 0, "\(closed)")
        let number = code ?? 1001
        let payload = [UInt8(number >> 8), UInt8(number & 0xFF)] + Array((reason ?? "closed by the operator").utf8)
        try await onThread {
            #expect(try tunnel.wire.read(2 + payload.count) == [0x88, UInt8(payload.count)] + payload)
            try tunnel.wire.write([0x88, 0x80, 0, 0, 0, 0])
            _ = try tunnel.wire.readToEnd()
        }
        #expect(try await told.first(1) == [[0x88] + payload])
        let line = try await running.process.output.first { $0.contains("closed_by_operator") }
        #expect(line.contains("\"close_code\":\(number)"), "\(line)")
        try await running.end()
    }

    @Test("a code for a connection that has no WebSocket is refused, and the connection goes on")
    func noWebSocket() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let wire = try Wire(to: port.number)
        func ask() async throws -> String {
            try await onThread {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer().text
            }
        }
        #expect(try await ask() == "ok")
        let list = try await running.command(["connections", "--json"])
        let connections = try #require(try JSONSerialization.jsonObject(with: Data(list.output)) as? [String: Any])
            .list("connections")
        let identifier = try #require(connections.first?["id"] as? String)
        let refused = try await running.command(["connections", "close", identifier, "--code", "4000"])
        #expect(refused.code == 1 && refused.errors.contains("no WebSocket"), "\(refused)")
        let answer = try await Command.curl([
            "-i", "--unix-socket", running.runtime + "/\(running.process.pid).sock", "--data-binary",
            "{\"id\": \"\(identifier)\", \"code\": 4000}", "http://localhost/connections/close",
        ])
        #expect(answer.text.hasPrefix("HTTP/1.1 409 Conflict"), "\(answer)")
        #expect(try await ask() == "ok")
        try await running.end()
    }

    /// The identifier of the only connection that does this.
    private func identifier(_ state: String, in running: ReloadingGatehouse) async throws -> String {
        var found: [[String: Any]] = []
        while found.count != 1 {
            let list = try await running.command(["connections", "--state", state, "--json"])
            found = try #require(try JSONSerialization.jsonObject(with: Data(list.output)) as? [String: Any]).list("connections")
        }
        return try #require(found[0]["id"] as? String)
    }

    @Test("a connection of [[tcp]] is told from one that begins, is cut or left alone, and the log says who has cut it")
    func passedOn() async throws {
        let upstream = try Upstream { _, wire in
            while true { try wire.write(try wire.read(1)) }
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(
            """
            [[tcp]]
            name = "front"
            listen = "127.0.0.1"
            port = \(port)
            upstream = "echo"
            [[tcp.upstreams]]
            name = "echo"
            address = "127.0.0.1:\(upstream.port)"
            """)
        let wire = try Wire(to: port.number)
        func echo(_ byte: UInt8) async throws -> [UInt8] {
            try await onThread {
                try wire.write([byte])
                return try wire.read(1)
            }
        }
        #expect(try await echo(1) == [1])
        let identifier = try await identifier("tcp", in: running)
        let refused = try await running.command(["connections", "close", identifier])
        #expect(refused.code == 1 && refused.errors.contains("--at-once"), "\(refused)")
        #expect(try await echo(2) == [2])
        let closed = try await running.command(["connections", "close", identifier, "--at-once"])
        #expect(closed.code == 0, "\(closed)")
        _ = try await onThread { try? wire.readToEnd() }
        let line = try await running.process.output.first { $0.contains("closed_by_operator") }
        #expect(line.contains("\"site\":\"front\"") && !line.contains("drain_timeout"), "\(line)")
        let told = try await running.process.errors.first { $0.contains("a TCP connection was cut") }
        #expect(told.contains("an operator has closed it") && !told.contains("drain_timeout"), "\(told)")
        try await running.end()
    }

    @Test("a WebSocket that an operator has cut is told as that, not as one that a stop has cut")
    func cut() async throws {
        let upstream = try Upstream { _, wire in
            guard try wire.readRequest() != nil else { return }
            try wire.write(Tunnelled.accept("a"))
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let tunnel = try await onThread { try Tunnelled(port) }
        let identifier = try await identifier("tunnel", in: running)
        let closed = try await running.command(["connections", "close", identifier, "--at-once"])
        #expect(closed.code == 0, "\(closed)")
        _ = try await onThread { try? tunnel.wire.readToEnd() }
        let line = try await running.process.output.first { $0.contains("closed_by_operator") }
        #expect(line.contains("\"close_code\":1006") && !line.contains("drain_timeout"), "\(line)")
        try await running.end()
    }
}
