import Testing

@testable import Upstreams

@Suite("Answers of HTTP/2 that are gathered before they are read")
struct HTTP2GatheringTests {
    private static let many = 200
    private static let start: UInt64 = 1_000_000_000

    /// After two reads with so many nanoseconds between them.
    private static func reading(_ interval: UInt64, exchanges: Int = many) -> HTTP2Gathering {
        var gathering = HTTP2Gathering()
        gathering.didRead(100, exchanges: exchanges, now: start)
        gathering.didRead(100, exchanges: exchanges, now: start + interval)
        return gathering
    }

    @Test(
        "needs many exchanges, and answers one right after the other",
        arguments: [
            (HTTP2Gathering.quick - 1, many, true), (HTTP2Gathering.quick, many, false),
            (1, HTTP2Gathering.minExchanges, true), (1, HTTP2Gathering.minExchanges - 1, false), (1, 1, false),
        ])
    func beginning(interval: UInt64, exchanges: Int, isOn: Bool) {
        #expect(Self.reading(interval, exchanges: exchanges).isOn == isOn)
    }

    @Test("awaits no more than a share of what is under way, and not for long", arguments: [8, 10, 50, 1000])
    func bounds(exchanges: Int) {
        var gathering = Self.reading(1, exchanges: exchanges)
        var now = Self.start + 1
        for _ in 0..<1000 {
            now += 1
            gathering.didRead(HTTP2Gathering.maxBytes, exchanges: exchanges, now: now)
            #expect(gathering.lowWater <= min(HTTP2Gathering.maxBytes, 32 * exchanges))
            #expect(gathering.end - now <= min(HTTP2Gathering.maxTime, 3000 * UInt64(exchanges)))
        }
        #expect(gathering.lowWater == min(HTTP2Gathering.maxBytes, 32 * exchanges))
    }

    @Test("awaits half as much when the time was over before there was as much, and nothing when nothing came")
    func late() {
        var gathering = Self.reading(1)
        var now = Self.start + 1
        while gathering.lowWater < 1024 {
            now += 1
            gathering.didRead(HTTP2Gathering.maxBytes, exchanges: Self.many, now: now)
        }
        let before = gathering.lowWater
        gathering.didRead(before - 1, exchanges: Self.many, now: gathering.end)
        #expect(gathering.lowWater == before / 2)
        gathering.didRead(0, exchanges: Self.many, now: gathering.end)
        #expect(!gathering.isOn)
    }

    @Test("goes on when something else has woken the connection, until few exchanges are left")
    func others() {
        var gathering = Self.reading(1)
        let (before, end) = (gathering.lowWater, gathering.end)
        gathering.didRead(0, exchanges: HTTP2Gathering.minExchanges, now: end - 1)
        #expect(gathering.lowWater == before && gathering.end == end)
        gathering.didRead(0, exchanges: HTTP2Gathering.minExchanges - 1, now: end - 1)
        #expect(!gathering.isOn)
    }

    @Test("lets the loop rest while it is on, for a time by the exchanges under way", arguments: [0, 7, 8, 16, 17, 1000])
    func rest(exchanges: Int) {
        let (on, now) = (Self.reading(1), Self.start + 2)
        let time = min(HTTP2Gathering.maxRest, 6000 * UInt64(exchanges))
        #expect(on.rest(exchanges: exchanges, now: now) == (exchanges < 8 ? nil : now + time))
        #expect(HTTP2Gathering().rest(exchanges: exchanges, now: now) == nil)
    }

    @Test("ends with the last exchanges")
    func end() {
        var gathering = Self.reading(1)
        gathering.didRead(5000, exchanges: 0, now: Self.start + 2)
        #expect(gathering.lowWater == 1)
    }
}
