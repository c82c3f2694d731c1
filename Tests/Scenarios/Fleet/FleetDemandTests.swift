import Foundation
import Glibc
import TestSupport
import Testing

/// Certificates on demand of several gateways, from a real authority, by a real etcd.
@Suite("Certificates on demand of a fleet", .enabled("etcd or pebble is not installed") { Etcd.isThere && Managed.isThere })
struct FleetDemandTests {
    /// Three members that get certificates of names that begin with "c", of an authority that reaches the second alone.
    private struct Three {
        var fleet: FleetGateways
        let etcd: Etcd
        let pebble: Pebble
        let asked: Upstream
        /// The authority's, as a file.
        let root: String

        init(_ limits: String = "", pause: Int = 0) async throws {
            fleet = try await FleetGateways()
            etcd = try await Etcd(in: fleet.directory)
            asked = try Upstream.answering { message in
                let isAllowed = message.start.hasPrefix("GET /check?domain=c")
                return "HTTP/1.1 \(isAllowed ? "200 OK" : "403 Forbidden")\r\nContent-Length: 0\r\n\r\n"
            }
            let ports = try (0..<3).map { _ in (http: try FreePort(), tls: try FreePort()) }
            var environment = ["PEBBLE_WFE_NONCEREJECT": "0"]
            if pause > 0 { environment.merge(["PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "\(pause)"]) { $1 } }
            pebble = try await Pebble(
                http: ports[1].http, tls: ports[1].tls, names: (1...6).map { "c\($0).test" }, environment: environment,
                in: fleet.directory)
            root = try await pebble.root(in: fleet.directory)
            for (name, port) in zip(["a", "b", "c"], ports) {
                let sites = """
                    [[sites]]
                    hostname = "own.test"
                    listen = "127.0.0.1"
                    port = \(port.tls)
                    default = true
                    static_dir = "\(fleet.directory.path)/www"
                    \(pebble.ssl)
                    [sites.ssl.on_demand]
                    ask = "http://127.0.0.1:\(asked.port)/check"
                    \(limits)
                    """
                let gateway = try await fleet.start(name, etcd, tls: port.tls, http: port.http, sites: sites)
                _ = try await gateway.log.line(": a member of the fleet")
            }
        }

        func get(_ name: String, _ member: Int) async throws -> Command.Outcome {
            let port = fleet.all[member].tls
            return try await Command.curl([
                "--cacert", root, "--resolve", "\(name):\(port):127.0.0.1", "https://\(name):\(port)/index.html",
            ])
        }

        func questions(_ name: String) -> Int { asked.requests.all.count { $0.start.contains(name) } }
    }

    @Test("whichever member is asked, one orders, all serve, and `ask` is asked once")
    func shared() async throws {
        let three = try await Three()
        let gateways = three.fleet.all
        // Nobody leads yet: the first that is asked does.
        let first = try await three.get("c1.test", 0)
        #expect(first.text == "here\n", "\(first)")
        let second = try await three.get("c2.test", 1)
        #expect(second.text == "here\n", "\(second)")
        _ = try await gateways[0].log.first("c2") { $0.contains("a new certificate is in use") && $0.contains("c2.test") }
        for member in 0..<3 {
            for name in ["c1.test", "c2.test"] {
                let served = try await three.get(name, member)
                #expect(served.text == "here\n", "\(name) of \(member): \(served)")
            }
        }
        #expect(three.pebble.count("/order-plz") == 2 && three.questions("c1.test") == 1 && three.questions("c2.test") == 1)
        // A refusal is everybody's, too: what was wished for later was told later.
        let refused = try await three.get("x.test", 1)
        #expect(refused.code == 35, "\(refused)")
        for (name, member) in [("c3.test", 1), ("c4.test", 2)] {
            let served = try await three.get(name, member)
            #expect(served.text == "here\n", "\(name) of \(member): \(served)")
        }
        for member in [0, 2] {
            let refused = try await three.get("x.test", member)
            #expect(refused.code == 35, "\(refused)")
            let line = try await gateways[member].log.first("x") { $0.contains("no certificate on demand") }
            #expect(line.contains("x.test") && line.contains("on_demand.ask does not allow it"), "\(line)")
        }
        #expect(three.questions("x.test") == 1)
    }

    @Test("limits hold for all members together, and who waits is told why, also that an order has failed")
    func bounded() async throws {
        let three = try await Three("per_minute = 2")
        let log = three.fleet.all.map(\.log)
        #expect(try await three.get("c1.test", 0).text == "here\n")
        // The authority cannot find this one.
        let lost = try await three.get("cannot-be-found.test", 1)
        #expect(lost.code == 35, "\(lost)")
        let reason = try await log[1].first("lost") {
            $0.contains("no certificate on demand") && $0.contains("cannot-be-found.test")
        }
        #expect(reason.contains("the member that gets certificates: "), "\(reason)")
        let over = try await three.get("c2.test", 2)
        #expect(over.code == 35, "\(over)")
        let limit = try await log[2].first("over") { $0.contains("no certificate on demand") }
        #expect(limit.contains("per_minute certificates were asked for"), "\(limit)")
        #expect(three.pebble.count("/order-plz") == 2)
    }

    @Test("when the member that asks is killed, another goes on with the order that a handshake waits for")
    func taken() async throws {
        let three = try await Three("wait = \"60s\"", pause: 5)
        let gateways = three.fleet.all
        #expect(try await three.get("c1.test", 0).text == "here\n")
        let waiting = Task { try await three.get("c2.test", 1) }
        _ = try await gateways[0].log.first("c2") { $0.contains("a name can be proved") && $0.contains("c2.test") }
        let metrics = try await Command.curl([
            "--unix-socket", "\(three.fleet.directory.path)/b.sock", "http://localhost/metrics",
        ])
        #expect(metrics.text.contains("gatehouse_fleet_wishes{by=\"this\"} 1\n"), "\(metrics.text)")
        gateways[0].process.kill()
        let served = try await waiting.value
        #expect(served.text == "here\n", "\(served)")
        #expect(try await three.get("c2.test", 2).text == "here\n")
        #expect(three.pebble.count("/order-plz") == 2 && three.questions("c2.test") == 1)
    }

    @Test("while etcd is away a handshake ends with that reason, and others go on")
    func away() async throws {
        let three = try await Three("wait = \"1s\"")
        let gateways = three.fleet.all
        _ = try await three.get("c1.test", 0)
        _ = try await gateways[0].log.line("a new certificate is in use")
        try await eventually("c1.test on another") { try await three.get("c1.test", 1).text == "here\n" }
        three.etcd.members[0].process.signal(SIGSTOP)
        _ = try await gateways[1].log.line("the fleet has lost etcd")
        let ended = try await three.get("c2.test", 1)
        #expect(ended.code == 35, "\(ended)")
        let line = try await gateways[1].log.first("c2") { $0.contains("no certificate on demand") && $0.contains("c2.test") }
        #expect(line.contains("etcd does not answer"), "\(line)")
        #expect(try await three.get("c1.test", 1).text == "here\n")
        three.etcd.members[0].process.signal(SIGCONT)
        _ = try await gateways[1].log.line("the fleet is in touch with etcd again")
        try await eventually("c2.test with etcd") { try await three.get("c2.test", 1).text == "here\n" }
    }
}
