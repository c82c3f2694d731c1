import Testing

@testable import Gateway

@Suite("The end of an HTTP/2 connection")
struct HTTP2GoAwayTimingTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test("is with the last answer, where one request came after another")
    func alone() {
        var timing = HTTP2GoAwayTiming()
        #expect(timing.step(at: 5, awaitsPing: false) == .goAway)
        #expect(timing.deadline == nil)
        // What came at once was long ago.
        timing.sawConcurrency(at: 5)
        #expect(timing.step(at: 5 + 1000 * Self.millisecond, awaitsPing: false) == .goAway)
    }

    @Test("waits for an answer to a PING, and then for a moment without a request")
    func answered() {
        var timing = HTTP2GoAwayTiming()
        timing.sawConcurrency(at: 5)
        #expect(timing.step(at: 5, awaitsPing: false) == .ping)
        #expect(timing.step(at: 6, awaitsPing: true) == .wait)
        #expect(timing.step(at: 10, awaitsPing: false) == .wait)
        #expect(timing.deadline == 10 + 100 * Self.millisecond)
        #expect(timing.step(at: 9 + 100 * Self.millisecond, awaitsPing: false) == .wait)
        #expect(timing.step(at: 10 + 100 * Self.millisecond, awaitsPing: false) == .goAway)
        #expect(timing.deadline == nil)
    }

    @Test("is put off by a request, and begins anew")
    func putOff() {
        var timing = HTTP2GoAwayTiming()
        timing.sawConcurrency(at: 5)
        #expect(timing.step(at: 5, awaitsPing: false) == .ping)
        #expect(timing.step(at: 10, awaitsPing: false) == .wait)
        timing.putOff()
        #expect(timing.deadline == nil)
        #expect(timing.step(at: 20, awaitsPing: false) == .ping)
        #expect(timing.step(at: 21, awaitsPing: true) == .wait)
    }

    @Test("does not wait for an answer that does not come")
    func unanswered() {
        var timing = HTTP2GoAwayTiming()
        timing.sawConcurrency(at: 5)
        #expect(timing.step(at: 5, awaitsPing: false) == .ping)
        #expect(timing.step(at: 4 + 5000 * Self.millisecond, awaitsPing: true) == .wait)
        #expect(timing.step(at: 5 + 5000 * Self.millisecond, awaitsPing: true) == .goAway)
    }
}
