package import HTTP

/// Requests, which go to upstreams.
extension FieldEncoder {
    /// A request's section: its pseudo-fields, RFC 9113 §8.3.1, and its lines.
    /// - Parameters:
    ///   - bytes: hold the parts.
    ///   - opensWebSocket: RFC 8441 §4: CONNECT with `:protocol`, whatever the method is.
    package static func appendRequest(
        _ bytes: Span<UInt8>, _ parts: RequestParts, isHTTPS: Bool, opensWebSocket: Bool = false,
        to out: inout OutputSpan<UInt8>
    ) {
        if opensWebSocket {
            append(pseudo: StaticTable.methodGet, "CONNECT", to: &out)
        } else {
            appendMethod(bytes.extracting(parts.method), to: &out)
        }
        out.write(0x80 | (isHTTPS ? StaticTable.schemeHTTPS : StaticTable.schemeHTTP))
        out.write(StaticTable.authority)
        appendValue(bytes.extracting(parts.authority), to: &out)
        appendPath(bytes.extracting(parts.path), to: &out)
        if opensWebSocket { out.write("\u{0}\u{9}:protocol\u{9}websocket") }
        let lines = bytes.extracting(parts.lines)
        forEachLine(of: lines) { appendField(lines, name: $0, value: $1, to: &out) }
    }

    private static func append(pseudo index: UInt8, _ value: StaticString, to out: inout OutputSpan<UInt8>) {
        out.write(index)
        out.write(UInt8(value.utf8CodeUnitCount))
        out.write(value)
    }

    private static func appendMethod(_ method: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        if method.spells("GET") { return out.write(0x80 | StaticTable.methodGet) }
        if method.spells("POST") { return out.write(0x80 | StaticTable.methodPost) }
        out.write(StaticTable.methodGet)
        appendValue(method, to: &out)
    }

    private static func appendPath(_ path: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        if path.count == 1, path[0] == 0x2F { return out.write(0x80 | StaticTable.path) }
        out.write(StaticTable.path)
        appendValue(path, to: &out)
    }

    private static func appendField(
        _ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, to out: inout OutputSpan<UInt8>
    ) {
        if let index = StaticTable.index(ofRequestName: bytes, name) {
            // RFC 7541 §7.1.3: what is secret is put into no table, also where the next hop sends it on.
            if index == StaticTable.authorization || index == StaticTable.cookie { out.write(0x1F) } else { out.write(0x0F) }
            out.write(UInt8(index - 15))
        } else {
            appendName(bytes.extracting(name), to: &out)
        }
        appendValue(bytes.extracting(value), to: &out)
    }
}

/// What is written of it: a request's names.
extension StaticTable {
    static let authority: UInt8 = 1
    static let methodGet: UInt8 = 2
    static let methodPost: UInt8 = 3
    /// Of `:path` with the value `/`.
    static let path: UInt8 = 4
    static let schemeHTTP: UInt8 = 6
    static let schemeHTTPS: UInt8 = 7
    static let authorization = 23
    static let cookie = 32

    /// The index of a field's name, in any case: at least 15; nil if it has none.
    static func index(ofRequestName bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let (name, index) = likeliestOfRequest(bytes.extracting(range)), Text.equal(bytes, range, name) else { return nil }
        return index
    }

    /// The one name of the table that it may be: of its length, and with the letter in which those of a length differ.
    private static func likeliestOfRequest(_ name: Span<UInt8>) -> (StaticString, Int)? {
        func letter(_ index: Int) -> UInt8 { ByteClass.lowerCase(name[index]) }
        switch name.count {
        case 3: return ("via", 60)
        case 4: return letter(0) == 0x64 ? ("date", 33) : ("from", 37)
        case 5: return ("range", 50)
        case 6: return letter(0) == 0x61 ? ("accept", 19) : letter(0) == 0x63 ? ("cookie", cookie) : ("expect", 35)
        case 7: return ("referer", 51)
        case 8: return letter(3) == 0x6D ? ("if-match", 39) : ("if-range", 42)
        case 10: return ("user-agent", 58)
        case 12: return letter(0) == 0x63 ? ("content-type", 31) : ("max-forwards", 47)
        case 13:
            switch letter(0) {
            case 0x61: return ("authorization", authorization)
            case 0x63: return letter(1) == 0x61 ? ("cache-control", 24) : ("content-range", 30)
            default: return ("if-none-match", 41)
            }
        case 14: return letter(0) == 0x63 ? ("content-length", 28) : ("accept-charset", 15)
        case 15: return letter(7) == 0x65 ? ("accept-encoding", 16) : ("accept-language", 17)
        case 16: return letter(9) == 0x6E ? ("content-encoding", 26) : ("content-language", 27)
        case 17: return ("if-modified-since", 40)
        case 19: return ("if-unmodified-since", 43)
        default: return nil
        }
    }
}
