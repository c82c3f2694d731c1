/// A field that the configuration sets, checked so that it can never break a head or its framing.
package struct ConfiguredField: Sendable, Equatable {
    package let name: String
    package let value: String

    /// nil if the name is not a token, the value has control characters or edges of white space, or the field belongs to
    /// the connection or the framing, which only Gatehouse writes.
    package init?(_ name: String, _ value: String) {
        let bytes = Array(name.utf8)
        guard Text.isToken(bytes.span, 0..<bytes.count) else { return nil }
        let known = KnownField.recognise(bytes.span, 0..<bytes.count)
        guard known == .host || !FieldEdits.connectionFields.contains(known) else { return nil }
        let text = Array(value.utf8)
        guard ByteScanning.endOfText(text.span, from: 0, to: text.count) == text.count else { return nil }
        guard Text.trimmed(text.span, 0..<text.count) == 0..<text.count else { return nil }
        self.name = name
        self.value = value
    }
}

/// What the configuration removes from a head and adds to it, prepared so that a request costs one test per line.
///
/// A class, so that a request passes one reference and not four arrays.
package final class FieldEdits: Sendable {
    /// A field to write where the head has none of the name: its line in `defaultLines`, of which the name is the beginning.
    private struct Default: Sendable {
        let known: KnownField
        let line: Range<Int>
        let nameCount: Int
    }

    /// Bits of known fields to drop.
    let droppedKnown: UInt64
    /// Names of other fields to drop.
    private let droppedNames: [[UInt8]]
    /// Lines to write, ready to be copied.
    private let lines: [UInt8]
    /// Are there fields to write in place of others?
    let setsAny: Bool
    private let defaults: [Default]
    private let defaultLines: [UInt8]
    /// The bits of the fields among the defaults: a head without any of them gets all lines, if each has a bit.
    private let defaultsKnown: UInt64
    /// Whether one of the defaults has no bit.
    private let isAnyDefaultBitless: Bool

    /// Changes nothing.
    static let none = FieldEdits()

    /// The fields of the connection and the framing: never copied from one side to the other, always written anew.
    static let connectionFields: Set<KnownField> = [
        .lookalike, .host, .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
        .upgrade, .expect, .http2Settings,
    ]

    /// - Parameters:
    ///   - remove: names to drop; `_` and `-` are not told apart.
    ///   - set: fields to write in place of any of the same name.
    ///   - add: fields to write beside those of the same name.
    ///   - defaults: fields to write only where the head has none of the name.
    package init(
        remove: [String] = [], set: [ConfiguredField] = [], add: [ConfiguredField] = [], defaults: [ConfiguredField] = []
    ) {
        var droppedKnown: UInt64 = 0
        var droppedNames: [[UInt8]] = []
        for name in remove + set.map(\.name) {
            let bytes = Array(name.utf8)
            let known = KnownField.recognise(bytes.span, 0..<bytes.count)
            if known.isKind || known.bit == 0 { droppedNames.append(bytes) } else { droppedKnown |= known.bit }
        }
        self.droppedKnown = droppedKnown
        self.droppedNames = droppedNames
        lines = (set + add).flatMap(Self.line)
        setsAny = !set.isEmpty
        var entries: [Default] = []
        var bytes: [UInt8] = []
        // What is set is no default besides.
        let left = defaults.filter { field in
            !set.contains { Text.sameVariable(Array($0.name.utf8).span, Array(field.name.utf8).span) }
        }
        for field in left {
            let line = Self.line(field)
            let nameCount = field.name.utf8.count
            let known = KnownField.recognise(line.span, 0..<nameCount)
            entries.append(Default(known: known, line: bytes.count..<bytes.count + line.count, nameCount: nameCount))
            bytes += line
        }
        self.defaults = entries
        defaultLines = bytes
        defaultsKnown = entries.reduce(0) { $0 | $1.known.bit }
        isAnyDefaultBitless = entries.contains { $0.known.bit == 0 }
    }

    private static func line(_ field: ConfiguredField) -> [UInt8] { Array("\(field.name): \(field.value)\r\n".utf8) }

    /// Whether there are names to drop besides `droppedKnown`.
    var dropsNames: Bool { !droppedNames.isEmpty }

    /// Whether a field of this name, which may be a known one, is to be dropped by its name.
    func dropsName(_ name: Span<UInt8>) -> Bool {
        for dropped in droppedNames where Text.sameVariable(dropped.span, name) { return true }
        return false
    }

    /// Writes the lines for a head with these fields.
    func writeLines(_ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        if !lines.isEmpty { out.write(lines) }
        if fields.present & defaultsKnown == 0, !isAnyDefaultBitless { return out.write(defaultLines) }
        for entry in defaults where !has(entry, fields) { out.write(defaultLines, entry.line) }
    }

    /// Is a field of this name set, in place of any other?
    func sets(_ name: Span<UInt8>) -> Bool {
        guard setsAny else { return false }
        return droppedKnown & KnownField.recognise(name, 0..<name.count).bit != 0 || dropsName(name)
    }

    private func has(_ entry: Default, _ fields: borrowing FieldSection) -> Bool {
        guard fields.contains(entry.known) else { return false }
        guard entry.known.isKind else { return true }
        let span = fields.bytes.span
        let own = defaultLines
        let name = entry.line.lowerBound..<entry.line.lowerBound + entry.nameCount
        for line in fields.lines where line.known == entry.known {
            if Text.equal(span, line.name, own.span, name) { return true }
        }
        return false
    }
}

extension KnownField {
    /// Stands for many names, which must be compared.
    fileprivate var isKind: Bool {
        switch self {
        case .other, .underscored, .xForwardedOther, .clientClaim: true
        default: false
        }
    }
}
