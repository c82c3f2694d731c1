import HTTP2
import Testing

@Suite("An allowance")
struct AllowanceTests {
    private static let second: UInt64 = 1_000_000_000

    /// - Returns: how many can be taken at that time, of no more than a hundred.
    private static func taken(_ allowance: inout Allowance, _ now: UInt64) -> Int {
        var count = 0
        while count < 100, allowance.take(now: now) { count += 1 }
        return count
    }

    @Test("so many at once, and as many again in its time, one by one", arguments: [0, 7, UInt64.max - 5_000_000_000])
    func earned(start: UInt64) {
        var allowance = Allowance(10, per: 5, now: start)
        #expect(Self.taken(&allowance, start) == 10)
        // Half a second for each.
        #expect(Self.taken(&allowance, start &+ Self.second / 2 - 1) == 0)
        #expect(Self.taken(&allowance, start &+ Self.second / 2) == 1)
        #expect(Self.taken(&allowance, start &+ Self.second / 2) == 0)
        #expect(Self.taken(&allowance, start &+ 2 * Self.second) == 3)
        #expect(Self.taken(&allowance, start &+ 1000 * Self.second) == 10, "no more is saved than may be taken at once")
    }

    @Test("who asks often earns no less than who asks seldom")
    func fractions() {
        var allowance = Allowance(10, per: 5, now: 0)
        _ = Self.taken(&allowance, 0)
        var count = 0
        for tenth in 1...100 as ClosedRange<UInt64> where allowance.take(now: tenth * Self.second / 10) { count += 1 }
        #expect(count == 20, "ten seconds in tenths")
    }

    @Test("what was useful gives more, which is kept beside what time gives, but not without end")
    func added() {
        var allowance = Allowance(3, per: 3, now: 0)
        allowance.add(50)
        #expect(Self.taken(&allowance, 0) == 53)
        allowance.add(2)
        #expect(Self.taken(&allowance, 0) == 2)
        allowance.add(20)
        #expect(Self.taken(&allowance, 1000 * Self.second) == 20, "time adds nothing to more than the most")
        #expect(Self.taken(&allowance, 1001 * Self.second) == 1)
        for _ in 0..<10 { allowance.add(50_000) }
        var count = 0
        while allowance.take(now: 1001 * Self.second) { count += 1 }
        #expect(count == 100_003)
    }

    @Test("the smallest and the largest", arguments: [1, 1_000_000])
    func extremes(most: Int) {
        var allowance = Allowance(most, per: 30, now: 0)
        let taken = [allowance.take(now: 0), allowance.take(now: 0), allowance.take(now: .max)]
        #expect(taken == [true, most > 1, true])
    }
}
