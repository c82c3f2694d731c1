@testable import HTTP2
import Testing

@Suite("A frame's header")
struct FrameHeaderTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let header: FrameHeader
    }

    static let vectors = [
        Vector(
            testDescription: "SETTINGS of nothing", bytes: hexadecimal("000000 04 00 00000000"),
            header: FrameHeader(.settings, stream: 0, length: 0)),
        Vector(
            testDescription: "its acknowledgement", bytes: hexadecimal("000000 04 01 00000000"),
            header: FrameHeader(.settings, flags: FrameFlag.endStreamOrAck.rawValue, stream: 0, length: 0)),
        Vector(
            testDescription: "every byte of the length counts", bytes: hexadecimal("010203 00 00 00000001"),
            header: FrameHeader(.data, stream: 1, length: 0x010203)),
        Vector(
            testDescription: "the longest payload, on the last stream", bytes: hexadecimal("ffffff 01 ff 7fffffff"),
            header: FrameHeader(.headers, flags: 0xFF, stream: 0x7FFF_FFFF, length: 0xFF_FFFF)),
        Vector(
            testDescription: "PRIORITY_UPDATE", bytes: hexadecimal("000007 10 00 00000000"),
            header: FrameHeader(.priorityUpdate, stream: 0, length: 7)),
    ]

    @Test("is read and written as RFC 9113 §4.1 says", arguments: vectors)
    func both(vector: Vector) {
        #expect(FrameHeader(reading: vector.bytes.span) == vector.header)
        #expect(FrameHeader(reading: (vector.bytes + [0xFF]).span) == vector.header, "what follows is the payload's")
        #expect(written { vector.header.append(to: &$0) } == vector.bytes)
    }

    @Test("the reserved bit is ignored, and unknown types are read as they are")
    func lenient() {
        let header = FrameHeader(reading: hexadecimal("000001 fa 00 80000003").span)
        #expect(header.stream == 3 && header.type == 0xFA && FrameType(rawValue: header.type) == nil)
    }

    @Test("a flag is told from the others", arguments: [FrameFlag.endStreamOrAck, .endHeaders, .padded, .priority])
    func flags(flag: FrameFlag) {
        #expect(FrameHeader(.headers, flags: flag.rawValue, stream: 1, length: 0).has(flag))
        #expect(FrameHeader(.headers, flags: 0xFF, stream: 1, length: 0).has(flag))
        #expect(!FrameHeader(.headers, flags: ~flag.rawValue, stream: 1, length: 0).has(flag))
    }

    @Test("numbers are read and written most significant byte first")
    func numbers() {
        let bytes = hexadecimal("00 89abcdef 1234")
        #expect(BigEndian.uint32(bytes.span, at: 1) == 0x89AB_CDEF)
        #expect(BigEndian.uint16(bytes.span, at: 5) == 0x1234)
        let out = written {
            BigEndian.append(UInt32(0x89AB_CDEF), to: &$0)
            BigEndian.append(UInt16(0x1234), to: &$0)
        }
        #expect(out == Array(bytes[1...]))
    }
}
