import HTTP

/// A request's path, decoded once, as a place below a site's directory.
struct RequestPath: Equatable {
    /// Decoded segments joined by slashes, without one at either end and without empty segments; empty for the root itself.
    private(set) var relative: [UInt8] = []
    /// Whether the path names a directory by its form: it ends with a slash.
    let endsWithSlash: Bool

    /// The place of a page for an error status, among those of requests. Its name begins with a slash, which no client's does:
    /// what is remembered of a page is never an answer to who guesses its name.
    /// - Parameter file: as the operator wrote it, relative to the site's directory.
    init(errorPage file: String) {
        relative = [UInt8(ascii: "/")] + file.utf8.drop { $0 == UInt8(ascii: "/") }
        endsWithSlash = false
    }

    /// `path` begins with "/" and holds no query; the caller has resolved dot segments.
    /// Errors: `.badPath` for a broken escape and for an escaped or raw byte that would change what the path means: NUL, an
    /// escaped slash (RFC 3986 §2.2: not the same as a slash), a backslash (some clients read it as a slash).
    init(_ path: Span<UInt8>) throws(StaticError) {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else {
            throw .badPath(reason: "the path does not begin with a slash")
        }
        endsWithSlash = path[path.count - 1] == UInt8(ascii: "/")
        if let plain = Self.plain(path) { relative.append(path.extracting(plain)) } else { try decode(path) }
    }

    /// Where `relative` stands in a path that means what it says, byte by byte; nil of another.
    static func plain(_ path: Span<UInt8>) -> Range<Int>? {
        guard path.count > 0, path[0] == UInt8(ascii: "/"), isPlain(path) else { return nil }
        return 1..<max(1, path.count - (path[path.count - 1] == UInt8(ascii: "/") ? 1 : 0))
    }

    private static func isPlain(_ path: Span<UInt8>) -> Bool {
        var wasSlash = false
        for index in path.indices {
            let byte = path[index]
            let isSlash = byte == UInt8(ascii: "/")
            if byte == 0 || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\") || (isSlash && wasSlash) { return false }
            wasSlash = isSlash
        }
        return true
    }

    private mutating func decode(_ path: Span<UInt8>) throws(StaticError) {
        relative.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            var byte = path[index]
            var isEscaped = false
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < path.count, let high = hexValue(path[index]), let low = hexValue(path[index + 1]) else {
                    throw .badPath(reason: "the path holds a broken percent escape")
                }
                byte = high << 4 | low
                isEscaped = true
                index += 2
            }
            switch byte {
            case 0: throw .badPath(reason: "the path holds a NUL")
            case UInt8(ascii: "\\"): throw .badPath(reason: "the path holds a backslash")
            case UInt8(ascii: "/"):
                guard !isEscaped else { throw .badPath(reason: "the path holds an escaped slash") }
                // Runs of slashes count as one, also at the start: "//host" must never come back in a Location.
                if !relative.isEmpty && relative.last != byte { relative.append(byte) }
            default: relative.append(byte)
            }
        }
        if relative.last == UInt8(ascii: "/") { relative.removeLast() }
    }

    /// The path with a slash at its end, percent-encoded anew, so that nothing decoded reaches a field as it is.
    var locationAsDirectory: String {
        var location: [UInt8] = [UInt8(ascii: "/")]
        for byte in relative {
            if isPathByte(byte) {
                location.append(byte)
            } else {
                location.append(UInt8(ascii: "%"))
                location.append(hexDigit(byte >> 4))
                location.append(hexDigit(byte & 15))
            }
        }
        if !relative.isEmpty { location.append(UInt8(ascii: "/")) }
        return String(decoding: location, as: UTF8.self)
    }
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
}

/// RFC 3986 §3.3: pchar without escapes, and the slash between segments.
private func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "-._~!$&'()*+,;=:@/".utf8.contains(byte)
    }
}
