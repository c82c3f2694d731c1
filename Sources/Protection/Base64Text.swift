/// Reads base 64 (RFC 4648).
package enum Base64Text {
    /// Which 64 characters.
    package enum Alphabet: Sendable {
        /// §4, with its padding.
        case standard
        /// §5, without padding (RFC 7515 §2).
        case url
    }

    /// The bytes of a text, all of which must be of the alphabet; bits that are left over must be 0 (§3.5), so that nothing has
    /// two texts.
    package static func decode(_ text: Span<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
        var end = text.count
        if case .standard = alphabet {
            guard end % 4 == 0 else { return nil }
            while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        }
        guard end % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 * 3 + 2)
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for index in 0..<end {
            guard let digit = value(of: text[index], alphabet) else { return nil }
            bits = (bits << 6 | digit) & 0xFFFF
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }

    private static func value(of byte: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch (byte, alphabet) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): UInt32(byte - UInt8(ascii: "A"))
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): UInt32(byte - UInt8(ascii: "a")) + 26
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): UInt32(byte - UInt8(ascii: "0")) + 52
        case (UInt8(ascii: "+"), .standard), (UInt8(ascii: "-"), .url): 62
        case (UInt8(ascii: "/"), .standard), (UInt8(ascii: "_"), .url): 63
        default: nil
        }
    }
}
