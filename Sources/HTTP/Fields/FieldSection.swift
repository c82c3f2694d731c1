/// One field line: where its name and its value lie in the bytes of the section that owns it.
@usableFromInline
package struct FieldLine: Sendable, Equatable {
    @usableFromInline let nameStart: UInt32
    @usableFromInline let valueStart: UInt32
    @usableFromInline let valueCount: UInt32
    @usableFromInline let nameCount: UInt16
    /// Which field it is, if it is one Gatehouse looks at.
    @usableFromInline package let known: KnownField

    /// Whether it stands in the bytes as it would be written anew: one space between colon and value, and behind the value the
    /// line's end.
    let isUsual: Bool

    /// Precondition: offsets fit 32 bits and the name's length 16 bits, which the head limits guarantee.
    init(name: Range<Int>, value: Range<Int>, known: KnownField, isUsual: Bool = false) {
        nameStart = UInt32(name.lowerBound)
        nameCount = UInt16(name.count)
        valueStart = UInt32(value.lowerBound)
        valueCount = UInt32(value.count)
        self.known = known
        self.isUsual = isUsual
    }

    /// The line of `bytes` whose name is followed by a colon, and whose CRLF begins at `end`; the same precondition.
    /// - Parameter known: which field it is; nil: that is yet to be seen.
    @inline(__always)
    init(_ bytes: Span<UInt8>, name: Range<Int>, _ known: KnownField? = nil, end: Int) {
        let start = name.upperBound &+ 2
        // All that may stand in a value is above the space, but for the tab.
        let isUsual =
            start < end && bytes[start &- 1] == ByteClass.space && bytes[start] > ByteClass.space
            && bytes[end &- 1] > ByteClass.space
        let value = isUsual ? start..<end : Text.trimmed(bytes, name.upperBound &+ 1..<end)
        self.init(name: name, value: value, known: known ?? .recognise(bytes, name), isUsual: isUsual)
    }

    /// The same of a line with white space before its colon, which is not to be written again.
    init(_ bytes: Span<UInt8>, name: Range<Int>, colon: Int, end: Int) {
        self.init(name: name, value: Text.trimmed(bytes, colon + 1..<end), known: .recognise(bytes, name))
    }

    /// Offsets of the name in the section's bytes.
    @inlinable
    package var name: Range<Int> { Int(nameStart)..<Int(nameStart) &+ Int(nameCount) }

    /// Offsets of the value, without the white space around it; may be empty.
    @inlinable
    package var value: Range<Int> { Int(valueStart)..<Int(valueStart) &+ Int(valueCount) }
}

/// Field lines in the order, with the duplicates and in the very bytes they arrived with.
///
/// The bytes are those of the whole head (or trailer section), so a line is three small numbers and adding one
/// allocates nothing once the arrays have grown. A section is reused with `removeLines()`.
@usableFromInline
package struct FieldSection: Sendable {
    /// The bytes that the lines point into; a head keeps its first line and its normalised path here as well.
    @usableFromInline package internal(set) var bytes: [UInt8] = []
    @usableFromInline package internal(set) var lines: [FieldLine] = []
    /// The bits of the known fields that occur. It is the last word that a section may have (price 5).
    @usableFromInline var present: UInt64 = 0

    package init() {}

    /// Forgets all lines, and keeps the storage and the bytes, which come to stand for nothing.
    mutating func removeLines() {
        // To remove all at once costs as much as some ten one by one.
        if lines.count > 10 { lines.removeAll(keepingCapacity: true) }
        while lines.popLast() != nil {}
        present = 0
    }

    @inlinable
    package var isEmpty: Bool { lines.isEmpty }

    /// Adds a line; the caller vouches that the name is a token and the value valid text without white space around it.
    package mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
        let start = bytes.count
        bytes.append(name)
        let middle = bytes.count
        bytes.append(value)
        let known = KnownField.recognise(bytes.span, start..<middle)
        lines.append(FieldLine(name: start..<middle, value: middle..<bytes.count, known: known))
        present |= known.bit
    }

    /// Adds lines that were written here: name, colon, space, value, CRLF.
    mutating func append(lines text: Span<UInt8>) {
        var start = bytes.count
        bytes.append(text)
        let whole = bytes
        let span = whole.span
        while start < span.count {
            let colon = ByteScanning.firstOf(0x3A, or: 0x3A, span, from: start, to: span.count)
            let end = ByteScanning.firstOf(0x0D, or: 0x0D, span, from: colon, to: span.count)
            guard end < span.count else { return }
            let line = FieldLine(span, name: start..<colon, end: end)
            lines.append(line)
            present |= line.known.bit
            start = end + 2
        }
    }

    /// Takes over what another section holds, and keeps its own storage.
    mutating func copy(_ other: borrowing FieldSection) {
        bytes.replaceAll(with: other.bytes.span)
        removeLines()
        lines.append(contentsOf: other.lines)
        present = other.present
    }

    /// Whether a line of this field is present.
    @inlinable
    package func contains(_ known: KnownField) -> Bool {
        known.bit != 0 ? present & known.bit != 0 : first(known) != nil
    }

    /// Whether the set of present fields alone tells that there is no line of this field.
    @inlinable
    func lacks(_ known: KnownField) -> Bool { known.bit != 0 && present & known.bit == 0 }

    /// The first line of this field.
    @inlinable
    package func first(_ known: KnownField) -> FieldLine? {
        if lacks(known) { return nil }
        for line in lines where line.known == known { return line }
        return nil
    }

    /// How many lines of this field there are.
    package func count(of known: KnownField) -> Int {
        if lacks(known) { return 0 }
        var count = 0
        for line in lines where line.known == known { count += 1 }
        return count
    }

    /// The value as text, for logs; bytes that are not UTF-8 become U+FFFD.
    package func string(of line: FieldLine) -> String { String(decoding: bytes[line.value], as: UTF8.self) }

    /// The name as text, for logs.
    package func name(of line: FieldLine) -> String { String(decoding: bytes[line.name], as: UTF8.self) }

    /// The first value of this field as text, for logs.
    package func string(of known: KnownField) -> String? { first(known).map { string(of: $0) } }

    /// Whether the value equals `text`, letters in any case.
    package func value(of line: FieldLine, equals text: StaticString) -> Bool {
        Text.equal(bytes.span, line.value, text)
    }

    /// Whether the comma-separated lists of all lines of this field have the member `token`, in any case
    /// (RFC 9110 §5.6.1); parameters after `;` are not looked at.
    package func contains(_ known: KnownField, token: StaticString) -> Bool {
        if lacks(known) { return false }
        let span = bytes.span
        for line in lines where line.known == known {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                if Text.equal(span, member, token) { return true }
            }
        }
        return false
    }

    /// The first value of this field, if it is a decimal number of at most nine digits.
    package func number(of known: KnownField) -> UInt64? {
        guard let line = first(known) else { return nil }
        return Text.decimal(bytes.span, line.value, maxDigits: 9)
    }
}
