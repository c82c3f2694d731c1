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
        /// The same for peers that are not trusted, whose `removeUntrusted` is removed besides.
        let untrustedEdits: FieldEdits
        let host: [UInt8]?
        let variableHost: RequestTemplate?

        init(edits: FieldEdits, untrustedEdits: FieldEdits, host: [UInt8]?, variableHost: RequestTemplate? = nil) {
            self.edits = edits
            self.untrustedEdits = untrustedEdits
            self.host = host
            self.variableHost = variableHost
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
            variableHost: host?.constant == nil ? host : nil)
    }

    func edits(isTrusted: Bool) -> FieldEdits { isTrusted ? rules.edits : rules.untrustedEdits }

    /// What is sent as `Host`, if the configuration says it.
    var host: [UInt8]? { rules.host }

    /// Do some values depend on the request?
    package var hasVariables: Bool { rules.edits.hasVariables || rules.variableHost != nil }

    /// The policy for one request.
    package func filled(_ variables: borrowing some RequestVariables) -> RequestFieldPolicy {
        var host = rules.host
        if let variableHost = rules.variableHost {
            var bytes: [UInt8] = []
            variableHost.append(variables, to: &bytes)
            // RFC 9112 §3.2: what is no authority is no `Host`, and the upstream's own is sent.
            if AuthorityParts(bytes.span, 0..<bytes.count) != nil { host = bytes }
        }
        let edits = rules.edits.filled(variables)
        let isOne = rules.edits === rules.untrustedEdits
        var policy = self
        policy.rules = Rules(
            edits: edits, untrustedEdits: isOne ? edits : rules.untrustedEdits.filled(variables), host: host)
        return policy
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
    private(set) var edits: FieldEdits

    /// - Parameter hideServer: drop `Server`.
    package init(_ rules: FieldRules = FieldRules(), hideServer: Bool = false) {
        var rules = rules
        if hideServer { rules.remove.append("Server") }
        edits = FieldEdits(rules)
    }

    /// Do some values depend on the request?
    package var hasVariables: Bool { edits.hasVariables }

    /// The policy for one request.
    package func filled(_ variables: borrowing some RequestVariables) -> ResponseFieldPolicy {
        var policy = self
        policy.edits = edits.filled(variables)
        return policy
    }
}
