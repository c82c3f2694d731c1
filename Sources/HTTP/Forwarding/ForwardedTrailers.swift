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
