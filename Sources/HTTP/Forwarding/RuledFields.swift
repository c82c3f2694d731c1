/// Which of the fields that the gateway writes of itself in a request the configuration sets or removes: those it does not write
/// besides, so that an upstream sees each once, or not at all (docs/headers.md).
struct RuledFields: Sendable {
    /// The bits of `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `Forwarded`.
    let bits: UInt64
    /// Is `Via` one of them?
    let hasVia: Bool

    private static let forwarding: [(name: String, bit: UInt64)] = [
        ("X-Forwarded-For", KnownField.xForwardedFor.bit), ("X-Forwarded-Proto", KnownField.xForwardedProto.bit),
        ("X-Forwarded-Host", KnownField.xForwardedHost.bit), ("X-Forwarded-Port", KnownField.xForwardedPort.bit),
        ("Forwarded", KnownField.forwarded.bit),
    ]

    init(_ rules: FieldRules) {
        let names = (rules.remove + rules.set.map(\.name)).map { Array($0.utf8) }
        func isRuled(_ field: String) -> Bool {
            let name = Array(field.utf8)
            return names.contains { Text.sameVariable($0.span, name.span) }
        }
        bits = Self.forwarding.reduce(0) { isRuled($1.name) ? $0 | $1.bit : $0 }
        hasVia = isRuled("Via")
    }

    func contains(_ field: KnownField) -> Bool { bits & field.bit != 0 }
}
