import Testing

@testable import Upstreams

@Suite("Answers of HTTP/2 that are gathered before they are read")
struct HTTP2ReadCoalescingTests {
    private static let many = 200
    private static let start: UInt64 = 1_000_000_000

    /// After two reads with so many nanoseconds between them.
    private static func reading(_ interval: UInt64, exchanges: Int = many) -> HTTP2ReadCoalescing {
        var coalescing = HTTP2ReadCoalescing()
        coalescing.didRead(100, exchanges: exchanges, now: start)
        coalescing.didRead(100, exchanges: exchanges, now: start + interval)
        return coalescing
    }

    @Test(
        "needs many exchanges, and answers one right after the other",
        arguments: [
            (HTTP2ReadCoalescing.quick - 1, many, true), (HTTP2ReadCoalescing.quick, many, false),
            (1, HTTP2ReadCoalescing.minExchanges, true), (1, HTTP2ReadCoalescing.minExchanges - 1, false), (1, 1, false),
        ])
    func beginning(interval: UInt64, exchanges: Int, isOn: Bool) {
        #expect(Self.reading(interval, exchanges: exchanges).isOn == isOn)
    }

    @Test("awaits no more than a share of what is under way, and not for long", arguments: [8, 10, 50, 1000])
    func bounds(exchanges: Int) {
        var coalescing = Self.reading(1, exchanges: exchanges)
        var now = Self.start + 1
        for _ in 0..<1000 {
            now += 1
            coalescing.didRead(HTTP2ReadCoalescing.maxBytes, exchanges: exchanges, now: now)
            #expect(coalescing.lowWater <= min(HTTP2ReadCoalescing.maxBytes, 32 * exchanges))
            #expect(coalescing.end - now <= min(HTTP2ReadCoalescing.maxTime, 3000 * UInt64(exchanges)))
        }
        #expect(coalescing.lowWater == min(HTTP2ReadCoalescing.maxBytes, 32 * exchanges))
    }

    @Test("awaits half as much when the time was over before there was as much, and nothing when nothing came")
    func late() {
        var coalescing = Self.reading(1)
        var now = Self.start + 1
        while coalescing.lowWater < 1024 {
            now += 1
            coalescing.didRead(HTTP2ReadCoalescing.maxBytes, exchanges: Self.many, now: now)
        }
        let before = coalescing.lowWater
        coalescing.didRead(before - 1, exchanges: Self.many, now: coalescing.end)
        #expect(coalescing.lowWater == before / 2)
        coalescing.didRead(0, exchanges: Self.many, now: coalescing.end)
        #expect(!coalescing.isOn)
    }

    @Test("goes on when something else has woken the connection, until few exchanges are left")
    func others() {
        var coalescing = Self.reading(1)
        let (before, end) = (coalescing.lowWater, coalescing.end)
        coalescing.didRead(0, exchanges: HTTP2ReadCoalescing.minExchanges, now: end - 1)
        #expect(coalescing.lowWater == before && coalescing.end == end)
        coalescing.didRead(0, exchanges: HTTP2ReadCoalescing.minExchanges - 1, now: end - 1)
        #expect(!coalescing.isOn)
    }

    @Test("lets the loop pause while it is on, for a time by the exchanges under way", arguments: [0, 7, 8, 16, 17, 1000])
    func pause(exchanges: Int) {
        let (on, now) = (Self.reading(1), Self.start + 2)
        let time = min(HTTP2ReadCoalescing.maxPause, 6000 * UInt64(exchanges))
        #expect(on.pause(exchanges: exchanges, now: now) == (exchanges < 8 ? nil : now + time))
        #expect(HTTP2ReadCoalescing().pause(exchanges: exchanges, now: now) == nil)
    }

    @Test("ends with the last exchanges")
    func end() {
        var coalescing = Self.reading(1)
        coalescing.didRead(5000, exchanges: 0, now: Self.start + 2)
        #expect(coalescing.lowWater == 1)
    }
}
