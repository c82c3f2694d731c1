import HTTP

/// Text as a JSON string (RFC 8259 §7).
enum JSONText {
    /// Appends it with its quotes. Only what must be escaped is.
    static func append(_ text: String, to out: inout [UInt8]) {
        append(utf8: Array(text.utf8).span, to: &out)
    }

    /// Appends valid UTF-8 as a string with its quotes.
    static func append(utf8 bytes: Span<UInt8>, to out: inout [UInt8]) {
        out.append(0x22)
        var start = 0
        for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C {
            out.append(bytes, start..<index)
            start = index + 1
            if bytes[index] >= 0x20 {
                out.append(0x5C)
                out.append(bytes[index])
            } else {
                out.append(bytes[index] < 0x10 ? "\\u000" : "\\u00")
                out.append(hex: UInt64(bytes[index]))
            }
        }
        out.append(bytes, start..<bytes.count)
        out.append(0x22)
    }
}
