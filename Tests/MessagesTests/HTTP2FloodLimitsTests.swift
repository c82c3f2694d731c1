import HTTP
import HTTP2
import Testing

@testable import Messages

@Suite("The limits of what costs an HTTP/2 connection and moves nothing")
struct HTTP2FloodLimitsTests {
    private static let second: UInt64 = 1_000_000_000

    private static var limits: StreamLimits {
        var limits = StreamLimits(head: HeadLimits(), trailers: ChunkLimits())
        limits.maxResets = 3
        limits.maxControlFrames = 5
        return limits
    }

    /// - Returns: how many are counted before one is too many, and the error of that one.
    private static func counted(_ count: () throws(ConnectionError) -> Void) -> (Int, ConnectionError?) {
        for done in 0..<1000 {
            do throws(ConnectionError) { try count() } catch { return (done, error) }
        }
        return (1000, nil)
    }

    @Test("resets and frames are counted apart, and the error names the key of the limit")
    func apart() {
        var floods = HTTP2FloodLimits(Self.limits, now: 7)
        let resets = Self.counted { () throws(ConnectionError) in try floods.countReset(now: 7) }
        #expect(resets.0 == 3)
        #expect(resets.1?.code == .enhanceYourCalm)
        #expect(resets.1?.key == "limits.http2_resets")
        let frames = Self.counted { () throws(ConnectionError) in try floods.countControlFrame(now: 7) }
        #expect(frames.0 == 5)
        #expect(frames.1?.code == .enhanceYourCalm)
        #expect(frames.1?.key == "limits.http2_control_frames")
    }

    @Test("as many resets as at once may come in thirty seconds, as many frames in ten")
    func time() {
        var floods = HTTP2FloodLimits(Self.limits, now: 0)
        _ = Self.counted { () throws(ConnectionError) in try floods.countReset(now: 0) }
        _ = Self.counted { () throws(ConnectionError) in try floods.countControlFrame(now: 0) }
        let resets = Self.counted { () throws(ConnectionError) in try floods.countReset(now: 10 * Self.second) }
        let frames = Self.counted { () throws(ConnectionError) in try floods.countControlFrame(now: 10 * Self.second) }
        #expect(resets.0 == 1)
        #expect(frames.0 == 5)
    }

    @Test("what moves something earns frames, and no resets")
    func earned() {
        var floods = HTTP2FloodLimits(Self.limits, now: 0)
        floods.earnControlFrames(HTTP2FloodLimits.framesPerRequest)
        let frames = Self.counted { () throws(ConnectionError) in try floods.countControlFrame(now: 0) }
        let resets = Self.counted { () throws(ConnectionError) in try floods.countReset(now: 0) }
        #expect(frames.0 == 5 + HTTP2FloodLimits.framesPerRequest)
        #expect(resets.0 == 3)
    }

    @Test("a client that lets little come earns nothing by it; a server is sent what clients send")
    func little() {
        let earned = [
            HTTP2FloodLimits.isEarned(by: 1023, isAll: false, as: .server),
            HTTP2FloodLimits.isEarned(by: 1024, isAll: false, as: .server),
            HTTP2FloodLimits.isEarned(by: 1, isAll: true, as: .server),
            HTTP2FloodLimits.isEarned(by: 1, isAll: false, as: .client),
        ]
        #expect(earned == [false, true, true, true])
    }
}
