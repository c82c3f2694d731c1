/// What a site's or route's configuration says about the fields of requests to its upstreams; part of the plan.
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
    private var rules: Rules

    /// The configured rules. Behind one reference, so that who is lent a policy takes one, not one for each of these.
    private final class Rules: Sendable {
        /// `Host` among the set ones sets the `Host` that is sent.
        let edits: FieldEdits
        /// `edits` for peers that are not trusted, of which `removeUntrusted` is removed besides.
        let untrustedEdits: FieldEdits
        let host: [UInt8]?
        let variableHost: RequestTemplate?
        let ruled: RuledFields
        /// What is written besides for this request.
        let filled: FilledFields

        init(
            edits: FieldEdits, untrustedEdits: FieldEdits, host: [UInt8]?, variableHost: RequestTemplate? = nil,
            ruled: RuledFields, filled: FilledFields = FilledFields()
        ) {
            self.edits = edits
            self.untrustedEdits = untrustedEdits
            self.host = host
            self.ruled = ruled
            self.variableHost = variableHost
            self.filled = filled
        }
    }

    package init(_ rules: FieldRules = FieldRules(), removeUntrusted: [String] = []) {
        var fields = rules
        fields.set.removeAll(where: Self.isHost)
        let edits = FieldEdits(fields)
        fields.remove += removeUntrusted
        let host = rules.set.last(where: Self.isHost)?.value
        self.rules = Rules(
            edits: edits, untrustedEdits: removeUntrusted.isEmpty ? edits : FieldEdits(fields), host: host?.constant,
            variableHost: host?.constant == nil ? host : nil, ruled: RuledFields(rules))
    }

    func edits(isTrusted: Bool) -> FieldEdits { isTrusted ? rules.edits : rules.untrustedEdits }

    /// What is sent as `Host`, if the configuration says it.
    var host: [UInt8]? { rules.host }

    /// What the gateway does not write of itself.
    var ruled: RuledFields { rules.ruled }

    /// Do some values depend on the request?
    package var hasVariables: Bool { rules.edits.hasVariables || rules.variableHost != nil }

    /// The policy for one request.
    package func filled(_ variables: borrowing some RequestVariables) -> RequestFieldPolicy {
        guard hasVariables else { return self }
        var host = rules.host
        if let variableHost = rules.variableHost {
            var bytes: [UInt8] = []
            variableHost.append(variables, to: &bytes)
            // RFC 9112 §3.2: what is no authority is no `Host`, and the upstream's own is sent.
            if AuthorityParts(bytes.span, 0..<bytes.count) != nil { host = bytes }
        }
        var policy = self
        // To peers that are not trusted nothing else is written: only more is removed.
        policy.rules = Rules(
            edits: rules.edits, untrustedEdits: rules.untrustedEdits, host: host, ruled: rules.ruled,
            filled: rules.edits.filled(variables))
        return policy
    }

    /// Writes the lines of the rules for a head with these fields.
    func writeLines(_ fields: borrowing FieldSection, isTrusted: Bool, to out: inout OutputSpan<UInt8>) {
        let (edits, dropped) = (edits(isTrusted: isTrusted), droppedKinds(isTrusted: isTrusted))
        edits.writeLines(fields, without: dropped, to: &out)
        if !rules.filled.isEmpty { rules.filled.writeLines(fields, after: edits, without: dropped, to: &out) }
    }

    /// The bits of the fields that are not copied because of what they claim, or how they are spelt.
    func droppedKinds(isTrusted: Bool) -> UInt64 {
        ForwardingFields.dropped(policy: self, isTrusted: isTrusted) | (allowUnderscores ? 0 : KnownField.underscored.bit)
    }

    private static func isHost(_ rule: FieldRule) -> Bool { rule.name.lowercased() == "host" }
}

/// What a site's or route's configuration says about the fields of upstreams' answers; part of the plan.
package struct ResponseFieldPolicy: Sendable {
    /// Add ourselves to `Via`.
    package var addVia = false
    private var rules: Rules

    /// Behind one reference, as a request's.
    private final class Rules: Sendable {
        let edits: FieldEdits
        /// What is written besides for this request.
        let filled: FilledFields

        init(edits: FieldEdits, filled: FilledFields = FilledFields()) {
            self.edits = edits
            self.filled = filled
        }
    }

    /// - Parameter hideServer: drop `Server`.
    package init(_ rules: FieldRules = FieldRules(), hideServer: Bool = false) {
        var rules = rules
        if hideServer { rules.remove.append("Server") }
        self.rules = Rules(edits: FieldEdits(rules))
    }

    var edits: FieldEdits { rules.edits }

    /// Do some values depend on the request?
    package var hasVariables: Bool { rules.edits.hasVariables }

    /// The policy for one request.
    package func filled(_ variables: borrowing some RequestVariables) -> ResponseFieldPolicy {
        guard hasVariables else { return self }
        var policy = self
        policy.rules = Rules(edits: rules.edits, filled: rules.edits.filled(variables))
        return policy
    }

    /// The policy for one answer that gets these fields behind its own, so that its head need not be changed for them; nil where
    /// a rule may be about them.
    package func adding(_ fields: AnswerFields) -> ResponseFieldPolicy? {
        guard rules.edits.isEmpty else { return nil }
        var policy = self
        policy.rules = Rules(edits: rules.edits, filled: FilledFields(lines: fields.lines))
        return policy
    }

    /// Writes the lines of the rules for a head with these fields.
    func writeLines(_ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        rules.edits.writeLines(fields, to: &out)
        if !rules.filled.isEmpty { rules.filled.writeLines(fields, after: rules.edits, without: 0, to: &out) }
    }
}
