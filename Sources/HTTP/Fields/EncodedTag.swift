/// The strong entity tags of encoded forms: those of the upstream, with the coding's name at their end.
enum EncodedTag {
    /// nil for a weak tag, which stays as it is, and for what is no tag.
    static func made(of tag: Span<UInt8>, _ coding: ContentCoding) -> [UInt8]? {
        guard tag.count >= 2, tag[0] == UInt8(ascii: "\""), tag[tag.count - 1] == UInt8(ascii: "\"") else { return nil }
        var made: [UInt8] = []
        made.append(tag.extracting(first: tag.count - 1))
        made.append(contentsOf: "-\(coding.name.description)\"".utf8)
        return made
    }

    /// A list of tags with the plain ones of those that a coding's name ends; nil if there is none.
    static func withPlain(_ list: Span<UInt8>, _ codings: [ContentCoding]) -> [UInt8]? {
        var added: [UInt8] = []
        var members = ListMembers(0..<list.count)
        while let member = members.next(list) {
            for coding in codings {
                let end = Array("-\(coding.name.description)\"".utf8)
                guard member.count > end.count + 1,
                    Text.equal(list, member.upperBound - end.count..<member.upperBound, end.span, 0..<end.count)
                else { continue }
                added.append(contentsOf: ", ".utf8)
                added.append(list, member.lowerBound..<member.upperBound - end.count)
                added.append(UInt8(ascii: "\""))
            }
        }
        guard !added.isEmpty else { return nil }
        var all: [UInt8] = []
        all.append(list)
        return all + added
    }
}

extension FieldSection {
    /// Is the tag among those of the field's lists? The weak comparison (RFC 9110 §8.8.3.2).
    func contains(_ known: KnownField, tag: [UInt8]) -> Bool {
        let span = bytes.span
        for line in lines where line.known == known {
            var members = ListMembers(line.value)
            while var member = members.next(span) {
                if member.count > 2, Text.equal(span, member.lowerBound..<member.lowerBound + 2, "W/") {
                    member = member.lowerBound + 2..<member.upperBound
                }
                if member.elementsEqual(tag, by: { span[$0] == $1 }) { return true }
            }
        }
        return false
    }
}
