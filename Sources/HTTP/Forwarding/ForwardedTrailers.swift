extension RequestFieldPolicy {
    /// The trailer fields of a request that go upstream: by the rules of its other fields, besides those of trailers
    /// (`KnownField.mayBeTrailer`).
    package func kept(ofTrailers fields: borrowing FieldSection, isTrusted: Bool) -> FieldSection {
        let edits = edits(isTrusted: isTrusted)
        let dropped = KnownField.lookalike.bit | edits.droppedKnown | droppedKinds(isTrusted: isTrusted)
        var kept = FieldSection()
        let span = fields.bytes.span
        for line in fields.lines where dropped & line.known.bit == 0 {
            let name = span.extracting(line.name)
            if !edits.dropsName(name) { kept.append(name: name, value: span.extracting(line.value)) }
        }
        return kept
    }
}

extension ResponseFieldPolicy {
    /// The trailer fields of an answer that go to its client: by the rules of its other fields.
    /// - Parameter isEncoded: its body is, here, so that what they say of the very bytes does not hold any more (RFC 9530 §2,
    ///   §3).
    package func kept(ofTrailers fields: FieldSection, isEncoded: Bool) -> FieldSection {
        let edits = edits
        guard !fields.isEmpty, edits.dropsAny || isEncoded else { return fields }
        var kept = FieldSection()
        let span = fields.bytes.span
        for line in fields.lines where edits.droppedKnown & line.known.bit == 0 {
            if isEncoded, line.known == .etag || AnswerCompression.isDigest(span, line.name) { continue }
            let name = span.extracting(line.name)
            if !edits.dropsName(name) { kept.append(name: name, value: span.extracting(line.value)) }
        }
        return kept
    }
}
