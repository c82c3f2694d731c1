/// What the configuration removes from a head and adds to it, prepared so that a request costs one test per line.
///
/// A class, so that a request passes one reference and not four arrays.
package final class FieldEdits: Sendable {
    /// Bits of known fields to drop.
    let droppedKnown: UInt64
    /// Names of other fields to drop.
    private let droppedNames: [[UInt8]]
    /// The bits (`nameBit`) of those names: one with another bit is none of them.
    let droppedNameBits: UInt64
    /// Lines to write, ready to be copied.
    private let lines: [UInt8]
    /// Are there fields to drop?
    let dropsAny: Bool
    private let defaults: FieldDefaults
    /// What is written only once a request's variables are known: see `filled`.
    private let variableLines: [FieldRule]
    private let variableDefaults: [FieldRule]

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
        droppedNameBits = droppedNames.reduce(0) { $0 | Self.nameBit($1.span, 0..<$1.count) }
        dropsAny = droppedKnown != 0 || !droppedNames.isEmpty
        let written = rules.set + rules.add
        lines = written.compactMap(\.constant).flatMap(\.line)
        variableLines = written.filter { $0.constant == nil }
        // What is written anyway is no default besides.
        let left = rules.defaults.filter { rule in !written.contains { $0.isSameName(as: rule.name) } }
        var defaults = FieldDefaults()
        for field in left.compactMap(\.constant) { defaults.append(field.line, name: field.name) }
        self.defaults = defaults
        variableDefaults = left.filter { $0.constant == nil }
    }

    /// Do some values depend on the request?
    var hasVariables: Bool { !variableLines.isEmpty || !variableDefaults.isEmpty }

    /// What is written besides for one request. Until then fields with variables are not written at all.
    func filled(_ variables: borrowing some RequestVariables) -> FilledFields {
        FilledFields(variableLines, defaults: variableDefaults, variables)
    }

    /// Is nothing changed at all?
    var isEmpty: Bool { !dropsAny && lines.isEmpty && defaults.isEmpty && !hasVariables }

    /// Whether there are names to drop besides `droppedKnown`.
    var dropsNames: Bool { !droppedNames.isEmpty }

    /// One of 64 bits by a name's length and last letter, the same for names that `Text.sameVariable` takes for one.
    static func nameBit(_ bytes: Span<UInt8>, _ name: Range<Int>) -> UInt64 {
        let last = name.isEmpty ? 0 : bytes[name.upperBound - 1]
        return 1 &<< UInt64(truncatingIfNeeded: name.count &+ (ByteClass.isLetter(last) ? Int(last | 0x20) : 0))
    }

    /// Whether a field of this name, which may be a known one, is to be dropped by its name.
    func dropsName(_ name: Span<UInt8>) -> Bool {
        for dropped in droppedNames where Text.sameVariable(dropped.span, name) { return true }
        return false
    }

    /// Writes the lines for a head with these fields.
    /// - Parameter dropped: the bits of the fields that are not copied whatever the rules say.
    func writeLines(_ fields: borrowing FieldSection, without dropped: UInt64 = 0, to out: inout OutputSpan<UInt8>) {
        if !lines.isEmpty { out.write(lines) }
        if !defaults.isEmpty { defaults.writeLines(fields, after: self, without: dropped, to: &out) }
    }

    /// Is a field of this name dropped, or set in place of any other?
    func drops(_ name: Span<UInt8>) -> Bool {
        guard dropsAny else { return false }
        return droppedKnown & KnownField.recognise(name, 0..<name.count).bit != 0 || dropsName(name)
    }
}
