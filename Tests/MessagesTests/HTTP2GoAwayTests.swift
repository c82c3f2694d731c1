import HTTP2
import Testing

@testable import Messages

@Suite("What a GOAWAY of HTTP/2 says, and which streams go on after it")
struct HTTP2GoAwayTests {
    private static func goAway(_ last: UInt32, _ code: UInt32 = 0, _ text: String = "") -> HTTP2GoAway {
        var payload: [UInt8] = []
        for number in [last, code] {
            for shift: UInt32 in [24, 16, 8, 0] { payload.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        payload += Array(text.utf8)
        return HTTP2GoAway(reading: payload.span)
    }

    @Test("its stream is read without the reserved bit, its code by its number")
    func read() {
        let goAway = Self.goAway(0x8000_0005, 0xB, "calm")
        #expect(goAway.last == 5)
        #expect(goAway.code == .enhanceYourCalm)
        #expect(goAway.debugData == "calm")
        #expect(Self.goAway(5, 0x4711).code == .internalError)
    }

    @Test("of its words what can be printed is kept, of the first 128 bytes")
    func words() {
        #expect(Self.goAway(0, 0, "a\nb\u{7F}ü\u{1B}[31m~").debugData == "ab[31m~")
        #expect(Self.goAway(0, 0, String(repeating: "x", count: 200)).debugData.utf8.count == 128)
    }

    @Test("ours is sent once for a number, and again only to lower it")
    func sent() {
        var state = HTTP2GoAwayState()
        #expect(state.sent == nil)
        let isSent = [state.send(last: 0x7FFF_FFFF), state.send(last: 0x7FFF_FFFF), state.send(last: 7), state.send(last: 9)]
        #expect(isSent == [true, false, true, false])
        #expect(state.sent == 7)
    }

    @Test("the server's may lower what it has named, and never raise it")
    func received() {
        var state = HTTP2GoAwayState()
        #expect(state.received?.last == nil)
        let last = [
            state.receive(Self.goAway(0x7FFF_FFFF)), state.receive(Self.goAway(5, 2, "why")), state.receive(Self.goAway(9, 1)),
        ]
        #expect(last == [0x7FFF_FFFF, 5, 5])
        #expect(state.received?.last == 5)
        #expect(state.received?.code == .protocolError)
    }
}
