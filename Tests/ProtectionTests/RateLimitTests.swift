import Testing

@testable import Protection

/// One client's allowance, with a clock of the test's own.
@Suite("A rate limit")
struct RateLimitTests {
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second

    /// A client as a table would remember it.
    private struct Client {
        let limit: RateLimit
        var due: UInt64 = 0

        mutating func asks(_ now: UInt64) -> RateLimit.Verdict {
            let (next, verdict) = limit.decide(due: due, now: now)
            if let next {
                #expect(next > due, "a due time only grows")
                due = next
            }
            return verdict
        }
    }

    /// Rates that divide a minute, and some that do not.
    private static let limits = [
        RateLimit(requests: 60, per: minute, burst: 10), RateLimit(requests: 7, per: minute, burst: 1),
        RateLimit(requests: 1, per: minute, burst: 3), RateLimit(requests: 6000, per: minute, burst: 200),
        RateLimit(requests: 1_000_000_000, per: minute, burst: 5), RateLimit(requests: 3, per: 10 * second, burst: 3),
    ]

    @Test("never admits more in any span of time than its burst and the span's turns", arguments: limits)
    func bound(limit: RateLimit) {
        var generator = Numbers(seed: limit.interval)
        var client = Client(limit: limit)
        var now = Self.minute
        var admitted: [UInt64] = []
        for _ in 0..<4000 {
            now += generator.next(below: 2 * limit.interval)
            if client.asks(now).isAdmitted { admitted.append(now) }
        }
        #expect(admitted.count > 1000)
        for (index, first) in admitted.enumerated() {
            // The burst and one more cannot lie closer together than one turn, and so on.
            let later = index + Int(limit.burst)
            guard later < admitted.count else { break }
            #expect(admitted[later] - first >= limit.interval)
        }
        let turns = (now - Self.minute) / limit.interval
        #expect(UInt64(admitted.count) <= limit.burst + turns)
    }

    @Test("admits the burst at once, then one for each turn, and says what is left", arguments: limits)
    func turns(limit: RateLimit) {
        var client = Client(limit: limit)
        let start = 1000 * Self.minute
        for left in (0..<limit.burst).reversed() {
            #expect(client.asks(start) == .init(isAdmitted: true, remaining: left, wait: (limit.burst - left) * limit.interval))
        }
        #expect(client.asks(start) == .init(isAdmitted: false, remaining: 0, wait: limit.interval))
        #expect(!client.asks(start + limit.interval - 2).isAdmitted)
        #expect(client.asks(start + limit.interval).isAdmitted)
        #expect(!client.asks(start + limit.interval).isAdmitted)
        // After a pause all of it is there again, and no more.
        let later = start + (limit.burst + 5) * limit.interval
        var count: UInt64 = 0
        while client.asks(later).isAdmitted { count += 1 }
        #expect(count == limit.burst)
    }

    @Test("tells who is refused when it is worth asking again: then it is, and no earlier", arguments: limits)
    func wait(limit: RateLimit) {
        var client = Client(limit: limit)
        var now = Self.minute
        while client.asks(now).isAdmitted { now += 2 }
        let wait = client.asks(now).wait
        if wait > 2 { #expect(!client.asks(now + wait - 2).isAdmitted) }
        #expect(client.asks(now + wait).isAdmitted)
    }

    @Test("blocks who has sent too many for its time from the first refusal, and once")
    func blocks() {
        var client = Client(limit: RateLimit(requests: 60, per: Self.minute, burst: 2, block: 300 * Self.second))
        let start = 10 * Self.minute
        #expect(client.asks(start).isAdmitted && client.asks(start).isAdmitted)
        #expect(client.asks(start) == .init(isAdmitted: false, remaining: 0, wait: 300 * Self.second, beginsBlock: true))
        // Further requests do not make it longer.
        for step in stride(from: Self.second, to: 300 * Self.second, by: 7 * Int(Self.second)) {
            let verdict = client.asks(start + step)
            #expect(!verdict.isAdmitted && verdict.wait == 300 * Self.second - step)
        }
        #expect(client.asks(start + 300 * Self.second).isAdmitted)
        // And then it has its next turn, not its burst.
        #expect(!client.asks(start + 300 * Self.second).isAdmitted)
    }

    @Test("counts right where numbers end: no request a year overflows it")
    func extremes() {
        let year = 31_536_000 * Self.second
        var client = Client(limit: RateLimit(requests: 1, per: year, burst: 1_000_000, block: year))
        for now in [0, 1, Self.minute, 1 << 61] as [UInt64] { _ = client.asks(now) }
        var fast = Client(limit: RateLimit(requests: .max / 4, per: 1, burst: 1))
        #expect(fast.asks(7).isAdmitted && !fast.asks(7).isAdmitted && fast.asks(9).isAdmitted)
    }
}

/// A generator whose numbers are the same in every run (Steele, Lea, Flood: SplitMix).
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    mutating func next(below bound: UInt64) -> UInt64 { next() % bound }
}
