/// The four bytes that a client's payload is XORed with (RFC 6455 §5.3). Their origin, a source that the application
/// cannot predict, is the caller's duty.
package struct MaskKey: Hashable, Sendable {
    /// The key in network order: its first byte is the highest one.
    package let bigEndian: UInt32

    package init(bigEndian: UInt32) {
        self.bigEndian = bigEndian
    }

    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        bigEndian = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// The key byte for the payload byte at `index`: RFC 6455 §5.3, `transformed[i] = original[i] XOR key[i MOD 4]`.
    package subscript(index: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: bigEndian >> (24 &- 8 &* UInt32(truncatingIfNeeded: index & 3)))
    }
}
