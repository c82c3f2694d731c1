/// What one request's variables have made of the rules that have some: lines to write besides those that are the same for every
/// request.
struct FilledFields: Sendable {
    /// Each with its line end.
    private var lines: [UInt8] = []
    private var defaults = FieldDefaults()

    /// Makes the fields of a request for which nothing is written besides.
    init() {}

    /// - Parameter lines: are written in any case, each with its line end.
    init(lines: [UInt8]) { self.lines = lines }

    /// - Parameters:
    ///   - rules: what is written in any case.
    ///   - defaults: what is written where a head has none of the name.
    init(_ rules: [FieldRule], defaults rulesOfDefaults: [FieldRule], _ variables: borrowing some RequestVariables) {
        // Most values take less.
        if !rules.isEmpty { lines.reserveCapacity(96 * rules.count) }
        for rule in rules { rule.appendLine(variables, to: &lines) }
        for rule in rulesOfDefaults {
            var line: [UInt8] = []
            rule.appendLine(variables, to: &line)
            if !line.isEmpty { defaults.append(line, name: rule.name) }
        }
    }

    var isEmpty: Bool { lines.isEmpty && defaults.isEmpty }

    /// Writes the lines for a head with these fields; see `FieldDefaults.writeLines`.
    @inline(never)
    func writeLines(
        _ fields: borrowing FieldSection, after edits: borrowing FieldEdits, without dropped: UInt64,
        to out: inout OutputSpan<UInt8>
    ) {
        out.write(lines)
        if !defaults.isEmpty { defaults.writeLines(fields, after: edits, without: dropped, to: &out) }
    }
}
