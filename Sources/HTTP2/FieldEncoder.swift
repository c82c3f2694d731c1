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
        forEachLine(of: lines) { append(lines, name: $0, value: $1, to: &out) }
    }

    @inline(__always)
    static func forEachLine(of lines: Span<UInt8>, _ take: (_ name: Range<Int>, _ value: Range<Int>) -> Void) {
        var start = 0
        while start < lines.count {
            var colon = start
            while lines[colon] != 0x3A { colon &+= 1 }
            let end = Text.endOfLine(lines, from: colon + 2)
            take(start..<colon, colon + 2..<end)
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
            appendName(bytes.extracting(name), to: &out)
        }
        appendValue(bytes.extracting(value), to: &out)
    }

    @inline(__always)
    static func appendName(_ name: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        out.write(0)
        appendInteger(name.count, prefix: 7, to: &out)
        out.write(lowerCase: name)
    }

    @inline(__always)
    static func appendValue(_ value: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        appendInteger(value.count, prefix: 7, to: &out)
        out.write(value)
    }

    /// RFC 7541 §5.1; the bits before the prefix are 0.
    @inline(__always)
    static func appendInteger(_ value: Int, prefix: Int, to out: inout OutputSpan<UInt8>) {
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
