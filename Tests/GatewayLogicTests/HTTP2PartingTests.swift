import Testing

@testable import Gateway

@Suite("The end of an HTTP/2 connection")
struct HTTP2PartingTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test("is with the last answer, where one request came after another")
    func alone() {
        var parting = HTTP2Parting()
        #expect(parting.step(at: 5, awaitsPing: false) == .leave)
        #expect(parting.deadline == nil)
        // What came at once was long ago.
        parting.sawConcurrency(at: 5)
        #expect(parting.step(at: 5 + 1000 * Self.millisecond, awaitsPing: false) == .leave)
    }

    @Test("waits for an answer to a PING, and then for a moment without a request")
    func answered() {
        var parting = HTTP2Parting()
        parting.sawConcurrency(at: 5)
        #expect(parting.step(at: 5, awaitsPing: false) == .ping)
        #expect(parting.step(at: 6, awaitsPing: true) == .wait)
        #expect(parting.step(at: 10, awaitsPing: false) == .wait)
        #expect(parting.deadline == 10 + 100 * Self.millisecond)
        #expect(parting.step(at: 9 + 100 * Self.millisecond, awaitsPing: false) == .wait)
        #expect(parting.step(at: 10 + 100 * Self.millisecond, awaitsPing: false) == .leave)
        #expect(parting.deadline == nil)
    }

    @Test("is put off by a request, and begins anew")
    func putOff() {
        var parting = HTTP2Parting()
        parting.sawConcurrency(at: 5)
        #expect(parting.step(at: 5, awaitsPing: false) == .ping)
        #expect(parting.step(at: 10, awaitsPing: false) == .wait)
        parting.putOff()
        #expect(parting.deadline == nil)
        #expect(parting.step(at: 20, awaitsPing: false) == .ping)
        #expect(parting.step(at: 21, awaitsPing: true) == .wait)
    }

    @Test("does not wait for an answer that does not come")
    func unanswered() {
        var parting = HTTP2Parting()
        parting.sawConcurrency(at: 5)
        #expect(parting.step(at: 5, awaitsPing: false) == .ping)
        #expect(parting.step(at: 4 + 5000 * Self.millisecond, awaitsPing: true) == .wait)
        #expect(parting.step(at: 5 + 5000 * Self.millisecond, awaitsPing: true) == .leave)
    }
}
