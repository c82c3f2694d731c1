import Glibc
import TestSupport
import Testing

/// Three gateways that share probes out, by a real etcd. Beside them one without a fleet probes a server of its own as often:
/// what it does in the same time tells how often one gateway probes.
@Suite("Probes of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetProbeTests {
    private final class Three: Sendable {
        let etcd: Etcd
        let gateways: [FleetGateways.Gateway]
        let servers: [Upstream]
        let control: Upstream
        let isHealthy = Guarded(true)
        private let fleet: FleetGateways
        private let alone: ChildProcess

        init() async throws {
            var fleet = try await FleetGateways()
            etcd = try await Etcd(in: fleet.directory)
            let isHealthy = isHealthy
            servers = try (0..<8).map { _ in
                try Upstream.answering { _ in "HTTP/1.1 \(isHealthy.withLock { $0 } ? 200 : 503) x\r\nContent-Length: 0\r\n\r\n" }
            }
            control = try Upstream.saying("x")
            let servers = servers
            for name in ["a", "b", "c"] {
                let sites = Self.site(try FreePort(), servers)
                let gateway = try await fleet.start(name, etcd, more: "share_probes = \"all\"", sites: sites)
                _ = try await gateway.log.line(": a member of the fleet")
            }
            (self.fleet, gateways) = (fleet, fleet.all)
            let file = try fleet.directory.write("alone.toml", Self.site(try FreePort(), [control]))
            alone = try ChildProcess(Place.gatehouse, ["run", "-c", file, "--workers", "1"])
        }

        private static func site(_ port: FreePort, _ servers: [Upstream]) -> String {
            """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.proxy]
            enabled = true
            [sites.proxy.health_check]
            enabled = true
            interval = "100ms"
            timeout = 60
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"

            """
                + servers.map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0.port)\"\n" }.joined()
        }

        /// How often the servers were probed on an average while the control was so often.
        func counts(_ probes: Int) async throws -> Int {
            let (before, start) = (servers.map(\.requests.all.count), control.requests.all.count)
            _ = try await control.requests.first(start + probes)
            return zip(servers, before).reduce(0) { $0 + $1.0.requests.all.count - $1.1 } / servers.count
        }

        /// Until servers are probed no more often than by one gateway.
        func areShared() async throws { while try await counts(20) > 30 {} }

        /// How many servers each member that is there probes, by its own account.
        func duties() async throws -> [String: Int] {
            let file = "\(fleet.directory.path)/a.toml"
            let lines = try await Command.run(Place.gatehouse, ["fleet", "status", "-c", file]).text.split(separator: "\n")
            return lines.reduce(into: [:]) { duties, line in
                let words = line.split(separator: " ")
                if words.count > 3, words[0].count == 1 { duties[String(words[0])] = Int(words[words.count - 1]) }
            }
        }
    }

    @Test("each server is probed by one member; its verdict is everybody's; who is killed has heirs; without etcd all probe")
    func shared() async throws {
        let three = try await Three()
        try await three.areShared()
        #expect(try await three.counts(40) < 60)
        try await eventually("each has one who probes it") {
            try await three.duties().values.reduce(0, +) == three.servers.count
        }

        three.isHealthy.withLock { $0 = false }
        for gateway in three.gateways {
            for server in three.servers {
                _ = try await gateway.log.first("that it is unhealthy") {
                    $0.contains("upstream unhealthy") && $0.hasSuffix(":\(server.port)")
                }
            }
        }
        // That it goes on to be probed once is no matter of its verdict.
        try await three.areShared()
        three.isHealthy.withLock { $0 = true }
        for gateway in three.gateways {
            for server in three.servers {
                _ = try await gateway.log.first("that it is well again") {
                    $0.contains("upstream healthy again") && $0.hasSuffix(":\(server.port)")
                }
            }
        }

        three.gateways[0].process.kill()
        for server in three.servers { _ = try await server.requests.first(server.requests.all.count + 40) }
        try await three.areShared()

        try await three.etcd.fail(0)
        while try await three.counts(20) < 32 {}
    }
}
