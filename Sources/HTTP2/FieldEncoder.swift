import HTTP

/// Writes field sections, RFC 7541, by the static table alone.
///
/// There is no dynamic table: an answer's fields cost some bytes more, and a connection that waits costs no memory for what it
/// might say again.
package enum FieldEncoder {
    /// Tells the decoder that no dynamic table is used (RFC 7541 §6.3), before all fields of a section.
    package static func appendNoTable(to out: inout OutputSpan<UInt8>) { out.write(0x20) }

    /// `:status`, which comes first (RFC 9113 §8.3.2).
    private static func appendStatus(_ status: Int, to out: inout OutputSpan<UInt8>) {
        if let index = StaticTable.index(ofStatus: status) { return out.write(0x80 | index) }
        out.write(StaticTable.status)
        out.write(3)
        out.write(decimal: UInt64(status))
    }

    /// An answer's section: its status, and lines as below.
    package static func append(_ status: Int, lines: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        appendStatus(status, to: &out)
        append(lines: lines, to: &out)
    }

    /// Lines as HTTP/1 writes them (`Name: value CRLF`); the names in lower case, as RFC 9113 §8.2 wants them.
    private static func append(lines: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        var start = 0
        while start < lines.count {
            var colon = start
            while lines[colon] != 0x3A { colon &+= 1 }
            let end = Text.endOfLine(lines, from: colon + 2)
            append(lines, name: start..<colon, value: colon + 2..<end, to: &out)
            start = end + 2
        }
    }

    /// One field.
    package static func append(
        _ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, to out: inout OutputSpan<UInt8>
    ) {
        if let index = StaticTable.index(ofName: bytes, name) {
            appendInteger(index, prefix: 4, to: &out)
        } else {
            out.write(0)
            appendInteger(name.count, prefix: 7, to: &out)
            out.write(lowerCase: bytes.extracting(name))
        }
        appendInteger(value.count, prefix: 7, to: &out)
        out.write(bytes, value)
    }

    /// RFC 7541 §5.1; the bits before the prefix are 0.
    @inline(__always)
    private static func appendInteger(_ value: Int, prefix: Int, to out: inout OutputSpan<UInt8>) {
        let most = 1 &<< prefix &- 1
        if value < most { return out.write(UInt8(truncatingIfNeeded: value)) }
        appendLargeInteger(value &- most, most: UInt8(truncatingIfNeeded: most), to: &out)
    }

    @inline(never)
    private static func appendLargeInteger(_ value: Int, most: UInt8, to out: inout OutputSpan<UInt8>) {
        out.write(most)
        var rest = value
        while rest >= 128 {
            out.write(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.write(UInt8(truncatingIfNeeded: rest))
    }
}

/// What an answer needs of RFC 7541's Appendix A.
enum StaticTable {
    /// The place of `:status` with any value.
    static let status: UInt8 = 8

    static func index(ofStatus status: Int) -> UInt8? {
        switch status {
        case 200: 8
        case 204: 9
        case 206: 10
        case 304: 11
        case 400: 12
        case 404: 13
        case 500: 14
        default: nil
        }
    }

    /// The place of a field's name, in any case; nil if it has none.
    static func index(ofName bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let (name, index) = likeliest(bytes.extracting(range)), Text.equal(bytes, range, name) else { return nil }
        return index
    }

    /// The one name of the table that it may be: of its length, and with the letter in which those of a length differ.
    private static func likeliest(_ name: Span<UInt8>) -> (StaticString, Int)? {
        func letter(_ index: Int) -> UInt8 { ByteClass.lowerCase(name[index]) }
        switch name.count {
        case 3: return letter(0) == 0x61 ? ("age", 21) : ("via", 60)
        case 4:
            switch letter(0) {
            case 0x64: return ("date", 33)
            case 0x65: return ("etag", 34)
            case 0x6C: return ("link", 45)
            default: return ("vary", 59)
            }
        case 5: return ("allow", 22)
        case 6: return ("server", 54)
        case 7: return letter(0) == 0x65 ? ("expires", 36) : ("refresh", 52)
        case 8: return ("location", 46)
        case 10: return ("set-cookie", 55)
        case 11: return ("retry-after", 53)
        case 12: return ("content-type", 31)
        case 13:
            switch letter(3) {
            case 0x65: return ("accept-ranges", 18)
            case 0x68: return ("cache-control", 24)
            case 0x74: return letter(0) == 0x63 ? ("content-range", 30) : ("last-modified", 44)
            default: return nil
            }
        case 14: return ("content-length", 28)
        case 16:
            switch letter(9) {
            case 0x6E: return letter(0) == 0x63 ? ("content-encoding", 26) : ("www-authenticate", 61)
            case 0x61: return ("content-language", 27)
            case 0x6F: return ("content-location", 29)
            default: return nil
            }
        case 18: return ("proxy-authenticate", 48)
        case 19: return ("content-disposition", 25)
        case 25: return ("strict-transport-security", 56)
        case 27: return ("access-control-allow-origin", 20)
        default: return nil
        }
    }
}
