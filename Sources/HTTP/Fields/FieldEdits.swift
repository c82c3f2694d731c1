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
    /// Are there fields to drop?
    let dropsAny: Bool
    private let defaults: [Default]
    private let defaultLines: [UInt8]
    /// The bits of the fields among the defaults: a head without any of them gets all lines, if each has a bit.
    private let defaultsKnown: UInt64
    /// Whether one of the defaults has no bit.
    private let isAnyDefaultBitless: Bool
    /// What is written only once a request's variables are known: see `filled`.
    private let variableLines: [FieldRule]
    private let variableDefaults: [FieldRule]

    /// Changes nothing.
    static let none = FieldEdits(FieldRules())

    /// The fields of the connection and the framing: never copied from one side to the other, always written anew.
    static let connectionFields: Set<KnownField> = [
        .lookalike, .host, .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
        .upgrade, .expect, .http2Settings,
    ]

    package init(_ rules: FieldRules) {
        var droppedKnown: UInt64 = 0
        var droppedNames: [[UInt8]] = []
        for name in rules.remove + rules.set.map(\.name) {
            let bytes = Array(name.utf8)
            let known = KnownField.recognise(bytes.span, 0..<bytes.count)
            if known.isKind || known.bit == 0 { droppedNames.append(bytes) } else { droppedKnown |= known.bit }
        }
        self.droppedKnown = droppedKnown
        self.droppedNames = droppedNames
        dropsAny = droppedKnown != 0 || !droppedNames.isEmpty
        lines = (rules.set + rules.add).compactMap(\.constant).flatMap(Self.line)
        variableLines = (rules.set + rules.add).filter { $0.constant == nil }
        // What is written anyway is no default besides.
        let written = rules.set + rules.add
        let left = rules.defaults.filter { rule in !written.contains { $0.isSameName(as: rule.name) } }
        let defaults = Self.defaults(left.compactMap(\.constant))
        self.defaults = defaults.entries
        defaultLines = defaults.bytes
        variableDefaults = left.filter { $0.constant == nil }
        defaultsKnown = defaults.entries.reduce(0) { $0 | $1.known.bit }
        isAnyDefaultBitless = defaults.entries.contains { $0.known.bit == 0 }
    }

    /// The same with further lines, which a request's variables have made.
    private init(_ edits: FieldEdits, lines: [UInt8], defaults: [Default], defaultLines: [UInt8]) {
        droppedKnown = edits.droppedKnown
        droppedNames = edits.droppedNames
        dropsAny = edits.dropsAny
        self.lines = lines
        self.defaults = defaults
        self.defaultLines = defaultLines
        defaultsKnown = defaults.reduce(0) { $0 | $1.known.bit }
        isAnyDefaultBitless = defaults.contains { $0.known.bit == 0 }
        (variableLines, variableDefaults) = ([], [])
    }

    /// Do some values depend on the request?
    var hasVariables: Bool { !variableLines.isEmpty || !variableDefaults.isEmpty }

    /// The edits for one request. Until then fields with variables are not written at all.
    func filled(_ variables: borrowing some RequestVariables) -> FieldEdits {
        guard hasVariables else { return self }
        var lines = lines
        lines.reserveCapacity(lines.count + 256)
        for rule in variableLines { rule.appendLine(variables, to: &lines) }
        guard !variableDefaults.isEmpty else {
            return FieldEdits(self, lines: lines, defaults: defaults, defaultLines: defaultLines)
        }
        var (entries, bytes) = (defaults, defaultLines)
        for rule in variableDefaults {
            let start = bytes.count
            rule.appendLine(variables, to: &bytes)
            guard bytes.count > start else { continue }
            entries.append(Self.entry(bytes.span, start..<bytes.count, nameCount: rule.name.utf8.count))
        }
        return FieldEdits(self, lines: lines, defaults: entries, defaultLines: bytes)
    }

    private static func defaults(_ fields: [ConfiguredField]) -> (entries: [Default], bytes: [UInt8]) {
        var entries: [Default] = []
        var bytes: [UInt8] = []
        for field in fields {
            let start = bytes.count
            bytes += line(field)
            entries.append(entry(bytes.span, start..<bytes.count, nameCount: field.name.utf8.count))
        }
        return (entries, bytes)
    }

    private static func entry(_ bytes: Span<UInt8>, _ line: Range<Int>, nameCount: Int) -> Default {
        let known = KnownField.recognise(bytes, line.lowerBound..<line.lowerBound + nameCount)
        return Default(known: known, line: line, nameCount: nameCount)
    }

    private static func line(_ field: ConfiguredField) -> [UInt8] { Array("\(field.name): \(field.value)\r\n".utf8) }

    /// Is nothing changed at all?
    var isEmpty: Bool { !dropsAny && lines.isEmpty && defaults.isEmpty }

    /// Whether there are names to drop besides `droppedKnown`.
    var dropsNames: Bool { !droppedNames.isEmpty }

    /// Whether a field of this name, which may be a known one, is to be dropped by its name.
    func dropsName(_ name: Span<UInt8>) -> Bool {
        for dropped in droppedNames where Text.sameVariable(dropped.span, name) { return true }
        return false
    }

    /// Writes the lines for a head with these fields.
    /// - Parameter dropped: the bits of the fields that are not copied whatever the rules say.
    func writeLines(
        _ fields: borrowing FieldSection, without dropped: @autoclosure () -> UInt64 = 0, to out: inout OutputSpan<UInt8>
    ) {
        if !lines.isEmpty { out.write(lines) }
        if fields.present & defaultsKnown == 0, !isAnyDefaultBitless { return out.write(defaultLines) }
        let dropped = dropped() | droppedKnown
        for entry in defaults where !has(entry, fields, dropped) { out.write(defaultLines, entry.line) }
    }

    /// Is a field of this name dropped, or set in place of any other?
    func drops(_ name: Span<UInt8>) -> Bool {
        guard dropsAny else { return false }
        return droppedKnown & KnownField.recognise(name, 0..<name.count).bit != 0 || dropsName(name)
    }

    /// Does a field of the entry's name come through?
    private func has(_ entry: Default, _ fields: borrowing FieldSection, _ dropped: UInt64) -> Bool {
        guard fields.contains(entry.known), dropped & entry.known.bit == 0 else { return false }
        let span = fields.bytes.span
        let own = defaultLines
        let name = entry.line.lowerBound..<entry.line.lowerBound + entry.nameCount
        if dropsNames, dropsName(own.span.extracting(name)) { return false }
        guard entry.known.isKind else { return true }
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
