import HTTP

/// Numbers as the network writes them.
package enum BigEndian {
    /// The number at `index`, of two bytes.
    package static func uint16(_ bytes: Span<UInt8>, at index: Int) -> UInt16 {
        UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
    }

    /// The number at `index`, of four bytes.
    package static func uint32(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
        UInt32(uint16(bytes, at: index)) << 16 | UInt32(uint16(bytes, at: index + 2))
    }

    /// Appends a number as four bytes, the highest first.
    static func append(_ value: UInt32, to out: inout OutputSpan<UInt8>) {
        append(UInt16(truncatingIfNeeded: value >> 16), to: &out)
        append(UInt16(truncatingIfNeeded: value), to: &out)
    }

    /// Appends a number as two bytes, the higher first.
    static func append(_ value: UInt16, to out: inout OutputSpan<UInt8>) {
        out.write(UInt8(truncatingIfNeeded: value >> 8))
        out.write(UInt8(truncatingIfNeeded: value))
    }
}
