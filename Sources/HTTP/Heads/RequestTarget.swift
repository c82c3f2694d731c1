/// Which of the four forms of RFC 9112 §3.2 a request target has.
package enum TargetForm: UInt8, Sendable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`
    case absolute
    /// `host:port`, of CONNECT
    case authority
    /// `*`, of OPTIONS
    case asterisk
}

/// The parts of a request target, as offsets into the bytes it was read from.
struct RequestTarget {
    var form: TargetForm
    /// The authority of the absolute and authority forms.
    var authority: Range<Int>?
    /// From the first `/` to the first `?`; empty in an absolute form that has no path.
    var path: Range<Int>
    /// From the first `?` (included) to the end; empty if there is none.
    var query: Range<Int>

    /// What a missing port means by the scheme of the absolute form.
    var defaultPort: UInt16 = 80

    /// Reads the non-empty target at `range`.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, _ method: Method) throws(HTTPRefusal) {
        let start = range.lowerBound
        let nothing = range.upperBound..<range.upperBound
        // RFC 9112 §3.2.3: authority-form is CONNECT's only form, and only CONNECT's.
        if method == .connect {
            guard let parts = AuthorityParts(bytes, range), parts.port != nil else { throw HTTPRefusal(.targetMalformed) }
            (form, authority, path, query) = (.authority, range, nothing, nothing)
            return
        }
        if bytes[start] == 0x2F {
            form = .origin
            authority = nil
            (path, query) = try Self.split(bytes, range)
            return
        }
        if bytes[start] == 0x2A, range.count == 1 {
            // RFC 9112 §3.2.4: asterisk-form is for a server-wide OPTIONS only.
            guard method == .options else { throw HTTPRefusal(.targetMalformed) }
            (form, authority, path, query) = (.asterisk, nil, range, nothing)
            return
        }
        let host = try Self.afterScheme(bytes, range)
        // `http://` and `https://` are told apart by their length.
        defaultPort = host - start == 7 ? 80 : 443
        var end = host
        while end < range.upperBound, bytes[end] != 0x2F, bytes[end] != 0x3F, bytes[end] != 0x23 { end += 1 }
        form = .absolute
        authority = host..<end
        (path, query) = try Self.split(bytes, end..<range.upperBound)
    }

    /// RFC 9110 §4.2: `http://` or `https://`, in any case. Returns the offset after it.
    private static func afterScheme(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) -> Int {
        var colon = range.lowerBound
        while colon < range.upperBound, ByteClass.isLetter(bytes[colon]) { colon += 1 }
        guard colon + 2 < range.upperBound, colon > range.lowerBound, bytes[colon] == 0x3A, bytes[colon + 1] == 0x2F,
            bytes[colon + 2] == 0x2F
        else { throw HTTPRefusal(.targetMalformed) }
        let scheme = range.lowerBound..<colon
        guard Text.equal(bytes, scheme, "http") || Text.equal(bytes, scheme, "https") else {
            throw HTTPRefusal(.targetScheme)
        }
        return colon + 3
    }

    private static func split(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) -> (Range<Int>, Range<Int>) {
        let question = ByteScanning.firstOf(0x3F, or: 0x23, bytes, from: range.lowerBound, to: range.upperBound)
        guard ByteScanning.firstOf(0x23, or: 0x23, bytes, from: question, to: range.upperBound) == range.upperBound else {
            throw HTTPRefusal(.targetFragment)
        }
        return (range.lowerBound..<question, question..<range.upperBound)
    }
}
