import Testing
import WebSocket

struct FrameHeaderTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var header: FrameHeader
    }

    static let vectors: [Vector] = [
        // RFC 6455 §5.7
        Vector(
            testDescription: "unmasked text", bytes: [0x81, 0x05], header: FrameHeader(opcode: .text, payloadLength: 5)),
        Vector(
            testDescription: "masked text", bytes: [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D],
            header: FrameHeader(opcode: .text, maskKey: exampleKey, payloadLength: 5)),
        Vector(
            testDescription: "first fragment", bytes: [0x01, 0x03],
            header: FrameHeader(fin: false, opcode: .text, payloadLength: 3)),
        Vector(
            testDescription: "last fragment", bytes: [0x80, 0x02], header: FrameHeader(opcode: .continuation, payloadLength: 2)),
        Vector(testDescription: "ping", bytes: [0x89, 0x05], header: FrameHeader(opcode: .ping, payloadLength: 5)),
        Vector(
            testDescription: "masked pong", bytes: [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D],
            header: FrameHeader(opcode: .pong, maskKey: exampleKey, payloadLength: 5)),
        Vector(
            testDescription: "256 bytes", bytes: [0x82, 0x7E, 0x01, 0x00],
            header: FrameHeader(opcode: .binary, payloadLength: 256)),
        Vector(
            testDescription: "64 KiB", bytes: [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0],
            header: FrameHeader(opcode: .binary, payloadLength: 65536)),
        // The edges of the length forms, and every bit.
        Vector(testDescription: "125", bytes: [0x82, 0x7D], header: FrameHeader(opcode: .binary, payloadLength: 125)),
        Vector(
            testDescription: "126", bytes: [0x82, 0x7E, 0x00, 0x7E], header: FrameHeader(opcode: .binary, payloadLength: 126)),
        Vector(
            testDescription: "65535", bytes: [0x82, 0x7E, 0xFF, 0xFF],
            header: FrameHeader(opcode: .binary, payloadLength: 65535)),
        Vector(
            testDescription: "every bit", bytes: [UInt8](repeating: 0xFF, count: 14),
            header: FrameHeader(
                reservedBits: [.rsv1, .rsv2, .rsv3], opcode: Opcode(rawValue: 15), maskKey: MaskKey(bigEndian: .max),
                payloadLength: .max)),
        Vector(
            testDescription: "rsv2", bytes: [0x20, 0x00],
            header: FrameHeader(fin: false, reservedBits: .rsv2, opcode: .continuation, payloadLength: 0)),
    ]

    @Test(arguments: vectors)
    func `a header is read and written`(_ vector: Vector) {
        #expect(parsed(vector.bytes) == vector.header)
        #expect(vector.header.size == vector.bytes.count)
        var written: [UInt8] = []
        vector.header.write(to: &written)
        #expect(written == vector.bytes)
    }

    @Test(arguments: vectors)
    func `a header that is cut off is none`(_ vector: Vector) {
        for count in vector.bytes.indices {
            #expect(parsed(Array(vector.bytes.prefix(count))) == nil)
        }
    }

    @Test(arguments: vectors)
    func `a header is read in the middle of other bytes`(_ vector: Vector) {
        let bytes = [1, 2, 3] + vector.bytes + [0xFF]
        #expect(parsed(bytes, at: 3) == vector.header)
    }

    @Test(
        arguments: [
            ([0x82, 0x7E, 0x00, 0x7D], 125), ([0x82, 0x7E, 0, 0], 0), ([0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 65535),
        ] as [([UInt8], UInt64)])
    func `a length that is too long a spelling is kept as it stood`(_ bytes: [UInt8], _ length: UInt64) throws {
        let header = try #require(parsed(bytes))
        #expect(header.payloadLength == length)
        #expect(!header.isLengthMinimal)
        #expect(header.size == bytes.count)
        var written: [UInt8] = []
        header.write(to: &written)
        #expect(written == bytes)
    }

    @Test func `an opcode knows control and reserved ones`() {
        let all = (0...15).map { Opcode(rawValue: $0) }
        #expect(all.filter(\.isControl).map(\.rawValue) == Array(8...15))
        #expect(all.filter(\.isReserved).map(\.rawValue) == [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    }
}
