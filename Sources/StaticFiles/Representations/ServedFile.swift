import HTTP

/// A file as its site serves it: found, opened and described once, to be answered with as often as it is asked for.
final class ServedFile {
    let plain: Representation
    /// What those get who accept its coding, the preferred one first; none if the file is not worth compressing. Their being
    /// there is what `Vary` says.
    let encoded: [Representation]
    /// The codings of `encoded`, in the same order.
    private let codings: [ContentCoding]

    init(plain: Representation, encoded: [Representation]) {
        self.plain = plain
        self.encoded = encoded
        codings = encoded.map(\.encoding)
    }

    /// Does it keep a descriptor?
    var isOpen: Bool { plain.file != nil || encoded.contains { $0.file != nil } }

    /// Are these the same bytes?
    func isSame(as other: ServedFile) -> Bool {
        plain.facts == other.plain.facts && codings == other.codings
            && zip(encoded, other.encoded).allSatisfy { $0.facts == $1.facts && $0.isStreamed == $1.isStreamed }
    }

    /// The representation that Accept-Encoding chooses where the whole file is asked for.
    func choose(_ accept: AcceptEncoding) -> Representation {
        guard !encoded.isEmpty, let coding = accept.choose(among: codings),
            let chosen = encoded.first(where: { $0.encoding == coding })
        else { return plain }
        return chosen
    }

    /// The representation that a request gets.
    func choose(for request: StaticRequest) -> Representation {
        let accept = request.conditions.acceptEncoding
        let chosen = choose(accept)
        // A range is of the plain form's bytes, wherever that is acceptable.
        guard chosen !== plain, accept.weight(of: .identity) > 0, request.range(of: self) != .whole else { return chosen }
        return plain
    }
}
