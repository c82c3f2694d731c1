/// What precedes a frame's payload: 2 to 14 bytes (RFC 6455 §5.2). It holds what the wire said, rules broken or not;
/// `FrameRules` judges.
package struct FrameHeader: Hashable, Sendable {
    /// The longest header: two bytes, a 64-bit length, a mask key.
    package static var maxSize: Int { 14 }

    /// The three reserved bits, where they stand in the first byte.
    package struct ReservedBits: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue & 0x70 }
        package static var rsv1: ReservedBits { ReservedBits(rawValue: 0x40) }
        package static var rsv2: ReservedBits { ReservedBits(rawValue: 0x20) }
        package static var rsv3: ReservedBits { ReservedBits(rawValue: 0x10) }
    }

    /// How many bytes the payload length takes beyond the seven bits of the second byte.
    package enum LengthForm: Int, Sendable {
        case sevenBits = 0
        case sixteenBits = 2
        case sixtyFourBits = 8
    }

    /// The last fragment of a message, or its only one.
    package var fin: Bool
    package var reservedBits: ReservedBits
    package var opcode: Opcode
    /// `nil` if the payload is not masked.
    package var maskKey: MaskKey?
    /// Bytes of payload. The wire can say more than 2⁶³ − 1, which no valid frame does.
    package var payloadLength: UInt64
    package var lengthForm: LengthForm

    /// A header whose length takes as few bytes as it can.
    package init(
        fin: Bool = true, reservedBits: ReservedBits = [], opcode: Opcode, maskKey: MaskKey? = nil, payloadLength: UInt64
    ) {
        self.fin = fin
        self.reservedBits = reservedBits
        self.opcode = opcode
        self.maskKey = maskKey
        self.payloadLength = payloadLength
        lengthForm = Self.minimalForm(of: payloadLength)
    }

    package var isMasked: Bool { maskKey != nil }

    /// Bytes that this header takes on the wire: 2 to 14.
    package var size: Int { 2 + lengthForm.rawValue + (isMasked ? 4 : 0) }

    /// RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length".
    package var isLengthMinimal: Bool { lengthForm == Self.minimalForm(of: payloadLength) }

    /// The header that starts at `offset`, or `nil` if `bytes` end before it does. Reads nothing behind it.
    package static func parse(_ bytes: Span<UInt8>, at offset: Int = 0) -> FrameHeader? {
        let available = bytes.count - offset
        guard available >= 2 else { return nil }
        let first = bytes[offset]
        let second = bytes[offset + 1]
        let form = lengthForm(ofSecondByte: second)
        let isMasked = second & 0x80 != 0
        guard available >= 2 + form.rawValue + (isMasked ? 4 : 0) else { return nil }

        var header = FrameHeader(
            fin: first & 0x80 != 0, reservedBits: ReservedBits(rawValue: first), opcode: Opcode(rawValue: first),
            payloadLength: UInt64(second & 0x7F))
        var next = offset + 2
        if form != .sevenBits {
            header.payloadLength = bigEndian(bytes, at: next, count: form.rawValue)
            header.lengthForm = form
            next += form.rawValue
        }
        if isMasked {
            header.maskKey = MaskKey(bigEndian: UInt32(truncatingIfNeeded: bigEndian(bytes, at: next, count: 4)))
        }
        return header
    }

    /// Appends the header's `size` bytes to `output`.
    package func write(to output: inout [UInt8]) {
        output.append((fin ? 0x80 : 0) | reservedBits.rawValue | opcode.rawValue)
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        switch lengthForm {
        case .sevenBits: output.append(maskBit | UInt8(truncatingIfNeeded: payloadLength))
        case .sixteenBits: output.append(maskBit | 126)
        case .sixtyFourBits: output.append(maskBit | 127)
        }
        Self.append(payloadLength, count: lengthForm.rawValue, to: &output)
        if let maskKey {
            Self.append(UInt64(maskKey.bigEndian), count: 4, to: &output)
        }
    }

    private static func minimalForm(of length: UInt64) -> LengthForm {
        switch length {
        case ...125: .sevenBits
        case ...0xFFFF: .sixteenBits
        default: .sixtyFourBits
        }
    }

    private static func lengthForm(ofSecondByte second: UInt8) -> LengthForm {
        switch second & 0x7F {
        case 127: .sixtyFourBits
        case 126: .sixteenBits
        default: .sevenBits
        }
    }

    private static func bigEndian(_ bytes: Span<UInt8>, at offset: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<offset + count {
            value = value << 8 | UInt64(bytes[index])
        }
        return value
    }

    private static func append(_ value: UInt64, count: Int, to output: inout [UInt8]) {
        for index in 0..<count {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index))))
        }
    }
}
