import Testing

@testable import Upstreams

@Suite("The backoff from a server that has said ENHANCE_YOUR_CALM")
struct HTTP2BackoffTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("is a second, and is not begun while it lasts")
    func first() {
        var backoff = HTTP2Backoff()
        let now = 100 * Self.second
        let before = backoff.isOn(at: now)
        let begun = [backoff.begin(at: now), backoff.begin(at: now + Self.second - 1)]
        #expect(!before)
        #expect(begun == [true, false])
        #expect(backoff.until == now + Self.second)
        let isOn = [backoff.isOn(at: now), backoff.isOn(at: now + Self.second - 1), backoff.isOn(at: now + Self.second)]
        #expect(isOn == [true, true, false])
    }

    @Test("doubles up to half a minute, and is short again after a minute of peace")
    func doubled() {
        var backoff = HTTP2Backoff()
        var now = 100 * Self.second
        var seconds: [UInt64] = []
        for peace: UInt64 in [0, 0, 0, 0, 0, 60, 61, 0] {
            now += peace * Self.second
            let isBegun = backoff.begin(at: now)
            #expect(isBegun)
            seconds.append((backoff.until - now) / Self.second)
            now = backoff.until
        }
        #expect(seconds == [1, 2, 4, 8, 16, 30, 1, 2])
    }
}
