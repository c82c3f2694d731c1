import Testing
import WebSocket

/// What a client may send and what a server makes of it; ordered and numbered like the categories of the Autobahn test suite.
struct WireCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var events: [MessageDecoder.Event]
    var violation: Violation?

    init(_ name: String, _ frames: [[UInt8]], _ events: [MessageDecoder.Event] = [], _ violation: Violation? = nil) {
        testDescription = name
        bytes = Array(frames.joined())
        self.events = events
        self.violation = violation
    }

    static let all = framing + pings + reservedBits + opcodes + fragmentation + text + closing + framingErrors

    static let framing: [WireCase] =
        [0, 1, 125, 126, 127, 128, 65535, 65536].flatMap { count in
            let letters = [UInt8](repeating: UInt8(ascii: "*"), count: count)
            let noise = [UInt8](repeating: 0xFE, count: count)
            return [
                WireCase("1.1 text of \(count)", [frame(.text, letters)], [.text(letters)]),
                WireCase("1.2 binary of \(count)", [frame(.binary, noise)], [.binary(noise)]),
            ]
        } + [
            WireCase(
                "RFC 5.7 masked text", [[0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]],
                [.text(utf8("Hello"))])
        ]

    static let pings: [WireCase] = {
        let longest = [UInt8](repeating: 0xFE, count: 125)
        return [
            WireCase("2.1 ping", [frame(.ping)], [.ping([])]),
            WireCase("2.2 ping with text", [frame(.ping, utf8("Hello"))], [.ping(utf8("Hello"))]),
            WireCase("2.3 ping, not UTF-8", [frame(.ping, [0, 0xFF, 0xFE])], [.ping([0, 0xFF, 0xFE])]),
            WireCase("2.4 ping of 125", [frame(.ping, longest)], [.ping(longest)]),
            WireCase("2.5 ping of 126", [frame(.ping, longest + [1])], [], .controlTooLong),
            WireCase("2.7 pong", [frame(.pong)], [.pong([])]),
            WireCase("2.8 pong with text", [frame(.pong, utf8("x"))], [.pong(utf8("x"))]),
            WireCase("2.9 pong, ping", [frame(.pong, [1]), frame(.ping, [2])], [.pong([1]), .ping([2])]),
            WireCase(
                "2.10 ten pings", (0..<10).map { frame(.ping, [UInt8($0)]) }, (0..<10).map { .ping([UInt8($0)]) }),
        ]
    }()

    static let reservedBits: [WireCase] =
        (1...7).flatMap { bits -> [WireCase] in
            let rsv = FrameHeader.ReservedBits(rawValue: UInt8(bits) << 4)
            let known: [Opcode] = [.text, .binary, .close, .ping, .pong]
            return known.map { opcode in
                WireCase(
                    "3.\(bits) opcode \(opcode.rawValue)", [frame(.text, utf8("a")), frame(opcode, rsv: rsv), frame(.ping)],
                    [.text(utf8("a"))], .reservedBits)
            }
        }

    static let opcodes: [WireCase] = ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).flatMap { value -> [WireCase] in
        let opcode = Opcode(rawValue: value)
        return [
            WireCase("4 opcode \(value)", [frame(opcode)], [], .reservedOpcode),
            WireCase(
                "4 opcode \(value) with payload", [frame(.text, utf8("a")), frame(opcode, utf8("b")), frame(.ping)],
                [.text(utf8("a"))], .reservedOpcode),
        ]
    }

    static let fragmentation: [WireCase] = [
        WireCase("5.1 ping in fragments", [frame(.ping, [1], fin: false)], [], .fragmentedControl),
        WireCase("5.2 pong in fragments", [frame(.pong, [1], fin: false)], [], .fragmentedControl),
        WireCase("5.2 close in fragments", [frame(.close, fin: false)], [], .fragmentedControl),
        WireCase(
            "5.3 text in two", [frame(.text, utf8("ab"), fin: false), frame(.continuation, utf8("c"))], [.text(utf8("abc"))]),
        WireCase(
            "5.6 ping between",
            [frame(.text, utf8("ab"), fin: false), frame(.ping, utf8("p")), frame(.continuation, utf8("c"))],
            [.ping(utf8("p")), .text(utf8("abc"))]),
        WireCase(
            "5.9 continuation first", [frame(.continuation, [1]), frame(.text, [2])], [], .continuationWithoutStart),
        WireCase(
            "5.10 continuation after a message", [frame(.binary, [1]), frame(.continuation, [2])], [.binary([1])],
            .continuationWithoutStart),
        WireCase("5.12 open continuation first", [frame(.continuation, fin: false)], [], .continuationWithoutStart),
        WireCase(
            "5.15 continuation after the last fragment",
            [frame(.text, fin: false), frame(.continuation, utf8("a")), frame(.continuation, utf8("b"), fin: false)],
            [.text(utf8("a"))], .continuationWithoutStart),
        WireCase(
            "5.18 text in text", [frame(.text, utf8("a"), fin: false), frame(.text, utf8("b"))], [], .startInsideMessage),
        WireCase(
            "5.18 binary in text", [frame(.text, fin: false), frame(.binary, [1], fin: false)], [], .startInsideMessage),
        WireCase(
            "5.19 five fragments, two pings",
            [
                frame(.text, utf8("1"), fin: false), frame(.continuation, utf8("2"), fin: false), frame(.ping, [1]),
                frame(.continuation, utf8("3"), fin: false), frame(.continuation, utf8("4"), fin: false), frame(.ping, [2]),
                frame(.continuation, utf8("5")), frame(.binary, [9]),
            ], [.ping([1]), .ping([2]), .text(utf8("12345")), .binary([9])]),
        WireCase(
            "5.20 empty fragments", [frame(.binary, fin: false), frame(.continuation, fin: false), frame(.continuation)],
            [.binary([])]),
    ]

    static let framingErrors: [WireCase] = [
        WireCase("no mask", [frame(.text, utf8("a"), maskKey: nil)], [], .missingMask),
        WireCase("no mask, no payload", [frame(.ping, [1]), frame(.ping, maskKey: nil)], [.ping([1])], .missingMask),
        WireCase("16-bit length of 125", [[0x82, 0xFE, 0, 125, 1, 2, 3, 4]], [], .lengthNotMinimal),
        WireCase("64-bit length of 65535", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4]], [], .lengthNotMinimal),
        WireCase("64-bit length, top bit", [[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]], [], .lengthTopBit),
        WireCase(
            "64-bit length, greatest", [[0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [1, 2, 3, 4, 5]], [],
            .messageTooBig),
    ]

    static let closing: [WireCase] = {
        let longest = [UInt8](repeating: UInt8(ascii: "*"), count: 123)
        let ended = MessageDecoder.Event.close(.normalClosure, reason: "")
        let fixed: [WireCase] = [
            WireCase("7.1.1 text, close", [frame(.text, utf8("a")), close(1000)], [.text(utf8("a")), ended]),
            WireCase("7.1.2 two closes", [close(1000), close(1001)], [ended]),
            WireCase("7.1.3 close, ping", [close(1000), frame(.ping)], [ended]),
            WireCase("7.1.5 close in a message", [frame(.text, utf8("a"), fin: false), close(1000)], [ended]),
            WireCase("7.3.1 empty close", [frame(.close)], [.close(nil, reason: "")]),
            WireCase("7.3.2 close of one byte", [frame(.close, [3])], [], .closePayloadOfOneByte),
            WireCase("7.3.4 reason", [close(1000, utf8("bye"))], [.close(.normalClosure, reason: "bye")]),
            WireCase(
                "7.3.5 reason of 123", [close(1000, longest)],
                [.close(.normalClosure, reason: String(repeating: "*", count: 123))]),
            WireCase("7.3.6 reason of 124", [close(1000, longest + longest.prefix(1))], [], .controlTooLong),
            WireCase("7.5.1 reason, not UTF-8", [close(1000, [0xCE, 0xBA, 0xED, 0xA0, 0x80])], [], .invalidUTF8),
            WireCase("7.5.1 reason, cut off", [close(1000, [0xCE])], [], .invalidUTF8),
        ]
        let good: [UInt16] = Array(1000...1003) + Array(1007...1014) + [3000, 3999, 4000, 4999]
        let bad: [UInt16] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
        return fixed
            + good.map { WireCase("7.7 code \($0)", [close($0)], [.close(CloseCode(rawValue: $0), reason: "")]) }
            + bad.map { WireCase("7.9 code \($0)", [close($0, utf8("x"))], [], .closeCodeNotAllowed) }
    }()
}
