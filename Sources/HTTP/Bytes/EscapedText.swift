/// Writing text of others into a quoted text, so that it neither ends it nor looks like something else.
extension OutputSpan<UInt8> {
    /// Writes `bytes` with a backslash before quotes and backslashes, and what is not printable ASCII as two hexadecimal digits.
    /// - Parameter escape: what stands before the digits: `\\u00` in JSON, which makes a byte of it whatever its encoding was, or
    ///   `\\x`, as Apache and nginx write it.
    package mutating func write(escaping bytes: Span<UInt8>, by escape: StaticString) {
        if ByteScanning.isPlainText(bytes) { return write(bytes) }
        var start = 0
        while true {
            let end = ByteScanning.endOfPlainText(bytes, from: start, to: bytes.count)
            write(bytes, start..<end)
            guard end < bytes.count else { return }
            let byte = bytes[end]
            if byte == 0x22 || byte == 0x5C {
                write(0x5C as UInt8)
                write(byte)
            } else {
                write(escape)
                write(ByteClass.hexDigit(byte &>> 4, upperCase: false))
                write(ByteClass.hexDigit(byte & 0x0F, upperCase: false))
            }
            start = end &+ 1
        }
    }

    /// Writes a text of our own into a quoted text of JSON: a character that is not printable ASCII by the escape that JSON has
    /// for it (RFC 8259 §7), so that whoever reads it has the text as it is.
    package mutating func write(jsonText text: String) {
        if ByteScanning.isPlainText(text.utf8Span.span) { return write(text.utf8Span.span) }
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C:
                write(0x5C as UInt8)
                write(UInt8(truncatingIfNeeded: unit))
            case 0x20...0x7E: write(UInt8(truncatingIfNeeded: unit))
            default:
                write("\\u")
                for shift in stride(from: 12, through: 0, by: -4) {
                    write(ByteClass.hexDigit(UInt8(truncatingIfNeeded: unit >> shift) & 0x0F, upperCase: false))
                }
            }
        }
    }

    /// Writes all 16 digits of `value` in lower-case hexadecimal.
    package mutating func write(wholeHex value: UInt64) {
        write(EightBytes(hexadecimal: UInt32(truncatingIfNeeded: value &>> 32)))
        write(EightBytes(hexadecimal: UInt32(truncatingIfNeeded: value)))
    }
}
