import Testing

@testable import Messages

@Suite("Whether a peer takes what HTTP/2's streams have for it")
struct HTTP2StallTests {
    @Test("a stream is stalled since it was first blocked, however little is taken at a time")
    func trickle() {
        var stall = HTTP2Stall()
        #expect(stall.since == nil)
        stall.wasBlocked(handedOver: 100, at: 5)
        stall.wasBlocked(handedOver: 101, at: 6)
        stall.wasBlocked(handedOver: 100 + 4095, at: 7)
        #expect(stall.since == 5)
        stall.wasBlocked(handedOver: 100 + 4096, at: 8)
        #expect(stall.since == 8)
        stall.wasBlocked(handedOver: 100 + 8191, at: 9)
        #expect(stall.since == 8)
    }

    @Test("a stream of which all was taken is not, and is stalled anew when it is blocked again")
    func taken() {
        var stall = HTTP2Stall()
        stall.wasBlocked(handedOver: 0, at: 5)
        stall.tookAll()
        #expect(stall.since == nil)
        stall.wasBlocked(handedOver: 1, at: 6)
        #expect(stall.since == 6)
    }

    @Test("a connection makes progress when each stream that waits could have had its share")
    func progress() {
        var progress = HTTP2SendProgress()
        progress.add(4095)
        #expect(!progress.isEnough(for: 0))
        progress.add(1)
        #expect(progress.isEnough(for: 0))
        #expect(progress.isEnough(for: 1))
        #expect(!progress.isEnough(for: 2))
        progress.add(4096)
        #expect(progress.isEnough(for: 2))
        progress.wasMade(at: 7)
        #expect(progress.madeAt == 7)
        #expect(!progress.isEnough(for: 0), "what counts begins anew")
    }
}
