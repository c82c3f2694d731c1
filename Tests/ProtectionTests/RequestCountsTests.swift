import Synchronization
import Testing

@testable import Protection

@Suite("Requests that are under way")
struct RequestCountsTests {
    @Test("are never more than there may be, of all and of one client, however many workers ask")
    func bounds() async {
        let counts = RequestCounts()
        let (all, peak) = (Count(), Count())
        let (ofOne, peakOfOne) = (Count(), Count())
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for turn in 0..<20_000 {
                        let client: UInt64 = turn % 2 == 0 ? 7 : UInt64(worker) << 58
                        guard counts.enter(maxRequests: 5, client: client, maxPerClient: 2) == nil else { continue }
                        peak.raise(to: all.add(1))
                        if client == 7 {
                            peakOfOne.raise(to: ofOne.add(1))
                            _ = ofOne.add(-1)
                        }
                        _ = all.add(-1)
                        counts.leave(client)
                    }
                }
            }
        }
        #expect(peak.value <= 5 && peakOfOne.value <= 2)
        // All are counted out.
        for client in 1...5 as ClosedRange<UInt64> {
            #expect(counts.enter(maxRequests: 5, client: client, maxPerClient: 1) == nil)
        }
        #expect(counts.enter(maxRequests: 5, client: 6, maxPerClient: 1) == .all)
        #expect(counts.enter(maxRequests: 0, client: 5, maxPerClient: 1) == .client)
        #expect(counts.enter(maxRequests: 0, client: nil, maxPerClient: 1) == nil)
    }

    private final class Count: Sendable {
        private let number = Atomic(0)
        var value: Int { number.load(ordering: .sequentiallyConsistent) }
        func add(_ more: Int) -> Int { number.wrappingAdd(more, ordering: .sequentiallyConsistent).newValue }
        func raise(to other: Int) { number.max(other, ordering: .sequentiallyConsistent) }
    }
}
