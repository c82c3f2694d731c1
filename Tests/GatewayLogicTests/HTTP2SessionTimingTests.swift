import Testing

@testable import Gateway

@Suite("The times of an HTTP/2 session")
struct HTTP2SessionTimingTests {
    @Test("a client is blocked from when it took something last, until all has been sent")
    func blocked() {
        var timing = HTTP2SessionTiming(now: 1)
        timing.wasBlocked(tookSome: false, at: 5)
        timing.wasBlocked(tookSome: false, at: 7)
        #expect(timing.blockedSince == 5)
        timing.wasBlocked(tookSome: true, at: 9)
        #expect(timing.blockedSince == 9)
        timing.sentAll()
        #expect(timing.blockedSince == nil)
    }

    @Test("a drain begins once, and goes on in steps")
    func drain() {
        var timing = HTTP2SessionTiming(now: 1)
        #expect(timing.nearest == .max && !timing.isDrainDue(at: 100))
        timing.beginDrain(at: 10, after: 5)
        timing.beginDrain(at: 12, after: 5)
        #expect(timing.nearest == 15 && !timing.isDrainDue(at: 14) && timing.isDrainDue(at: 15))
        timing.stepDrain(next: 20)
        #expect(timing.nearest == 20 && !timing.isDrainDue(at: 19))
        timing.stepDrain(next: nil)
        #expect(timing.nearest == .max)
    }

    @Test("an idle connection is looked at when it is to end, or before that to be asked")
    func idle() {
        var timing = HTTP2SessionTiming(now: 100)
        #expect(timing.idleDeadline(keepAlive: 50, ping: 0) == 150)
        #expect(timing.idleDeadline(keepAlive: 50, ping: 20) == 120)
        timing.pinged(at: 120)
        #expect(timing.idleDeadline(keepAlive: 50, ping: 20) == 140)
        timing.pinged(at: 140)
        #expect(timing.idleDeadline(keepAlive: 50, ping: 20) == 150)
    }
}
