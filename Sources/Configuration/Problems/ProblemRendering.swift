extension Problem {
    /// The problem as a person reads it: ``description``, then the line of `source` it stands on, with a caret below the column.
    ///
    /// - Parameters:
    ///   - source: the text of the file; a line that is not in it is not shown.
    ///   - colour: whether to use terminal colours (ECMA-48 SGR).
    package func render(source: String, colour: Bool) -> String {
        let paint = Paint(on: colour)
        let kind = paint.bold(Self.colour(of: severity), severity.rawValue)
        let key = keyPath.isEmpty ? "" : printable(keyPath) + ": "
        var text = "\(printable(location.description)): \(kind): \(key)\(printable(message))"
        if let line = sourceLine(location.line, of: source) {
            let number = String(location.line)
            let gutter = String(repeating: " ", count: number.utf8.count)
            let (shown, caretColumn) = excerpt(of: line, around: location.column)
            text += "\n \(number) | \(shown)"
            text += "\n \(gutter) | \(String(repeating: " ", count: caretColumn))\(paint.bold(.green, "^"))"
        }
        if let hint { text += "\n  \(paint.bold(.cyan, "help")): \(printable(hint))" }
        return text
    }
}

extension Problem {
    private static func colour(of severity: Severity) -> Paint.Colour {
        switch severity {
        case .error: .red
        case .warning: .yellow
        case .note: .cyan
        }
    }
}

/// Terminal colours, or none.
private struct Paint {
    enum Colour: Int { case red = 31, green = 32, yellow = 33, cyan = 36 }
    let on: Bool

    func bold(_ colour: Colour, _ text: String) -> String {
        on ? "\u{1B}[1;\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}

private func sourceLine(_ number: Int, of source: String) -> Substring? {
    // Bytes: quick, and a line end is never part of another character in UTF-8.
    var rest = source.utf8[...]
    for _ in 1..<max(1, number) {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        rest = rest[rest.index(after: end)...]
    }
    let line = Substring(rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    return line.isEmpty ? nil : line
}

/// At most 120 scalars of a line with the column among them, and how many stand before the caret. Tabs become single
/// spaces, so that the caret stays below its column.
private func excerpt(of line: Substring, around column: Int) -> (shown: String, caretColumn: Int) {
    let maxScalars = 120
    let start = column > maxScalars ? column - maxScalars / 2 : 0
    var shown = String.UnicodeScalarView()
    for scalar in line.unicodeScalars.dropFirst(start).prefix(maxScalars) {
        shown.append(isControl(scalar) ? " " : scalar)
    }
    return (String(shown), max(0, column - 1 - start))
}

/// A text for a terminal: control characters escaped, very long texts cut.
package func printable(_ text: String) -> String {
    var shown = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 400 { return shown + "…" }
        if isControl(scalar) {
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }
    return shown
}

/// Is it of C0, DEL, C1 (ECMA-48), or a mark that reorders text (UAX #9) and could make a line read as another?
package func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
}
