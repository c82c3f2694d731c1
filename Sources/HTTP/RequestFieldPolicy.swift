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
    /// The configured `remove` and `add`; `Host` among the added ones sets the `Host` that is sent.
    let edits: FieldEdits
    let host: [UInt8]?

    package init(remove: [String] = [], set: [ConfiguredField] = []) {
        edits = FieldEdits(remove: remove, set: set.filter { !Self.isHost($0) })
        host = set.last { Self.isHost($0) }.map { Array($0.value.utf8) }
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
}
