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
    /// The configured rules; `Host` among the set ones sets the `Host` that is sent.
    private(set) var edits: FieldEdits
    /// The same for peers that are not trusted, whose `removeUntrusted` is removed besides.
    private var untrustedEdits: FieldEdits
    private(set) var host: [UInt8]?
    private let variableHost: RequestTemplate?

    package init(_ rules: FieldRules = FieldRules(), removeUntrusted: [String] = []) {
        var fields = rules
        fields.set.removeAll(where: Self.isHost)
        edits = FieldEdits(fields)
        fields.remove += removeUntrusted
        untrustedEdits = removeUntrusted.isEmpty ? edits : FieldEdits(fields)
        let host = rules.set.last(where: Self.isHost)
        self.host = host?.value.constant
        variableHost = self.host == nil ? host?.value : nil
    }

    func edits(isTrusted: Bool) -> FieldEdits { isTrusted ? edits : untrustedEdits }

    /// Do some values depend on the request?
    package var hasVariables: Bool { edits.hasVariables || variableHost != nil }

    /// The policy for one request.
    package func filled(_ variables: borrowing some RequestVariables) -> RequestFieldPolicy {
        var policy = self
        policy.edits = edits.filled(variables)
        policy.untrustedEdits = edits === untrustedEdits ? policy.edits : untrustedEdits.filled(variables)
        if let variableHost {
            var host: [UInt8] = []
            variableHost.append(variables, to: &host)
            // RFC 9112 §3.2: what is no authority is no `Host`, and the upstream's own is sent.
            if AuthorityParts(host.span, 0..<host.count) != nil { policy.host = host }
        }
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
