/// Writes the chunked transfer coding, RFC 9112 §7.1.
package enum ChunkedEncoder {
    /// Writes the line before a chunk of `size` bytes (above 0), whose data the caller sends next, followed by CRLF.
    package static func write(sizeLine size: Int, to out: inout OutputSpan<UInt8>) {
        precondition(size > 0, "a chunk of size 0 is the end of the body")
        out.write(hex: UInt64(size))
        out.write("\r\n")
    }

    /// Writes the last chunk and `trailers`, without those that must not be sent as trailers; nil is an empty trailer section.
    package static func writeEnd(trailers: FieldSection?, to out: inout OutputSpan<UInt8>) {
        out.write("0\r\n")
        if let trailers {
            for line in trailers.lines where line.known.mayBeTrailer {
                out.write(trailers.bytes, line.name)
                out.write(": ")
                out.write(trailers.bytes, line.value)
                out.write("\r\n")
            }
        }
        out.write("\r\n")
    }
}
