import EventLoop
import TestSupport
import Testing

@testable import Fleet

@Suite("Configurations that a fleet keeps", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct KeptConfigurationTests {
    @Test("together they may be larger than any answer of etcd's: others are pushed all the same, and all are looked at")
    func large() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let loop = try EventLoop()
        try loop.start(name: "fleet")
        defer { loop.stop() }
        let fleet = FleetClient(try RunningMember.settings("fleet", etcd, in: directory), loop: loop)
        // As base64 these are 24 MiB.
        let (count, text) = (45, String(repeating: "a", count: FleetConfiguration.maxBytes))
        try await withTaskExecutorPreference(loop) {
            for number in 1...count {
                let pushed = try await fleet.push(text, author: "a", time: 1)
                #expect(pushed.number == number)
            }
            let kept = try await fleet.history()
            #expect(kept.map(\.number) == Array((1...count).reversed()))
            await fleet.close()
        }
    }
}
