package import HTTP

/// Finds a cookie in a request (RFC 6265 §4.2.1).
package enum CookieValue {
    /// Where the first cookie of this name has its value, as offsets into `fields.bytes`; nil if there is none. Double quotes
    /// around it are not of it (§4.1.1): Java's clients send `a="1"` where a server has set `a=1`.
    package static func find(_ name: String, in fields: FieldSection) -> Range<Int>? {
        guard fields.contains(.cookie) else { return nil }
        let bytes = fields.bytes.span
        for line in fields.lines where line.known == .cookie {
            if let value = find(name, bytes, line.value) { return value }
        }
        return nil
    }

    private static func find(_ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 0x3B { end += 1 }
            let pair = Text.trimmed(bytes, start..<end)
            if let value = value(of: name, bytes, pair) { return value }
            start = end + 1
        }
        return nil
    }

    private static func value(of name: String, _ bytes: Span<UInt8>, _ pair: Range<Int>) -> Range<Int>? {
        var position = pair.lowerBound
        for byte in name.utf8 {
            guard position < pair.upperBound, bytes[position] == byte else { return nil }
            position += 1
        }
        guard position < pair.upperBound, bytes[position] == 0x3D else { return nil }
        let value = position + 1..<pair.upperBound
        let isQuoted = value.count > 1 && bytes[value.lowerBound] == 0x22 && bytes[value.upperBound - 1] == 0x22
        return isQuoted ? value.lowerBound + 1..<value.upperBound - 1 : value
    }
}
