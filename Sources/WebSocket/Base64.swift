/// Base64 with padding (RFC 4648 §4).
enum Base64 {
    static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let taken = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < taken ? UInt32(bytes[start + index]) : 0)
            }
            for index in 0..<4 {
                let value = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * index)) & 0x3F
                output.append(index <= taken ? character(of: value) : UInt8(ascii: "="))
            }
        }
        return output
    }

    /// How many bytes `text` stands for; `nil` if it is not Base64. Bits that padding leaves over may be anything
    /// (RFC 4648 §3.5 lets a decoder choose).
    static func decodedCount(of text: Span<UInt8>) -> Int? {
        guard text.count % 4 == 0 else { return nil }
        var digits = text.count
        while digits > 0, text.count - digits < 2, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        for index in 0..<digits where !isDigit(text[index]) { return nil }
        return digits * 3 / 4
    }

    private static func character(of value: UInt8) -> UInt8 {
        switch value {
        case ..<26: UInt8(ascii: "A") + value
        case ..<52: UInt8(ascii: "a") + value - 26
        case ..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
