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

    /// The field as HTTP/1 writes it, with its line end.
    package var line: [UInt8] { Array("\(name): \(value)\r\n".utf8) }

    /// The line of a field whose value somebody else has said, byte for byte: names that are no UTF-8 must not become one.
    /// - Returns: as HTTP/1 writes it, with its line end; nil where the initialiser says so.
    package static func line(_ name: String, _ value: ArraySlice<UInt8>) -> [UInt8]? {
        let text = Array(value)
        guard ConfiguredField(name, "") != nil, ByteScanning.endOfText(text.span, from: 0, to: text.count) == text.count,
            Text.trimmed(text.span, 0..<text.count) == 0..<text.count
        else { return nil }
        return Array("\(name): ".utf8) + text + [0x0D, 0x0A]
    }
}

/// A field of the configuration whose value may have variables.
package struct FieldRule: Sendable, Equatable {
    package let name: String
    let value: RequestTemplate
    /// What a line of it begins with: name, colon, space.
    private let start: [UInt8]

    /// nil if `ConfiguredField` would refuse the name, or what stands in the value besides variables.
    package init?(_ name: String, _ value: RequestTemplate) {
        let literal = value.parts.reduce(into: [UInt8]()) { all, part in
            if case .text(let bytes) = part { all += bytes } else { all.append(UInt8(ascii: "x")) }
        }
        guard ConfiguredField(name, String(decoding: literal, as: UTF8.self)) != nil else { return nil }
        self.init(name: name, value: value)
    }

    package init(_ field: ConfiguredField) {
        self.init(name: field.name, value: RequestTemplate(literal: field.value))
    }

    private init(name: String, value: RequestTemplate) {
        self.name = name
        self.value = value
        start = Array("\(name): ".utf8)
    }

    /// The field, if there is no variable in it.
    package var constant: ConfiguredField? {
        value.constant.flatMap { ConfiguredField(name, String(decoding: $0, as: UTF8.self)) }
    }

    /// Field names are compared without case, and `_` and `-` are not told apart.
    func isSameName(as other: String) -> Bool {
        Text.sameVariable(Array(name.utf8).span, Array(other.utf8).span)
    }

    /// Appends the line for one request; nothing if the value is empty then, or has a control byte: whatever a variable stands
    /// for, it ends no line (RFC 9110 §5.5).
    func appendLine(_ variables: borrowing some RequestVariables, to out: inout [UInt8]) {
        let lineStart = out.count
        out.append(start.span)
        let valueStart = out.count
        value.append(variables, to: &out)
        guard out.count > valueStart, ByteScanning.endOfText(out.span, from: valueStart, to: out.count) == out.count else {
            return out.removeSubrange(lineStart...)
        }
        out.append("\r\n")
    }
}

/// What the configuration changes in the fields of a head. What is done in which order, and how a route's rules follow its
/// site's, is in docs/headers.md.
package struct FieldRules: Sendable, Equatable {
    /// Names to drop; `_` and `-` are not told apart.
    package var remove: [String] = []
    /// Fields to write in place of any of the same name.
    package var set: [FieldRule] = []
    /// Fields to write beside those of the same name.
    package var add: [FieldRule] = []
    /// Fields to write only where the head has none of the name.
    package var defaults: [FieldRule] = []

    /// Rules without variables.
    package init(
        remove: [String] = [], set: [ConfiguredField] = [], add: [ConfiguredField] = [], defaults: [ConfiguredField] = []
    ) {
        self.remove = remove
        self.set = set.map(FieldRule.init)
        self.add = add.map(FieldRule.init)
        self.defaults = defaults.map(FieldRule.init)
    }

    /// These rules, and then others: what they say of a field stands.
    package func followed(by others: FieldRules) -> FieldRules {
        var rules = self
        let replaced = others.remove + others.set.map(\.name)
        func without(_ fields: [FieldRule], _ names: [String]) -> [FieldRule] {
            fields.filter { field in !names.contains { field.isSameName(as: $0) } }
        }
        rules.remove += others.remove
        rules.set = without(set, replaced) + others.set
        rules.add = without(add, replaced) + others.add
        rules.defaults = without(defaults, replaced + others.defaults.map(\.name)) + others.defaults
        return rules
    }

    /// The rules without what tells caches how long to keep an answer. Whoever writes that for files or pages does not mean the
    /// error that stands in their place: kept for a month, it would outlive its cause.
    package var withoutCaching: FieldRules {
        func isAboutCaching(_ name: String) -> Bool {
            ["cache-control", "cdn-cache-control", "surrogate-control", "expires", "pragma"].contains(name.lowercased())
        }
        var rules = self
        rules.remove.removeAll(where: isAboutCaching)
        rules.set.removeAll { isAboutCaching($0.name) }
        rules.add.removeAll { isAboutCaching($0.name) }
        rules.defaults.removeAll { isAboutCaching($0.name) }
        return rules
    }
}
