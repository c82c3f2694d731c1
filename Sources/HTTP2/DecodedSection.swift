import HTTP

/// A field section that has been decoded, to be known again by its bytes: see `FieldDecoder.repeats`.
package final class DecodedSection {
    let bytes: [UInt8]
    /// Which table it refers to, by its version; nil: to none.
    let version: UInt64?
    /// What it adds to the table; nil: nothing.
    let added: DynamicTable.Run?

    init(_ bytes: [UInt8], version: UInt64?, added: DynamicTable.Run?) {
        self.bytes = bytes
        self.version = version
        self.added = added
    }
}

extension FieldDecoder {
    /// Does a whole section mean the same as one that was decoded before? Then all is done that decoding it would have done.
    package func repeats(_ section: Span<UInt8>, _ earlier: DecodedSection) -> Bool {
        let known = earlier.bytes
        guard ByteScanning.same(known.span, section) else { return false }
        return earlier.version == nil && earlier.added == nil || repeatsInTable(earlier)
    }

    /// What the section is known by again that was decoded last, and was whole; nil if it will mean something else the next time.
    package func remember(_ section: Span<UInt8>) -> DecodedSection? {
        guard let use = TableUse(of: section) else { return nil }
        var bytes: [UInt8] = []
        bytes.append(section)
        if use.added == 0 { return DecodedSection(bytes, version: use.refers ? tableVersion : nil, added: nil) }
        // What it refers to has moved by what it added.
        guard !use.refers, let added = newestFields(use.added) else { return nil }
        return DecodedSection(bytes, version: nil, added: added)
    }
}

/// What a field section has to do with the table.
private struct TableUse {
    /// It names a field of the table.
    private(set) var refers = false
    /// How many fields it puts there.
    private(set) var added = 0

    /// - Parameter section: one that can be decoded.
    /// - Returns: nil if it changes the table's size.
    init?(of section: Span<UInt8>) {
        var position = 0
        while position < section.count {
            let first = section[position]
            if first & 0xE0 == 0x20 { return nil }
            let isIndexed = first & 0x80 != 0
            let isKept = !isIndexed && first & 0x40 != 0
            let prefix = isIndexed ? 7 : isKept ? 6 : 4
            guard let index = try? FieldDecoder.number(section, at: &position, prefix: prefix) else { return nil }
            if index > StaticTable.count { refers = true }
            if isKept { added += 1 }
            guard isIndexed || Self.skip(index == 0 ? 2 : 1, of: section, at: &position) else { return nil }
        }
    }

    /// Passes over strings (RFC 7541 §5.2).
    private static func skip(_ strings: Int, of section: Span<UInt8>, at position: inout Int) -> Bool {
        for _ in 0..<strings {
            guard position < section.count, let count = try? FieldDecoder.number(section, at: &position, prefix: 7) else {
                return false
            }
            position += count
        }
        return position <= section.count
    }
}
