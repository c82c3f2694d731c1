import HTTP2
import Testing

@Suite("A token bucket")
struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    /// - Returns: how many can be taken at that time, of no more than a hundred.
    private static func taken(_ bucket: inout TokenBucket, _ now: UInt64) -> Int {
        var count = 0
        while count < 100, bucket.take(now: now) { count += 1 }
        return count
    }

    @Test("so many at once, and as many again in its time, one by one", arguments: [0, 7, UInt64.max - 5_000_000_000])
    func earned(start: UInt64) {
        var bucket = TokenBucket(10, per: 5, now: start)
        #expect(Self.taken(&bucket, start) == 10)
        // Half a second for each.
        #expect(Self.taken(&bucket, start &+ Self.second / 2 - 1) == 0)
        #expect(Self.taken(&bucket, start &+ Self.second / 2) == 1)
        #expect(Self.taken(&bucket, start &+ Self.second / 2) == 0)
        #expect(Self.taken(&bucket, start &+ 2 * Self.second) == 3)
        #expect(Self.taken(&bucket, start &+ 1000 * Self.second) == 10, "no more is saved than may be taken at once")
    }

    @Test("who asks often earns no less than who asks seldom")
    func fractions() {
        var bucket = TokenBucket(10, per: 5, now: 0)
        _ = Self.taken(&bucket, 0)
        var count = 0
        for tenth in 1...100 as ClosedRange<UInt64> where bucket.take(now: tenth * Self.second / 10) { count += 1 }
        #expect(count == 20, "ten seconds in tenths")
    }

    @Test("what was useful gives more, which is kept beside what time gives, but not without end")
    func added() {
        var bucket = TokenBucket(3, per: 3, now: 0)
        bucket.add(50)
        #expect(Self.taken(&bucket, 0) == 53)
        bucket.add(2)
        #expect(Self.taken(&bucket, 0) == 2)
        bucket.add(20)
        #expect(Self.taken(&bucket, 1000 * Self.second) == 20, "time adds nothing to more than the most")
        #expect(Self.taken(&bucket, 1001 * Self.second) == 1)
        for _ in 0..<10 { bucket.add(50_000) }
        var count = 0
        while bucket.take(now: 1001 * Self.second) { count += 1 }
        #expect(count == 100_003)
    }

    @Test("the smallest and the largest", arguments: [1, 1_000_000])
    func extremes(most: Int) {
        var bucket = TokenBucket(most, per: 30, now: 0)
        let taken = [bucket.take(now: 0), bucket.take(now: 0), bucket.take(now: .max)]
        #expect(taken == [true, most > 1, true])
    }
}
