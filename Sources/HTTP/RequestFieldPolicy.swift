/// What a site's configuration says about the fields of requests to its upstreams; part of the plan.
package struct RequestFieldPolicy: Sendable {
    /// Write `X-Forwarded-For`, `-Proto`, `-Host`, `-Port`.
    package var addXForwarded = true
    /// Write RFC 7239 `Forwarded`.
    package var addForwarded = true
    /// Send the client's `Host` instead of the upstream's authority.
    package var preserveHost = false
    /// Add ourselves to `Via` (RFC 9110 §7.6.3).
    package var addVia = true
    /// Forward names with underscores.
    package var allowUnderscores = false
    /// The configured `remove` and `add`; `Host` among the added ones sets the `Host` that is sent.
    let edits: FieldEdits
    /// The same for peers that are not trusted, whose `removeUntrusted` is removed besides.
    private let untrustedEdits: FieldEdits
    let host: [UInt8]?

    package init(remove: [String] = [], removeUntrusted: [String] = [], set: [ConfiguredField] = []) {
        let fields = set.filter { !Self.isHost($0) }
        edits = FieldEdits(remove: remove, set: fields)
        untrustedEdits = removeUntrusted.isEmpty ? edits : FieldEdits(remove: remove + removeUntrusted, set: fields)
        host = set.last { Self.isHost($0) }.map { Array($0.value.utf8) }
    }

    func edits(isTrusted: Bool) -> FieldEdits { isTrusted ? edits : untrustedEdits }

    /// The bits of the fields that are not copied because of what they claim, or how they are spelt.
    func droppedKinds(isTrusted: Bool) -> UInt64 {
        ForwardingFields.dropped(policy: self, isTrusted: isTrusted) | (allowUnderscores ? 0 : KnownField.underscored.bit)
    }

    private static func isHost(_ field: ConfiguredField) -> Bool { field.name.lowercased() == "host" }
}

/// What a site's configuration says about the fields of answers; part of the plan.
package struct ResponseFieldPolicy: Sendable {
    /// Add ourselves to `Via`.
    package var addVia = false
    let edits: FieldEdits

    /// - Parameters:
    ///   - hideServer: drop `Server`.
    ///   - set, add, defaults: see `FieldEdits`; site headers are `set`, security headers `defaults`.
    package init(
        hideServer: Bool = false, remove: [String] = [], set: [ConfiguredField] = [], add: [ConfiguredField] = [],
        defaults: [ConfiguredField] = []
    ) {
        edits = FieldEdits(remove: hideServer ? remove + ["Server"] : remove, set: set, add: add, defaults: defaults)
    }

    /// Does the configuration set a field of this name, in place of any other?
    package func sets(_ known: KnownField) -> Bool { edits.setsAny && edits.droppedKnown & known.bit != 0 }

    /// The same of a configured field.
    package func sets(_ field: ConfiguredField) -> Bool { edits.sets(Array(field.name.utf8).span) }

    /// Takes out of an answer of Gatehouse's own the fields in whose place the configuration sets others.
    package func dropReplaced(from fields: inout AnswerFields) {
        if edits.setsAny { fields.removeAll(named: edits.sets) }
    }
}
