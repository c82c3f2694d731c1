import TestSupport
import Testing

@Suite("scripts/run --fleet", .enabled(if: Etcd.isThere && RedisServer.isThere, "etcd or Redis is not installed"))
struct FleetDemoTests {
    @Test("keeps what it promises")
    func kept() async throws {
        let outcome = try await Command.run(
            "python3", [Place.root + "scripts/demo-fleet", "--binary", Place.gatehouse, "--once"], within: Place.longPatience)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("in use by 3 of 3 members"), "\(outcome)")
    }
}
