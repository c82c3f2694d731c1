import HTTP

/// The fields that a client may not send on where it has been asked who it is: the gateway says it. Prepared, since every such
/// request has the same.
final class IdentityRules: Sendable {
    let rules: FieldRules
    private let edits: FieldEdits
    private let (editsContinuing, editsBeginning): (FieldEdits, FieldEdits)

    /// - Parameter removed: the names of the fields.
    init(removed: [String]) {
        rules = FieldRules(remove: removed)
        edits = FieldEdits(rules)
        editsContinuing = FieldEdits(rules.followed(by: TraceContext.rulesContinuing))
        editsBeginning = FieldEdits(rules.followed(by: TraceContext.rulesBeginning))
    }

    /// What does not go upstream of a request.
    /// - Parameter trace: the trace that it belongs to; nil: none.
    func edits(in trace: TraceContext?) -> FieldEdits {
        guard let trace else { return edits }
        return trace.parent == 0 ? editsBeginning : editsContinuing
    }
}

/// What the upstream is told of who sends a request, and what it is not.
struct IdentityFields: Sendable {
    let rules: IdentityRules
    /// The fields that tell it: lines, each with its end.
    let lines: [UInt8]
}
