import HTTP

/// A strong entity tag (RFC 9110 §8.8.3) of one representation of a file, quotes included.
struct EntityTag: Equatable {
    let text: String

    /// Made of what changes when the content does. The encoding is part of it: an encoded form has other bytes, and a strong tag
    /// must tell them apart (RFC 9110 §8.8.3.3). Where a file's date says nothing the kernel's does: a file that is put in
    /// another's place often gets its inode, too.
    init(_ facts: FileMetadata, encoding: ContentCoding) {
        let moment = facts.modified.isMadeUp ? facts.changed : facts.modified
        let time = String(moment.seconds, radix: 16) + "." + String(moment.nanoseconds, radix: 16)
        let rest = String(facts.size, radix: 16) + "-" + String(facts.inode, radix: 16)
        text = "\"\(time)-\(rest)\(encoding.fileSuffix.map { "-\($0)" } ?? "")\""
    }

    /// Whether `list` (If-Match, If-None-Match: "*", or tags between commas) names `tag`. "*" names anything that exists.
    /// `weakly`: RFC 9110 §8.8.3.2. A list that breaks off into something else counts as far as it could be read.
    static func list(_ list: [UInt8], names tag: EntityTag?, weakly: Bool) -> Bool {
        var index = 0
        func skipBlanks(_ index: inout Int, commas: Bool) {
            while index < list.count,
                list[index] == UInt8(ascii: " ") || list[index] == UInt8(ascii: "\t")
                    || commas && list[index] == UInt8(ascii: ",")
            { index += 1 }
        }
        skipBlanks(&index, commas: false)
        if index < list.count, list[index] == UInt8(ascii: "*") {
            index += 1
            skipBlanks(&index, commas: false)
            return index == list.count
        }
        while true {
            skipBlanks(&index, commas: true)
            guard let candidate = Candidate(in: list, at: &index) else { return false }
            if let tag, candidate.matches(tag, weakly: weakly) { return true }
            skipBlanks(&index, commas: false)
            guard index < list.count, list[index] == UInt8(ascii: ",") else { return false }
        }
    }

    /// Whether `field` is exactly one tag that matches `tag` by the strong comparison; nil if it is no tag at all.
    static func single(_ field: [UInt8], is tag: EntityTag?) -> Bool? {
        var index = 0
        guard let candidate = Candidate(in: field, at: &index) else { return nil }
        guard let tag, index == field.count else { return false }
        return candidate.matches(tag, weakly: false)
    }

    /// A tag in a request's field.
    private struct Candidate {
        let isWeak: Bool
        /// The opaque tag with its quotes.
        let opaque: ArraySlice<UInt8>

        init?(in list: [UInt8], at index: inout Int) {
            isWeak = list[index...].starts(with: "W/".utf8)
            let start = isWeak ? index + 2 : index
            guard start < list.count, list[start] == UInt8(ascii: "\""),
                let quote = list[(start + 1)...].firstIndex(of: UInt8(ascii: "\""))
            else { return nil }
            opaque = list[start...quote]
            index = quote + 1
        }

        func matches(_ tag: EntityTag, weakly: Bool) -> Bool {
            (weakly || !isWeak) && opaque.elementsEqual(tag.text.utf8)
        }
    }
}
