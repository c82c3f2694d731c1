import TestSupport
import Testing

/// `gatehouse servers … --fleet`, of two gateways by a real etcd.
@Suite("A drain of all members", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetDrainTests {
    @Test("reaches all, holds after a start and a push, and is undone by all; without a fleet it says so")
    func drained() async throws {
        let two = try await TwoOfFleet()
        let site = """
            [[sites]]
            hostname = "app.test"
            listen = "127.0.0.1"
            port = "${PORT}"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:1"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            """
        var processes = [try await two.start(0), try await two.start(1)]
        let file = try two.directory.write("next.toml", two.text("next", more: site))
        #expect(try await two.fleet(["push", file]).code == 0)
        func servers(_ number: Int, _ arguments: [String] = []) async throws -> Command.Outcome {
            try await Command.run(
                Place.gatehouse, ["servers"] + arguments + ["--socket", "\(two.directory.path)/m\(number).sock"])
        }
        let drain = try await servers(0, ["drain", "http://127.0.0.1:1", "--fleet"])
        #expect(drain.code == 0 && drain.text.contains("draining"), "\(drain)")
        func areDraining(_ number: Int) async throws -> Bool { try await servers(number).text.contains("draining") }
        try await eventually("draining on the other") { try await areDraining(1) }
        processes[1].terminate()
        #expect(try await processes[1].exit() == .code(0))
        processes[1] = try await two.start(1)
        try await eventually("draining after a start") { try await areDraining(1) }
        // What is new in another configuration follows the orders, too.
        let later = try two.directory.write("later.toml", two.text("later", more: site.replacing("app.test", with: "other.test")))
        #expect(try await two.fleet(["push", later]).code == 0)
        for number in 0...1 { try await eventually("draining in another site") { try await areDraining(number) } }
        let reset = try await servers(1, ["reset", "--site", "other.test", "--fleet"])
        #expect(reset.code == 0, "\(reset)")
        let enable = try await servers(1, ["reset", "http://127.0.0.1:1", "--fleet"])
        #expect(enable.code == 0, "\(enable)")
        try await eventually("none is draining") { try await !areDraining(0) }
        let weight = try await servers(0, ["weight", "http://127.0.0.1:1", "--to", "7", "--fleet"])
        #expect(weight.code == 0 && weight.text.contains("7 for 1"), "\(weight)")
        try await eventually("the weight on the other") { try await servers(1).text.contains("7 for 1") }
    }
}
