import HTTP

/// The fields of RFC 7541's Appendix A, by their indices, which begin with 1.
///
/// An object, so that who looks something up holds it as a whole, and not each of its arrays (price 2).
final class StaticTable: Sendable {
    static let shared = StaticTable()
    static let count = 61
    /// A field of the connection (RFC 9113 §8.2.2), though it has an index.
    static let transferEncoding = 57

    private static let fields: [(name: String, value: String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
        ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
        ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
        ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
        ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""),
        ("www-authenticate", ""),
    ]

    /// All names and values, one behind the other.
    let bytes: [UInt8]
    /// Where in `bytes` those of each index are.
    private let names: [Range<Int>]
    private let values: [Range<Int>]

    private init() {
        var bytes: [UInt8] = []
        func added(_ text: String) -> Range<Int> {
            let start = bytes.count
            bytes += text.utf8
            return start..<bytes.count
        }
        var (names, values): ([Range<Int>], [Range<Int>]) = ([], [])
        for field in Self.fields {
            names.append(added(field.name))
            values.append(added(field.value))
        }
        (self.bytes, self.names, self.values) = (bytes, names, values)
    }

    /// Where in `bytes` the name is.
    /// - Parameter index: 1 to 61.
    func name(at index: Int) -> Range<Int> { names[index - 1] }
    /// Where in `bytes` the value is.
    /// - Parameter index: 1 to 61.
    func value(at index: Int) -> Range<Int> { values[index - 1] }
}

/// What is written of it: an answer's names.
extension StaticTable {
    /// The index of `:status` with any value.
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

    /// The index of a field's name, in any case; nil if it has none.
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
