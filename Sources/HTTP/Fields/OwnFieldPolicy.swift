/// What a site's or route's configuration says about the fields of the answers that are made here; part of the plan.
///
/// A class, since a request whose rules have variables gets others, and most of them as they are.
package final class OwnFieldPolicy: Sendable {
    /// What every such answer has.
    package let common: AnswerFields
    /// Takes out what is removed, or set in `common`.
    private let edits: FieldEdits
    private let variableFields: [FieldRule]
    /// Fields for answers that have none of the name.
    private let defaults: [ConfiguredField]
    private let variableDefaults: [FieldRule]

    /// - Parameter server: of the field `Server`; nil: it is not sent.
    package init(_ rules: FieldRules = FieldRules(), server: String? = nil) {
        edits = FieldEdits(rules)
        var common = AnswerFields()
        if let server = server.flatMap({ ConfiguredField("Server", $0) }), !edits.drops(Array("Server".utf8).span) {
            common.append(server)
        }
        let written = rules.set + rules.add
        for field in written.compactMap(\.constant) { common.append(field) }
        var defaults: [ConfiguredField] = []
        var variableDefaults: [FieldRule] = []
        for rule in rules.defaults where !written.contains(where: { $0.isSameName(as: rule.name) }) {
            // `Server` and `Date` stand in every answer, or in none.
            let isWrittenAnyway = rule.isSameName(as: "date") || (server != nil && rule.isSameName(as: "server"))
            if isWrittenAnyway, !rules.remove.contains(where: { rule.isSameName(as: $0) }) { continue }
            guard let field = rule.constant else {
                variableDefaults.append(rule)
                continue
            }
            if Self.isNeverMade(field.name) { common.append(field) } else { defaults.append(field) }
        }
        self.common = common
        self.defaults = defaults
        self.variableDefaults = variableDefaults
        variableFields = written.filter { $0.constant == nil }
    }

    /// The policy for one request, whose variables are known.
    private init(_ policy: OwnFieldPolicy, common: AnswerFields, defaults: [ConfiguredField]) {
        self.common = common
        edits = policy.edits
        self.defaults = defaults
        (variableFields, variableDefaults) = ([], [])
    }

    /// No answer made here has such a field of its own, so that nothing is to be looked for.
    private static func isNeverMade(_ name: String) -> Bool {
        [
            "x-frame-options", "x-content-type-options", "x-xss-protection", "referrer-policy", "strict-transport-security",
            "permissions-policy",
        ].contains(name.lowercased())
    }

    /// Do some values depend on the request?
    package var hasVariables: Bool { !variableFields.isEmpty || !variableDefaults.isEmpty }

    /// The policy for one request. Until then fields with variables are not written at all.
    package func filled(_ variables: borrowing some RequestVariables) -> OwnFieldPolicy {
        guard hasVariables else { return self }
        var (common, defaults) = (common, defaults)
        for rule in variableFields { common.append(rule, variables) }
        for rule in variableDefaults {
            var value: [UInt8] = []
            rule.value.append(variables, to: &value)
            if let field = ConfiguredField(rule.name, String(decoding: value, as: UTF8.self)), !value.isEmpty {
                defaults.append(field)
            }
        }
        return OwnFieldPolicy(self, common: common, defaults: defaults)
    }

    /// Is `Date` not to be written, or set to something else?
    package var replacesDate: Bool { edits.droppedKnown & KnownField.date.bit != 0 }

    /// Changes the fields of one answer as the rules say; those of `common` are apart.
    package func apply(to fields: inout AnswerFields) {
        if edits.dropsAny { fields.removeAll(named: edits.drops) }
        for field in defaults where !fields.contains(field.name) { fields.append(field) }
    }
}
