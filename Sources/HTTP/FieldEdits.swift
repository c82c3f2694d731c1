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
package struct FieldEdits: Sendable {
    /// Bits of known fields to drop.
    var droppedKnown: UInt64 = 0
    /// Names of other fields to drop.
    var droppedNames: [[UInt8]] = []
    /// Lines to write, ready to be copied.
    var lines: [UInt8] = []
    /// Lines to write if the head has no field of that name.
    var defaults: [(known: KnownField, name: [UInt8], line: [UInt8])] = []

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
        for name in remove { drop(name) }
        for field in set {
            drop(field.name)
            lines += Self.line(field)
        }
        for field in add { lines += Self.line(field) }
        for field in defaults {
            let name = Array(field.name.utf8)
            self.defaults.append((KnownField.recognise(name.span, 0..<name.count), name, Self.line(field)))
        }
    }

    private mutating func drop(_ name: String) {
        let bytes = Array(name.utf8)
        let known = KnownField.recognise(bytes.span, 0..<bytes.count)
        if known == .other || known == .xForwardedOther { droppedNames.append(bytes) } else { droppedKnown |= known.bit }
    }

    private static func line(_ field: ConfiguredField) -> [UInt8] { Array("\(field.name): \(field.value)\r\n".utf8) }

    /// Whether the line is to be dropped.
    @inline(__always)
    func drops(_ bytes: Span<UInt8>, _ line: FieldLine) -> Bool {
        if droppedKnown & line.known.bit != 0 { return true }
        if droppedNames.isEmpty { return false }
        return dropsName(bytes, line)
    }

    private func dropsName(_ bytes: Span<UInt8>, _ line: FieldLine) -> Bool {
        for name in droppedNames where Text.sameVariable(name.span, bytes.extracting(line.name)) { return true }
        return false
    }

    /// Appends the lines to write for a head with these fields.
    func appendLines(_ fields: borrowing FieldSection, to out: inout [UInt8]) {
        out.append(lines, 0..<lines.count)
        for entry in defaults where !Self.has(entry.known, entry.name, fields) { out.append(entry.line, 0..<entry.line.count) }
    }

    private static func has(_ known: KnownField, _ name: [UInt8], _ fields: borrowing FieldSection) -> Bool {
        if known != .other && known != .xForwardedOther { return fields.contains(known) }
        let span = fields.bytes.span
        for line in fields.lines where line.known == known {
            if Text.equal(span, line.name, name.span, 0..<name.count) { return true }
        }
        return false
    }
}
