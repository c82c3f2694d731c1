import ACME
import Synchronization
import Testing

@testable import Gateway

@Suite("When keys of tokens are fetched")
struct KeyScheduleTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("a little before they are due, and after failures ever more seldom, up to five minutes")
    func pauses() {
        let refresh = 900 * Self.second
        #expect(KeySchedule.pause(refresh: refresh, failures: 0, chance: 0) == refresh)
        #expect(KeySchedule.pause(refresh: refresh, failures: 0, chance: 0.5) == 810 * Self.second)
        for (failures, seconds) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (1_000_000, 300)] as [(Int, UInt64)] {
            #expect(KeySchedule.pause(refresh: refresh, failures: failures, chance: 0) == seconds * Self.second)
            #expect(KeySchedule.pause(refresh: refresh, failures: failures, chance: 0.5) == seconds * Self.second * 3 / 4)
        }
        #expect(KeySchedule.pause(refresh: 10 * Self.second, failures: 9, chance: 0) == 10 * Self.second)
    }

    @Test("for unknown names at most once in half a minute")
    func misses() throws {
        let url = try #require(ServiceURL("https://issuer.test/keys"))
        let keys = FetchedKeys(url, caFile: nil, stateDirectory: "/nonexistent")
        let woken = Mutex(0)
        keys.miss(now: 5)
        keys.whenMissed { woken.withLock { $0 += 1 } }
        for (now, count) in [
            (6, 0), (5 + FetchedKeys.pauseBetweenMisses - 1, 0), (5 + FetchedKeys.pauseBetweenMisses, 1),
            (6 + FetchedKeys.pauseBetweenMisses, 1), (.max, 2),
        ] as [(UInt64, Int)] {
            keys.miss(now: now)
            #expect(woken.withLock { $0 } == count, "\(now)")
        }
    }
}
