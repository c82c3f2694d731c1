import Testing

@testable import Gateway

@Suite("A worker's drain")
struct DrainTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("begins once: told again, it does not begin anew")
    func begins() {
        var drain = Drain()
        #expect(!drain.hasBegun)
        drain.begin(now: 5 * Self.second)
        drain.begin(now: 9 * Self.second)
        #expect(drain.hasBegun)
        #expect(drain.arrivalDeadline(of: 0) == 6 * Self.second)
    }

    @Test("leaves a client that has asked for nothing yet a second, from its beginning or the client's coming")
    func arrivals() {
        var drain = Drain()
        #expect(drain.arrivalDeadline(of: 3) == .max)
        drain.begin(now: 5 * Self.second)
        #expect(drain.arrivalDeadline(of: 1 * Self.second) == 6 * Self.second)
        #expect(drain.arrivalDeadline(of: 7 * Self.second) == 8 * Self.second)
    }

    @Test("closes the tunnels of a thousand connections in a second, and all within half of its time")
    func spread() {
        #expect(Drain.spread(over: 0, within: 30 * Self.second) == 0)
        #expect(Drain.spread(over: 1000, within: 30 * Self.second) == Self.second)
        #expect(Drain.spread(over: 1_000_000, within: 30 * Self.second) == 15 * Self.second)
        #expect(Drain.spread(over: 1000, within: 0) == 0)
    }
}
