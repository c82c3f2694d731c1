import HTTP

/// A file as its site serves it: found, opened and described once, to be answered with as often as it is asked for.
final class ServedFile {
    let plain: Representation
    /// What those who accept gzip get; nil if the file is not worth compressing. Its being there is what `Vary` says.
    let gzip: Representation?

    init(plain: Representation, gzip: Representation?) {
        self.plain = plain
        self.gzip = gzip
    }

    /// Does it keep a descriptor?
    var isOpen: Bool { plain.file != nil || gzip?.file != nil }

    /// Are these the same bytes?
    func isSame(as other: ServedFile) -> Bool {
        plain.facts == other.plain.facts && gzip?.facts == other.gzip?.facts && gzip?.isStreamed == other.gzip?.isStreamed
    }

    /// The representation that the request's Accept-Encoding chooses.
    func choose(for request: StaticRequest) -> Representation {
        guard let gzip, let field = request.conditions.acceptEncoding else { return plain }
        let accept = AcceptEncoding(field.span)
        guard accept.choose(among: [.gzip]) == .gzip else { return plain }
        if request.range(of: self) != .whole && accept.weight(of: .identity) > 0 { return plain }
        return gzip
    }
}
