import Foundation
import TestSupport
import Testing

/// Machines of a network, as namespaces of the kernel.
private enum Machines {
    /// Root may have them, and others where the kernel gives them to everybody.
    static var areThere: Bool {
        get async {
            guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/nft") else { return false }
            let flags = ["--net", "--mount", "--pid", "--fork"] + (getuid() == 0 ? [] : ["--map-root-user"])
            return (try? await Command.run("unshare", flags + ["mount", "-t", "tmpfs", "none", "/mnt"]))?.code == 0
        }
    }
}

@Suite(
    "scripts/chaos-fleet",
    .enabled("etcd, Redis, pebble or nft is not installed, or there is no right to make namespaces") {
        await Machines.areThere && Etcd.isThere && RedisServer.isThere && Managed.isThere
    })
struct FleetChaosTests {
    @Test("three gateways of a fleet serve all the while, order nothing twice, and agree again, whatever is taken from them")
    func short() async throws {
        let outcome = try await Command.run(
            Place.pythonWithLibraries, ["-B", Place.root + "scripts/chaos-fleet", "--short", "--binary", Place.gatehouse],
            within: Place.longPatience)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("holds: nothing failed that must not"), "\(outcome)")
    }
}
