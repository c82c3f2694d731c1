/// Writes the chunked transfer coding, RFC 9112 §7.1.
package enum ChunkedEncoder {
    /// Appends the line before a chunk of `size` bytes (above 0), whose data the caller sends next, followed by CRLF.
    package static func append(sizeLine size: Int, to out: inout [UInt8]) {
        precondition(size > 0, "a chunk of size 0 is the end of the body")
        out.append(hex: UInt64(size))
        out.append("\r\n")
    }

    /// Appends the last chunk and an empty trailer section.
    package static func appendEnd(to out: inout [UInt8]) { out.append("0\r\n\r\n") }

    /// Appends the last chunk and `trailers`, without those that must not be sent as trailers.
    package static func appendEnd(trailers: borrowing FieldSection, to out: inout [UInt8]) {
        out.append("0\r\n")
        let span = trailers.bytes.span
        for line in trailers.lines where mayBeTrailer(line.known) {
            out.append(span, line.name)
            out.append(": ")
            out.append(span, line.value)
            out.append("\r\n")
        }
        out.append("\r\n")
    }

    /// RFC 9110 §6.5.1: no framing, routing, authentication, request modifiers, response control or content format fields
    /// in trailers. All fields Gatehouse knows are of these kinds, but the validators.
    package static func mayBeTrailer(_ field: KnownField) -> Bool {
        switch field {
        case .other, .underscored, .etag, .lastModified: true
        default: false
        }
    }
}
