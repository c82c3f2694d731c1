/// The one written form of a path, which routing, access rules, static files and upstreams all see; see docs/paths.md.
///
/// - Escapes of unreserved bytes (letters, digits, `-._~`) are decoded, other escapes get upper-case digits, and bytes
///   that may not stand raw in a path (among them all non-ASCII) are escaped: equal paths get equal spellings
///   (RFC 3986 §6.2.2).
/// - Then dot segments are resolved (RFC 3986 §5.2.4); climbing above the root is refused.
/// - Refused: malformed escapes, escaped controls, backslashes raw or escaped, dot segments hidden behind `%2F` or
///   in front of `;`, `%2F` behind `;`.
/// - Kept: empty segments (`//`), `%2F`, `;` parameters; `PathPrefix` matches them so that they cannot escape a route.
package enum NormalisedPath {
    /// Whether the path at `range` is in its normal form and needs no copy. It may say no for a path that is.
    package static func isNormal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let start = range.first, bytes[start] == 0x2F else { return false }
        // A dot can only be amiss behind a slash, and whole words of what is plain have none.
        let plain = ByteScanning.endOfPlainPath(bytes, from: start, to: range.upperBound)
        var afterSlash = plain > start && bytes[plain - 1] == 0x2F
        for index in plain..<range.upperBound {
            let byte = bytes[index]
            guard ByteClass.isPath(byte) else { return false }
            if afterSlash, byte == 0x2E { return false }
            afterSlash = byte == 0x2F
        }
        return true
    }

    /// Appends the normal form of the path at `range`, which begins with `/` or is empty (then it is `/`), to `out`.
    /// - Parameter allowsDots: whether dot segments are resolved; else they are refused, as the disguised ones are.
    package static func append(
        _ bytes: Span<UInt8>, _ range: Range<Int>, to out: inout [UInt8], allowsDots: Bool = true
    ) throws(HTTPRefusal) {
        let root = out.count
        out.append(0x2F)
        guard let first = range.first else { return }
        guard bytes[first] == 0x2F else { throw HTTPRefusal(.targetMalformed) }
        var segment = out.count
        var index = first + 1
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == 0x25 {
                try appendEscape(bytes, index, range.upperBound, to: &out)
                index += 3
                continue
            }
            if byte == 0x2F {
                if try endSegment(&out, segment, root, allowsDots) { out.append(0x2F) }
                segment = out.count
            } else if byte == 0x5C {
                throw HTTPRefusal(.pathBackslash)
            } else if ByteClass.isPath(byte) {
                out.append(byte)
            } else if byte < 0x20 || byte == 0x7F {
                // As its escape would be: else the normal form would be one that is refused.
                throw HTTPRefusal(.pathControl)
            } else {
                appendEscaped(byte, to: &out)
            }
            index += 1
        }
        _ = try endSegment(&out, segment, root, allowsDots)
    }

    private static func appendEscape(
        _ bytes: Span<UInt8>, _ index: Int, _ end: Int, to out: inout [UInt8]
    ) throws(HTTPRefusal) {
        guard index + 2 < end, let high = ByteClass.hexValue(bytes[index + 1]), let low = ByteClass.hexValue(bytes[index + 2])
        else { throw HTTPRefusal(.pathEscapeMalformed) }
        let byte = high << 4 | low
        if byte < 0x20 || byte == 0x7F { throw HTTPRefusal(.pathControl) }
        if byte == 0x5C { throw HTTPRefusal(.pathBackslash) }
        // RFC 3986 §2.3: an escaped unreserved byte is the byte itself; §2.1: upper-case digits are the normal ones.
        if ByteClass.isUnreserved(byte) { out.append(byte) } else { appendEscaped(byte, to: &out) }
    }

    private static func appendEscaped(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(0x25)
        out.append(ByteClass.hexDigit(byte >> 4, upperCase: true))
        out.append(ByteClass.hexDigit(byte & 0x0F, upperCase: true))
    }

    /// Resolves the segment at the end of `out` if it is a dot segment; returns whether it stays, so that a slash follows.
    private static func endSegment(
        _ out: inout [UInt8], _ segment: Int, _ root: Int, _ allowsDots: Bool
    ) throws(HTTPRefusal) -> Bool {
        let count = out.count - segment
        if !allowsDots, 1...2 ~= count, out[segment] == 0x2E, out[out.count - 1] == 0x2E { throw HTTPRefusal(.pathDisguisedDots) }
        if count == 1, out[segment] == 0x2E {
            out.removeLast()
            return false
        }
        if count == 2, out[segment] == 0x2E, out[segment + 1] == 0x2E {
            guard segment - 1 > root else { throw HTTPRefusal(.pathAboveRoot) }
            // Drop `..`, the slash before it, and the segment before that, so that its own slash is last again.
            out.removeLast(3)
            while let last = out.last, last != 0x2F { out.removeLast() }
            return false
        }
        try refuseSlashInParameters(out, segment)
        try refuseDisguisedDots(out, segment)
        return true
    }

    /// Servers that decode first take `/;x%2Fy/admin` for `/y/admin`; those that cut parameters off first, up to the next slash
    /// as it stands, for `/admin`. No one reading is as generous as both, so the route could be left.
    private static func refuseSlashInParameters(_ out: [UInt8], _ segment: Int) throws(HTTPRefusal) {
        var isInParameters = false
        for index in segment..<out.count {
            if out[index] == 0x3B { isInParameters = true }
            if isInParameters, isEncodedSlash(out, index) { throw HTTPRefusal(.pathParameterSlash) }
        }
    }

    private static func isEncodedSlash(_ out: [UInt8], _ index: Int) -> Bool {
        out[index] == 0x25 && out[index + 1] == 0x32 && out[index + 2] == 0x46
    }

    /// A server that decodes `%2F` before it resolves dots, or that cuts `;` parameters off first, would see a dot
    /// segment in these; we would not, and it would leave the route that was matched.
    private static func refuseDisguisedDots(_ out: [UInt8], _ segment: Int) throws(HTTPRefusal) {
        var start = segment
        var index = segment
        while index <= out.count {
            let atEnd = index == out.count
            let atEncodedSlash = !atEnd && isEncodedSlash(out, index)
            let atEncodedSemicolon = !atEnd && out[index] == 0x25 && out[index + 1] == 0x33 && out[index + 2] == 0x42
            if atEnd || atEncodedSlash || atEncodedSemicolon || out[index] == 0x3B {
                let count = index - start
                if count > 0, count <= 2, out[start] == 0x2E, out[index - 1] == 0x2E {
                    throw HTTPRefusal(.pathDisguisedDots)
                }
                if atEnd { return }
                if atEncodedSlash {
                    index += 3
                    start = index
                    continue
                }
                // Skip the parameters: until the next encoded slash nothing can begin a dot segment.
                while index < out.count, !isEncodedSlash(out, index) { index += 1 }
                start = index
                if index == out.count { return }
                continue
            }
            index += 1
        }
    }
}
