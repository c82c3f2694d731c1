import Testing

@testable import Upstreams

@Suite("Whether the server of an HTTP/2 connection is alive")
struct LivenessTests {
    private static let second: UInt64 = 1_000_000_000
    private func liveness(silence: UInt64 = 10) -> HTTP2Liveness {
        HTTP2Liveness(silence: silence * Self.second, timeout: 20 * Self.second, now: 0)
    }

    @Test("a silent one is asked, then suspect, then given up")
    func silent() {
        var state = liveness()
        #expect(state.step(isAwaited: true, now: 9 * Self.second) == .nothing)
        #expect(state.step(isAwaited: true, now: 10 * Self.second) == .ping)
        #expect(state.step(isAwaited: true, now: 19 * Self.second) == .nothing)
        #expect(!state.isSuspect)
        #expect(state.step(isAwaited: true, now: 20 * Self.second) == .suspect)
        #expect(state.isSuspect)
        #expect(state.step(isAwaited: true, now: 30 * Self.second) == .giveUp)
    }

    @Test("one that answers is trusted again, and not asked before it has said something else")
    func answers() {
        var state = liveness()
        #expect(state.step(isAwaited: true, now: 10 * Self.second) == .ping)
        #expect(state.step(isAwaited: true, now: 20 * Self.second) == .suspect)
        state.heard(at: 21 * Self.second)
        #expect(!state.isSuspect)
        for time in 22..<300 { #expect(state.step(isAwaited: true, now: UInt64(time) * Self.second) == .nothing) }
        #expect(state.step(isAwaited: true, now: 311 * Self.second) == .ping)
        state.heard(at: 312 * Self.second)
        state.heard(at: 313 * Self.second)
        #expect(state.step(isAwaited: true, now: 323 * Self.second) == .ping)
    }

    @Test("one that is silent to one request after the other is found out, though nobody waits for it for long")
    func impatience() {
        var state = liveness()
        for time in 0..<10 {
            state.asked(at: UInt64(time) * Self.second)
            #expect(state.step(isAwaited: true, now: UInt64(time) * Self.second + 1) == .nothing)
            #expect(state.step(isAwaited: false, now: UInt64(time) * Self.second + 2) == .nothing)
        }
        state.asked(at: 10 * Self.second)
        #expect(state.step(isAwaited: true, now: 10 * Self.second) == .ping)
        state.asked(at: 15 * Self.second)
        #expect(state.step(isAwaited: true, now: 15 * Self.second) == .nothing)
        state.asked(at: 30 * Self.second)
        #expect(state.step(isAwaited: true, now: 30 * Self.second) == .giveUp)
    }

    @Test("one that answers PINGs and nothing else is not asked for each request that its client gives up")
    func pingsAlone() {
        var state = liveness()
        for (time, isAsked) in [(0, true), (20, true), (40, false), (60, false)] as [(UInt64, Bool)] {
            state.asked(at: time * Self.second)
            let expected: HTTP2Liveness.Step = isAsked ? .ping : .nothing
            #expect(state.step(isAwaited: true, now: (time + 10) * Self.second) == expected, "\(time)")
            // The PING's answer.
            if isAsked { state.heard(at: (time + 11) * Self.second) }
        }
        #expect(state.step(isAwaited: true, now: 330 * Self.second) == .ping)
        state.heard(at: 331 * Self.second)
        state.heard(at: 332 * Self.second)
        state.asked(at: 400 * Self.second)
        #expect(state.step(isAwaited: true, now: 410 * Self.second) == .ping)
    }

    @Test("one that does not answer a PING is given up, also where nobody waits for another answer any more")
    func abandoned() {
        var state = liveness()
        state.asked(at: 0)
        #expect(state.step(isAwaited: true, now: 10 * Self.second) == .ping)
        #expect(state.step(isAwaited: false, now: 19 * Self.second) == .nothing)
        #expect(state.step(isAwaited: false, now: 20 * Self.second) == .suspect)
        #expect(state.isSuspect)
        #expect(state.step(isAwaited: false, now: 30 * Self.second) == .giveUp)
    }

    @Test("that it was silent while nothing was asked says nothing")
    func idleness() {
        var state = liveness()
        state.asked(at: Self.second)
        state.heard(at: 2 * Self.second)
        state.asked(at: 100 * Self.second)
        #expect(state.step(isAwaited: true, now: 109 * Self.second) == .nothing)
        #expect(state.step(isAwaited: true, now: 110 * Self.second) == .ping)
    }

    @Test("nobody is asked while nothing is awaited, or where that is switched off")
    func unasked() {
        var state = liveness()
        #expect(state.step(isAwaited: false, now: 1000 * Self.second) == .nothing)
        var off = liveness(silence: 0)
        #expect(off.step(isAwaited: true, now: 1000 * Self.second) == .nothing)
    }
}
