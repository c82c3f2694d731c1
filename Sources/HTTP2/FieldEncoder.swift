import HTTP

/// Writes field sections, RFC 7541, by the static table alone.
///
/// There is no dynamic table: an answer's fields cost some bytes more, and a connection that waits costs no memory for what it
/// might say again.
package enum FieldEncoder {
    /// Tells the decoder that no dynamic table is used (RFC 7541 §6.3), before all fields of a section.
    package static func appendNoTable(to out: inout [UInt8]) { out.append(0x20) }

    /// `:status`, which comes first (RFC 9113 §8.3.2).
    package static func appendStatus(_ status: Int, to out: inout [UInt8]) {
        if let index = StaticTable.index(ofStatus: status) { return out.append(0x80 | index) }
        out.append(StaticTable.status)
        out.append(3)
        out.append(decimal: UInt64(status))
    }

    /// Lines as HTTP/1 writes them (`Name: value CRLF`); the names in lower case, as RFC 9113 §8.2 wants them.
    package static func append(lines: Span<UInt8>, to out: inout [UInt8]) {
        var start = 0
        while start < lines.count {
            var colon = start
            while lines[colon] != 0x3A { colon += 1 }
            var end = colon + 2
            while lines[end] != 0x0D { end += 1 }
            append(lines, name: start..<colon, value: colon + 2..<end, to: &out)
            start = end + 2
        }
    }

    /// One field.
    package static func append(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, to out: inout [UInt8]) {
        if let index = StaticTable.index(ofName: bytes, name) {
            appendInteger(index, prefix: 4, first: 0, to: &out)
        } else {
            out.append(0)
            appendInteger(name.count, prefix: 7, first: 0, to: &out)
            for place in name { out.append(ByteClass.lowerCase(bytes[place])) }
        }
        appendInteger(value.count, prefix: 7, first: 0, to: &out)
        out.append(bytes.extracting(value))
    }

    /// RFC 7541 §5.1.
    private static func appendInteger(_ value: Int, prefix: Int, first: UInt8, to out: inout [UInt8]) {
        let most = 1 << prefix - 1
        if value < most { return out.append(first | UInt8(value)) }
        out.append(first | UInt8(most))
        var rest = value - most
        while rest >= 128 {
            out.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        out.append(UInt8(rest))
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
        guard range.count < names.count else { return nil }
        for (name, index) in names[range.count] where Text.equal(bytes, range, name) { return index }
        return nil
    }

    /// By their length, since most are told apart by it.
    private static let names: [[(StaticString, Int)]] = {
        let all: [(StaticString, Int)] = [
            ("accept-ranges", 18), ("age", 21), ("access-control-allow-origin", 20), ("allow", 22), ("cache-control", 24),
            ("content-disposition", 25), ("content-encoding", 26), ("content-language", 27), ("content-length", 28),
            ("content-location", 29), ("content-range", 30), ("content-type", 31), ("date", 33), ("etag", 34), ("expires", 36),
            ("last-modified", 44), ("link", 45), ("location", 46), ("proxy-authenticate", 48), ("refresh", 52),
            ("retry-after", 53), ("server", 54), ("set-cookie", 55), ("strict-transport-security", 56), ("vary", 59),
            ("via", 60), ("www-authenticate", 61),
        ]
        var byLength: [[(StaticString, Int)]] = []
        for (name, index) in all {
            let count = name.utf8CodeUnitCount
            while byLength.count <= count { byLength.append([]) }
            byLength[count].append((name, index))
        }
        return byLength
    }()
}
