import Foundation
import TestSupport
import Testing

/// What a reload would change, asked for beforehand.
@Suite("gatehouse reload --plan")
struct ReloadPlanTests {
    /// A gateway with one request under way, one tunnel and one idle connection over its first port, one idle over its second.
    private struct Busy {
        let running: ReloadingGatehouse
        let upstream: Upstream
        let ports: [FreePort]
        let wires: [Wire]
        let tunnel: Tunnelled
        let goOn: TestSupport.Signal

        init() async throws {
            let goOn = TestSupport.Signal()
            let upstream = try Upstream { upstream, wire in
                while let request = try wire.readRequest() {
                    upstream.requests.append(request)
                    if request.target == "/slow/" { goOn.wait() }
                    let isTunnel = request.target.hasPrefix("/tunnel")
                    try wire.write(isTunnel ? Tunnelled.accept("app") : Upstream.ok("here"))
                    if isTunnel { _ = try wire.readToEnd() }
                }
            }
            let ports = [try FreePort(), try FreePort()]
            running = try await ReloadingGatehouse(Self.toml(ports, upstream))
            wires = try await onThread {
                let wires = try (0..<3).map { try Wire(to: ports[$0 / 2].number) }
                for (index, wire) in wires.enumerated() {
                    try wire.write("GET \(index == 0 ? "/slow/" : "/") HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    if index > 0 { _ = try wire.readAnswer() }
                }
                return wires
            }
            _ = try await upstream.requests.first { $0.target == "/slow/" }
            tunnel = try await onThread { try Tunnelled(ports[0]) }
            #expect(tunnel.server == "app")
            (self.upstream, self.ports, self.goOn) = (upstream, ports, goOn)
        }

        static func toml(_ ports: [FreePort], _ upstream: Upstream, routes: [String] = ["/", "/slow/", "/tunnel"]) -> String {
            ports.map { port in
                """
                [[sites]]
                hostname = "localhost"
                listen = "127.0.0.1"
                port = \(port)
                [sites.proxy]
                enabled = true
                [[sites.proxy.upstreams]]
                name = "app"
                url = "http://127.0.0.1:\(upstream.port)"
                [sites.proxy.timeout]
                read = 600

                """
                    + routes.map { "[[sites.proxy.routes]]\npath = \"\($0)\"\nupstream = \"app\"\nwebsocket = true\n" }.joined()
            }.joined()
        }
    }

    private struct Plan: Decodable {
        struct Counts: Decodable, Equatable {
            var connections: Int
            var requests: Int
            var tunnels: Int
        }
        struct Entry: Decodable {
            struct Change: Decodable { var text: String }
            var change: Change
            var touches: Counts
        }
        var changes: [Entry]
        var total: Counts
        var ending: Counts
    }

    private func plan(_ running: ReloadingGatehouse, _ toml: String) async throws -> (Plan, [String: Plan.Counts]) {
        let file = try running.directory.write("candidate.toml", toml)
        let outcome = try await running.command(["reload", "--plan", file, "--json"])
        #expect(outcome.code == 0, "\(outcome)")
        let plan = try JSONDecoder().decode(Plan.self, from: Data(outcome.output))
        return (plan, Dictionary(uniqueKeysWithValues: plan.changes.map { ($0.change.text, $0.touches) }))
    }

    private func counts(_ connections: Int, _ requests: Int, _ tunnels: Int) -> Plan.Counts {
        Plan.Counts(connections: connections, requests: requests, tunnels: tunnels)
    }

    @Test("each change is told with the connections, requests and tunnels that it is about, and nothing changes")
    func counts() async throws {
        let busy = try await Busy()
        let (ports, running) = (busy.ports, busy.running)
        let site = "localhost@127.0.0.1:\(ports[0])"
        let own =
            "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\n[logging]\nformat = \"json\"\n"
            + "[performance]\nworker_threads = 2\n"

        let (gone, ofGone) = try await plan(running, own + Busy.toml(ports, busy.upstream, routes: ["/", "/slow/"]))
        #expect(ofGone["-route \(site) /tunnel"] == counts(1, 0, 1), "\(ofGone)")
        #expect(gone.total == counts(4, 1, 1) && gone.ending == counts(0, 0, 1))

        let (fewer, ofFewer) = try await plan(running, own + Busy.toml([ports[1]], busy.upstream))
        #expect(ofFewer["-listener 127.0.0.1:\(ports[0])"] == counts(3, 1, 1), "\(ofFewer)")
        #expect(ofFewer["-site \(site)"] == counts(3, 1, 1), "\(ofFewer)")
        #expect(fewer.ending == counts(3, 0, 1))

        let slower = own.replacing("head_timeout = 600", with: "head_timeout = 601")
        let (_, ofSlower) = try await plan(running, slower + Busy.toml(ports, busy.upstream))
        #expect(ofSlower == ["~limits head_timeout": counts(4, 1, 1)])

        let moved = try Upstream.saying("moved")
        let (_, ofMoved) = try await plan(running, own + Busy.toml(ports, moved))
        #expect(ofMoved["~upstream \(site) app"] == counts(2, 1, 1), "\(ofMoved)")

        let table = try await running.command(["reload", "--plan"])
        #expect(table.text == "nothing would change\n", "\(table)")
        #expect(try await running.command(["status"]).text.contains("generation     1 (in use)\n"))
        busy.goOn.fire()
        #expect(try await onThread { try busy.wires[0].readAnswer().text } == "here")
        busy.tunnel.wire.close()
        try await running.end()
    }

    @Test("what waits for the next start is told as such, before and after")
    func waiting() async throws {
        let upstream = try Upstream.saying("app")
        let sites = Busy.toml([try FreePort()], upstream)
        let directory = try TemporaryDirectory()
        let running = try await ReloadingGatehouse("[tls]\nkeylog_file = \"\(directory.path)/keys.log\"\n" + sites)
        // Who takes it out must not believe that nothing is written any more.
        try running.write("[admin]\nrollback_on = \"5xx > 5% for 30s\"\n" + sites)
        let table = try await running.command(["reload", "--plan"])
        let rows = table.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(rows.contains("~tls keylog_file 0 0 0 keylog_file waits for the next start"), "\(table)")
        #expect(rows.contains("~admin rollback_on 0 0 0 at once"), "\(table)")
        let reload = try await running.command(["reload"])
        #expect(reload.code == 0 && reload.text.contains("~tls keylog_file\n"), "\(reload)")
        #expect(reload.errors.contains("warning: tls.keylog_file: a change waits for the next start"), "\(reload)")
        #expect(!reload.errors.contains("rollback_on"), "\(reload)")
        try await running.end()
    }

    @Test("people get a table; a configuration that would be refused gets its reasons and exit code 1")
    func table() async throws {
        let busy = try await Busy()
        let (ports, running) = (busy.ports, busy.running)
        try running.write(Busy.toml([ports[0]], busy.upstream))
        let table = try await running.command(["reload", "--plan"])
        let rows = table.text.split(separator: "\n").map { $0.split(separator: " ").prefix(5).joined(separator: " ") }
        #expect(rows.first == "change connections requests tunnels what", "\(table)")
        #expect(rows.contains("-listener 127.0.0.1:\(ports[1]) 1 0 0"), "\(table)")
        #expect(rows.last == "It would end 1 connection", "\(table)")
        try running.write("[[sites]]\n")
        let refused = try await running.command(["reload", "--plan"])
        #expect(refused.code == 1 && refused.errors.contains("gatehouse.toml:8:1: error: sites[0].port"), "\(refused)")
        #expect(try await running.command(["reload", "somewhere.toml"]).code == 2)
        busy.goOn.fire()
        busy.tunnel.wire.close()
        try await running.end()
    }

    @Test("who holds an older generation is told by name")
    func holders() async throws {
        let busy = try await Busy()
        #expect(try await busy.running.command(["reload"]).code == 0)
        let status = try await busy.running.command(["status"])
        #expect(status.text.contains("generation     2 (in use), 1 (until its last exchange ends)\n"), "\(status)")
        let held = status.text.split(separator: "\n").filter { $0.contains("GET /slow/") }
        #expect(held.count == 1 && held[0].hasPrefix("1 ") && held[0].contains(" 127.0.0.1:"), "\(status)")
        busy.goOn.fire()
        #expect(try await onThread { try busy.wires[0].readAnswer().text } == "here")
        busy.tunnel.wire.close()
        try await busy.running.end()
    }
}
