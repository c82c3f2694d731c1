/// A path as patterns see it: escapes decoded, a run of slashes (also `%2F`) as one, parameters (`;x`) left out. Whatever an
/// upstream makes of such spellings, they are compared alike, as `PathPrefix` does.
package enum ComparedPath {
    /// The form of the normalised path at `path`.
    package static func bytes(_ bytes: Span<UInt8>, _ path: Range<Int>) -> [UInt8] {
        var compared: [UInt8] = []
        compared.reserveCapacity(path.count)
        var index = path.lowerBound
        let end = path.upperBound
        while index < end {
            if bytes[index] == UInt8(ascii: ";") {
                index = PathPrefix.skipParameters(bytes, index, end)
                continue
            }
            let (byte, width) = PathPrefix.decoded(bytes, index, end)
            if byte != UInt8(ascii: "/") || compared.last != UInt8(ascii: "/") { compared.append(byte) }
            index += width
        }
        return compared
    }

    /// Appends a piece of such a path as a path writes it (RFC 3986 §3.3).
    package static func append(_ piece: ArraySlice<UInt8>, to out: inout [UInt8]) {
        for byte in piece {
            if byte != UInt8(ascii: "%"), byte != UInt8(ascii: ";"), ByteClass.isPath(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(ByteClass.hexDigit(byte >> 4, upperCase: true))
                out.append(ByteClass.hexDigit(byte & 0x0F, upperCase: true))
            }
        }
    }
}
