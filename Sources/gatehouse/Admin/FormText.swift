import HTTP

/// Names and values as forms write them in a query (the URL standard, "application/x-www-form-urlencoded").
enum FormText {
    /// A query cannot be understood, whatever its names mean.
    struct Flaw: Error {
        let reason: String
    }

    /// - Parameter query: with its question mark or without.
    /// - Throws: if it is not well encoded, or has a name twice: which of two would be meant is anybody's guess.
    static func pairs(_ query: ArraySlice<UInt8>) throws(Flaw) -> [(name: String, value: String)] {
        let text = query.first == UInt8(ascii: "?") ? query.dropFirst() : query
        var pairs: [(name: String, value: String)] = []
        var known: Set<String> = []
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count == 2 ? parts[1] : []) else {
                throw Flaw(reason: "The query is not well encoded.")
            }
            guard known.insert(name).inserted else { throw Flaw(reason: "\"\(name)\" is there more than once.") }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        var out: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): out.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(ByteClass.hexValue),
                    let low = rest.popFirst().flatMap(ByteClass.hexValue)
                else { return nil }
                out.append(high << 4 | low)
            default: out.append(byte)
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    /// A query of these, without its question mark.
    static func query(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\($0.name)=\(encoded($0.value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
