/// Fields to write into a head where it has none of the name, prepared so that a head without any of them costs one test.
struct FieldDefaults: Sendable {
    /// A line in `lines`, of which the name is the beginning.
    private struct Entry: Sendable {
        let known: KnownField
        let line: Range<Int>
        let nameCount: Int
    }

    private var entries: [Entry] = []
    private var lines: [UInt8] = []
    /// The bits of the fields: a head without any of them gets all lines, if each has a bit.
    private var known: UInt64 = 0
    private var isAnyBitless = false

    var isEmpty: Bool { entries.isEmpty }

    /// Adds a field.
    /// - Parameter line: with its line end; it begins with the name.
    mutating func append(_ line: [UInt8], name: String) {
        let (start, nameCount) = (lines.count, name.utf8.count)
        lines += line
        let field = KnownField.recognise(lines.span, start..<start + nameCount)
        entries.append(Entry(known: field, line: start..<lines.count, nameCount: nameCount))
        known |= field.bit
        isAnyBitless = isAnyBitless || field.bit == 0
    }

    /// Writes the lines of those that a head with these fields has not.
    /// - Parameters:
    ///   - edits: of what is in the head, these leave some out.
    ///   - dropped: the bits of the fields that are left out whatever `edits` say.
    func writeLines(
        _ fields: borrowing FieldSection, after edits: borrowing FieldEdits, without dropped: UInt64,
        to out: inout OutputSpan<UInt8>
    ) {
        if fields.present & known == 0, !isAnyBitless { return out.write(lines) }
        let dropped = dropped | edits.droppedKnown
        for entry in entries where !has(entry, fields, edits, dropped) { out.write(lines, entry.line) }
    }

    /// Does a field of the entry's name come through?
    private func has(
        _ entry: Entry, _ fields: borrowing FieldSection, _ edits: borrowing FieldEdits, _ dropped: UInt64
    ) -> Bool {
        guard fields.contains(entry.known), dropped & entry.known.bit == 0 else { return false }
        let (span, own) = (fields.bytes.span, lines.span)
        let name = entry.line.lowerBound..<entry.line.lowerBound + entry.nameCount
        if edits.dropsNames, edits.dropsName(own.extracting(name)) { return false }
        guard entry.known.isKind else { return true }
        for line in fields.lines where line.known == entry.known {
            if Text.equal(span, line.name, own, name) { return true }
        }
        return false
    }
}

extension KnownField {
    /// Stands for many names, which must be compared.
    var isKind: Bool {
        switch self {
        case .other, .underscored, .xForwardedOther, .clientClaim: true
        default: false
        }
    }
}
