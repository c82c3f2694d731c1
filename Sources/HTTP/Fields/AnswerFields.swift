/// Fields of an answer that is made here, in the order to send: pairs of name and value, kept as lines so that HTTP/1 sends all
/// of them by one copy.
///
/// Nothing in it can break a head: a name is a literal or a configured one, and a value that holds a control byte (RFC 9110 §5.5)
/// is left out together with its name.
package struct AnswerFields: Equatable, Sendable {
    /// The fields as HTTP/1 writes them, RFC 9112 §5: name, colon, space, value, line end.
    package private(set) var lines: [UInt8] = []

    package init() {}

    /// One field.
    package init(_ name: StaticString, _ value: String) {
        append(name, value)
    }

    package var isEmpty: Bool { lines.isEmpty }

    /// Makes room, so that fields of up to `count` bytes, each with its separators, are added without another allocation.
    package mutating func reserve(_ count: Int) {
        lines.reserveCapacity(count)
    }

    /// Adds a field.
    /// - Parameter name: a token (RFC 9110 §5.1), in the usual spelling.
    package mutating func append(_ name: StaticString, _ value: String) {
        append(name) { $0.append(contentsOf: value.utf8) }
    }

    /// Adds a field whose value is a number.
    package mutating func append(_ name: StaticString, _ value: UInt64) {
        lines.append(guessing: name.utf8CodeUnitCount + 24) { out in
            out.write(name)
            out.write(": ")
            out.write(decimal: value)
            out.write("\r\n")
        }
    }

    /// Adds a field of the configuration.
    package mutating func append(_ field: ConfiguredField) {
        lines.append(contentsOf: field.name.utf8)
        close { $0.append(contentsOf: field.value.utf8) }
    }

    /// Adds a field that somebody else has said, byte for byte; nothing where `ConfiguredField.line` makes none of it.
    package mutating func append(_ name: String, said value: ArraySlice<UInt8>) {
        if let line = ConfiguredField.line(name, value) { lines += line }
    }

    /// Adds a field of the configuration for one request; see `FieldRule.appendLine`.
    mutating func append(_ rule: FieldRule, _ variables: borrowing some RequestVariables) {
        rule.appendLine(variables, to: &lines)
    }

    /// Is there a field of this name?
    package func contains(_ name: String) -> Bool {
        let wanted = Array(name.utf8)
        var isThere = false
        forEach { name, _ in if Text.equal(name, 0..<name.count, wanted.span, 0..<wanted.count) { isThere = true } }
        return isThere
    }

    /// Adds a field whose value `compose` appends to the bytes that it gets.
    package mutating func append(_ name: StaticString, compose: (inout [UInt8]) -> Void) {
        lines.append(name)
        close(compose)
    }

    /// Adds all fields of `others`. On what the answer depends is said in one line.
    package mutating func append(_ others: AnswerFields) {
        // Else it would be copied where it is shared.
        guard !others.isEmpty else { return }
        let joins = others.varies && varies
        lines.append(others.lines.span)
        guard joins else { return }
        var section = FieldSection()
        section.append(lines: lines.span)
        section.joinVary()
        var joined: [UInt8] = []
        for line in section.lines {
            joined.append(section.bytes, line.name)
            joined.append(": ")
            joined.append(section.bytes, line.value)
            joined.append("\r\n")
        }
        lines = joined
    }

    private var varies: Bool {
        var isThere = false
        forEach { name, _ in if Text.equal(name, 0..<name.count, "vary") { isThere = true } }
        return isThere
    }

    /// Takes out the fields whose name `isUnwanted`.
    package mutating func removeAll(named isUnwanted: (Span<UInt8>) -> Bool) {
        var kept: [UInt8] = []
        kept.reserveCapacity(lines.count)
        forEach { name, value in
            guard !isUnwanted(name) else { return }
            kept.append(name)
            kept.append(": ")
            kept.append(value)
            kept.append("\r\n")
        }
        lines = kept
    }

    /// Lends each name and its value, in order.
    package func forEach(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        let bytes = lines.span
        var start = 0
        while start < bytes.count {
            var colon = start
            while bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            let end = ByteScanning.endOfText(bytes, from: colon, to: bytes.count)
            body(bytes.extracting(start..<colon), bytes.extracting(colon + 2..<end))
            start = end + 2
        }
    }

    /// Ends the line whose name is written.
    private mutating func close(_ compose: (inout [UInt8]) -> Void) {
        lines.append(": ")
        let start = lines.count
        compose(&lines)
        if ByteScanning.endOfText(lines.span, from: start, to: lines.count) == lines.count {
            lines.append("\r\n")
        } else {
            lines.removeSubrange((lines[..<start].lastIndex(of: ByteClass.lineFeed).map { $0 + 1 } ?? 0)...)
        }
    }
}
