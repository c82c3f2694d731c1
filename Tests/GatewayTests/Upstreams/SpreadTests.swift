import TestSupport
import Testing

@Suite("Requests are spread over upstreams")
struct SpreadTests {
    struct Promise: Sendable, CustomTestStringConvertible {
        var method: String
        var weights: [Int]
        var counts: [Int]
        var testDescription: String { method }
    }

    @Test(
        "as the method promises, over all workers",
        arguments: [
            Promise(method: "round_robin", weights: [1, 1, 1], counts: [40, 40, 40]),
            Promise(method: "weighted", weights: [3, 2, 1], counts: [60, 40, 20]),
            // One request at a time: nothing is under way, and equals take turns.
            Promise(method: "least_connections", weights: [1, 1, 1], counts: [40, 40, 40]),
            Promise(method: "least_conn", weights: [1, 1, 1], counts: [40, 40, 40]),
        ])
    func spread(promise: Promise) async throws {
        let upstreams = try promise.weights.map { _ in try Upstream.saying("x") }
        let port = try FreePort()
        let others = zip(upstreams, promise.weights).dropFirst().map { upstream, weight in
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(upstream)\"\nweight = \(weight)\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])", upstream: "weight = \(promise.weights[0])",
            proxy: others.joined() + "[sites.proxy.load_balancing]\nmethod = \"\(promise.method)\"\n")
        try await Gatehouse.serving(toml, workers: 4) { _ in
            try await onThread {
                // The kernel gives each connection to any of the workers.
                for _ in 0..<120 {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    #expect(try wire.readAnswer().text == "x")
                    _ = try wire.readToEnd()
                }
            }
            #expect(upstreams.map { $0.requests.all.count } == promise.counts)
        }
    }

    @Test("least_connections counts exchanges and tunnels that are under way, and no longer")
    func underWay() async throws {
        let goOn = Signal()
        let upstreams = try (0..<3).map { number in
            try Upstream { upstream, wire in
                while let request = try wire.readRequest() {
                    upstream.requests.append(request)
                    if request.value("Upgrade") == "websocket" {
                        try wire.write(Tunnelled.accept("\(number)"))
                        _ = try wire.readToEnd()
                    } else if request.target == "/held" {
                        // The second of two bytes comes when the test says so.
                        try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\(number)")
                        goOn.wait()
                        try wire.write("!")
                    } else {
                        try wire.write(Upstream.ok("\(number)"))
                    }
                }
            }
        }
        let port = try FreePort()
        let others = upstreams.dropFirst().map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n" }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])", route: "websocket = true",
            proxy: others.joined() + "[sites.proxy.load_balancing]\nmethod = \"least_connections\"\n")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let (tunnel, tunnelled, held, holding) = try await onThread {
                let tunnel = try Tunnelled(port)
                let held = try Wire(to: port.number)
                try held.write("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try held.head()
                return (tunnel.wire, try #require(tunnel.server), held, String(decoding: try held.read(1), as: UTF8.self))
            }
            #expect(tunnelled != holding)
            let free = Set(["0", "1", "2"]).subtracting([tunnelled, holding])
            let beside = try await onThread { try Self.names(port, 12) }
            #expect(beside == free)
            goOn.fire()
            let rest = try await onThread { try held.read(1) }
            #expect(rest == Array("!".utf8))
            _ = try await gatehouse.access("/held")
            let besideTunnel = try await onThread { try Self.names(port, 12) }
            #expect(besideTunnel == free.union([holding]))
            tunnel.close()
            _ = try await gatehouse.access("/tunnel")
            // The line is written before the tunnel is gone.
            var seen = free
            for _ in 0..<1000 where seen.count < 3 { seen = try await onThread { try Self.names(port, 12) } }
            #expect(seen == ["0", "1", "2"])
        }
    }

    /// Who answers so many requests, one after the other.
    private static func names(_ port: FreePort, _ count: Int) throws -> Set<String> {
        let wire = try Wire(to: port.number)
        return Set(
            try (0..<count).map { _ in
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer().text
            })
    }
}
