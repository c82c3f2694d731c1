import Testing
import WebSocket

struct MessageDecoderTests {
    @Test(arguments: WireCase.all)
    func `a server takes what RFC 6455 allows and refuses the rest, at any cut`(_ wire: WireCase) {
        let expected = Decoded(events: wire.events, violation: wire.violation)
        for pieces in cuts(of: wire.bytes) {
            #expect(Decoded(pieces) == expected, "cut at \(pieces.map(\.count))")
        }
    }

    static let fromServer: [(bytes: [UInt8], expected: Decoded)] = [
        // RFC 6455 §5.7
        ([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], Decoded(events: [.text(utf8("Hello"))])),
        ([0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F], Decoded(events: [.text(utf8("Hello"))])),
        ([0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], Decoded(events: [.ping(utf8("Hello"))])),
        (
            [0x82, 0x7E, 0x01, 0x00] + [UInt8](repeating: 7, count: 256),
            Decoded(events: [.binary(.init(repeating: 7, count: 256))])
        ),
        (
            [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 7, count: 65536),
            Decoded(events: [.binary(.init(repeating: 7, count: 65536))])
        ),
        // A masked pong is a client's.
        ([0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], Decoded(violation: .unexpectedMask)),
    ]

    @Test(arguments: fromServer.indices)
    func `a client takes what a server may send`(_ index: Int) {
        let (bytes, expected) = Self.fromServer[index]
        for pieces in cuts(of: bytes) { #expect(Decoded(pieces, from: .server) == expected) }
    }

    @Test(arguments: WireCase.invalidText)
    func `bad text fails at its first bad byte, not at the end of a long message`(_ payload: [UInt8]) {
        let isOnlyCutOff = (1...3).contains { count in
            [0x80, 0x90, 0xA0].contains {
                String(validating: payload + [UInt8](repeating: $0, count: count), as: UTF8.self) != nil
            }
        }
        let header = FrameHeader(fin: false, opcode: .text, maskKey: exampleKey, payloadLength: 1000)
        let decoded = Decoded([frame(header, payload)[...]])
        #expect(decoded == Decoded(violation: isOnlyCutOff ? nil : .invalidUTF8))
    }

    @Test(
        arguments: [
            ([frame(.text, utf8("abcde"))], nil),
            ([frame(.text, utf8("abcdef"))], .messageTooBig),
            ([frame(.binary, [1, 2, 3], fin: false), frame(.continuation, [4, 5])], nil),
            (
                [
                    frame(.binary, [1, 2, 3], fin: false), frame(.ping, .init(repeating: 1, count: 9)),
                    frame(.continuation, [4, 5]),
                ], nil
            ),
            ([frame(.binary, [1, 2, 3], fin: false), frame(.continuation, [4, 5, 6])], .messageTooBig),
            ([frame(.binary, [1, 2, 3, 4, 5]), frame(.binary, [1, 2, 3, 4, 5])], nil),
        ] as [([[UInt8]], Violation?)])
    func `a message above the limit is refused, a control frame does not count`(_ frames: [[UInt8]], _ violation: Violation?) {
        for pieces in cuts(of: Array(frames.joined())) {
            #expect(Decoded(pieces, maxMessageSize: 5).violation == violation)
        }
    }

    @Test func `a message above the limit is refused on its header alone`() {
        let header = FrameHeader(opcode: .binary, maskKey: exampleKey, payloadLength: 1 << 40)
        #expect(Decoded([frame(header, [])[...]]).violation == .messageTooBig)
    }

    @Test func `a decoder that refused refuses for ever`() {
        var decoder = MessageDecoder(of: .client, maxMessageSize: 10)
        var events: [MessageDecoder.Event] = []
        for bytes in [frame(.ping, maskKey: nil), frame(.text, utf8("a")), []] {
            #expect(throws: Violation.missingMask) { try decoder.receive(bytes.span, into: &events) }
        }
        #expect(events.isEmpty)
    }

    @Test func `each violation has a code that may be sent and a reason that fits`() {
        for violation in Violation.allCases {
            #expect(violation.closeCode.isAllowedOnWire)
            #expect((1...123).contains(violation.reason.utf8.count))
        }
        #expect(Violation.invalidUTF8.closeCode == .invalidPayloadData)
        #expect(Violation.messageTooBig.closeCode == .messageTooBig)
        #expect(Violation.reservedOpcode.closeCode == .protocolError)
        #expect(Set(Violation.allCases.map(\.reason)).count == Violation.allCases.count)
    }
}
