import Testing
import WebSocket

struct FrameEncoderTests {
    @Test func `frames are those of RFC 6455 section 5_7`() {
        let hello: [UInt8] = [0x48, 0x65, 0x6C, 0x6C, 0x6F]
        #expect(written { FrameEncoder.text("Hello", to: &$0) } == [0x81, 0x05] + hello)
        #expect(
            written { FrameEncoder.text("Hello", maskKey: exampleKey, to: &$0) }
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(
            written { FrameEncoder.frame(.text, fin: false, payload: utf8("Hel").span, to: &$0) } == [1, 3, 0x48, 0x65, 0x6C])
        #expect(written { FrameEncoder.frame(.continuation, payload: utf8("lo").span, to: &$0) } == [0x80, 2, 0x6C, 0x6F])
        #expect(written { FrameEncoder.ping(hello.span, to: &$0) } == [0x89, 0x05] + hello)
        #expect(
            written { FrameEncoder.pong(hello.span, maskKey: exampleKey, to: &$0) }
                == [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        let payload = [UInt8](repeating: 9, count: 65536)
        #expect(written { FrameEncoder.binary(payload.span.extracting(first: 256), to: &$0) }.prefix(5) == [0x82, 0x7E, 1, 0, 9])
        #expect(
            written { FrameEncoder.binary(payload.span, to: &$0) }
                == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + payload)
    }

    @Test func `a frame goes behind what is there`() {
        var output: [UInt8] = [1, 2]
        FrameEncoder.text("a", to: &output)
        let nothing: [UInt8] = []
        FrameEncoder.ping(nothing.span, to: &output)
        #expect(output == [1, 2, 0x81, 1, 0x61, 0x89, 0])
    }

    @Test(
        arguments: [
            (CloseCode.goingAway, "bye", [0x88, 5, 0x03, 0xE9, 0x62, 0x79, 0x65]), (.normalClosure, "", [0x88, 2, 0x03, 0xE8]),
            (nil, "bye", [0x88, 0]), (.noStatusReceived, "bye", [0x88, 0]), (.abnormalClosure, "", [0x88, 0]),
        ] as [(CloseCode?, String, [UInt8])])
    func `a Close frame holds a code that may be sent, or nothing`(_ code: CloseCode?, _ reason: String, _ bytes: [UInt8]) {
        #expect(written { FrameEncoder.close(code, reason: reason, to: &$0) } == bytes)
    }

    @Test(arguments: [(0, 123), (1, 121), (2, 122), (3, 123), (120, 123), (122, 122), (123, 123), (124, 123)])
    func `a long reason is cut between characters`(_ ascii: Int, _ kept: Int) {
        let reason = String(repeating: "a", count: ascii) + String(repeating: "€", count: ascii < 120 ? 60 : 1)
        let bytes = written { FrameEncoder.close(.goingAway, reason: reason, maskKey: exampleKey, to: &$0) }
        guard case .close(.goingAway, let read) = Decoded([bytes[...]]).events.first else {
            Issue.record("not a close")
            return
        }
        #expect(reason.hasPrefix(read))
        #expect(read.utf8.count == kept)
    }

    @Test func `a control payload is cut to what may be sent`() {
        let long = [UInt8](repeating: 1, count: 200)
        #expect(Decoded([written { FrameEncoder.ping(long.span, maskKey: exampleKey, to: &$0) }[...]]).violation == nil)
        #expect(written { FrameEncoder.pong(long.span, to: &$0) } == [0x8A, 125] + long.prefix(125))
    }

    @Test(arguments: [0, 1, 3, 4, 5, 125, 126, 65535, 65536, 100_001])
    func `what is masked is read back`(_ count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = written { FrameEncoder.binary(payload.span, maskKey: MaskKey(1, 2, 4, 8), to: &$0) }
        #expect(Decoded([bytes[...]]).events == [.binary(payload)])
    }

    private func written(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        var output: [UInt8] = []
        write(&output)
        return output
    }
}
