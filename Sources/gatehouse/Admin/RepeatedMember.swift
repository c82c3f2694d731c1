import FoundationEssentials

/// Looks for a member that an object of a JSON text has twice.
///
/// RFC 8259 §4: "The names within an object SHOULD be unique", since of two one reader takes the first, another the last: an
/// order that was looked at by one would not be what the other carries out. JSONDecoder takes one of them, and says nothing.
struct RepeatedMember {
    /// JSONDecoder reads no more, either.
    private static let maxDepth = 512

    private let text: [UInt8]
    private var place = 0
    /// The containers around what is read now: of an object the names that it has had, of an array nil.
    private var open: [Set<String>?] = []
    /// Is a string that comes now the name of a member?
    private var isNameNext = false

    /// - Returns: the first name that comes twice in the same object, however deep; nil if there is none. Of what is no JSON
    ///   nothing is certain: its decoder refuses it.
    static func name(in text: [UInt8]) -> String? {
        var reading = RepeatedMember(text)
        return reading.find()
    }

    private init(_ text: [UInt8]) { self.text = text }

    private mutating func find() -> String? {
        while place < text.count, open.count <= Self.maxDepth {
            let start = place
            place += 1
            switch text[start] {
            case UInt8(ascii: "{"):
                open.append([])
                isNameNext = true
            case UInt8(ascii: "["):
                open.append(nil)
                isNameNext = false
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = open.popLast()
                isNameNext = false
            case UInt8(ascii: ","): isNameNext = (open.last ?? nil) != nil
            case UInt8(ascii: "\""):
                skipString()
                guard isNameNext, let object = open.indices.last else { break }
                isNameNext = false
                let name = Self.name(text[start..<place])
                if open[object]?.insert(name).inserted == false { return name }
            default: break
            }
        }
        return nil
    }

    /// Goes behind the quotation mark that ends the string.
    private mutating func skipString() {
        while place < text.count {
            let byte = text[place]
            place += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { break }
        }
        place = min(place, text.count)
    }

    /// - Parameter token: a string with its quotation marks. With other escapes it is the same name; with some that are none, of
    ///   which its decoder may not hear either, it is the name as it stands there.
    private static func name(_ token: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: token.dropFirst().dropLast(), as: UTF8.self)
        guard token.contains(UInt8(ascii: "\\")) else { return plain }
        return (try? JSONDecoder().decode(String.self, from: Data(token))) ?? plain
    }
}
