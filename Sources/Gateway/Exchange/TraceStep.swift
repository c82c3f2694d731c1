import HTTP

/// The step that gives an exchange its place in a trace, and tells the upstream.
extension Exchange {
    /// Goes on with the trace of a trusted proxy, or begins one. Others' is not gone on with: it could be anybody's, and would
    /// have their choice of sampling.
    mutating func beginTrace(_ request: RequestHead, _ tracing: TracingPlan, of site: SitePlan) {
        if endpoint.forwarding(to: site).isTrusted, let field = request.fields.onlyValue(named: "traceparent"),
            let trace = TraceContext(
                continuing: field, span: resources.requestIDs.nextWord() | 1, upstreamSpan: resources.requestIDs.nextWord() | 1)
        {
            record.trace = trace
        } else {
            record.trace = newTrace(tracing)
        }
    }

    /// Begins the trace of a request that was over before it had one: it could not be read, or led to no site.
    mutating func beginTraceIfNone(_ tracing: TracingPlan) {
        guard record.trace == nil else { return }
        if let site = record.site, let request = client.requestIfAny {
            beginTrace(request, tracing, of: site)
        } else {
            record.trace = newTrace(tracing)
        }
    }

    /// One that begins here.
    private func newTrace(_ tracing: TracingPlan) -> TraceContext {
        let (span, upstreamSpan) = (resources.requestIDs.nextWord() | 1, resources.requestIDs.nextWord() | 1)
        let (high, low) = (resources.requestIDs.nextWord() | 1, resources.requestIDs.nextWord())
        return TraceContext(
            high: high, low: low, span: span, upstreamSpan: upstreamSpan, isSampled: low % tracing.sampling == 0)
    }

    /// Says what is changed in the request on its way: what tells of its sender, and `traceparent` where there are traces.
    /// - Parameter first: further changes, over which these stand.
    mutating func change(_ forwarded: inout UpstreamRequest, after first: FieldRules?) {
        // Mostly there is nothing, and to take that out of its optional would be a copy.
        guard first != nil || record.trace != nil || identity != nil else { return }
        let trace = record.trace
        forwarded.lines = identity?.lines ?? []
        trace?.appendLine(to: &forwarded.lines)
        guard var rules = first else {
            forwarded.edits = identity?.rules.edits(in: trace) ?? trace?.edits
            return
        }
        if let identity { rules = rules.followed(by: identity.rules.rules) }
        if let trace { rules = rules.followed(by: trace.rules) }
        forwarded.edits = FieldEdits(rules)
    }
}

extension TraceContext {
    /// What does not go upstream of a request that goes on with a trace.
    static let rulesContinuing = FieldRules(remove: ["traceparent"])
    /// The same of one that begins a trace: `tracestate` is of the one that it came with.
    static let rulesBeginning = FieldRules(remove: ["traceparent", "tracestate"])
    private static let (editsContinuing, editsBeginning) = (FieldEdits(rulesContinuing), FieldEdits(rulesBeginning))

    var rules: FieldRules { parent == 0 ? Self.rulesBeginning : Self.rulesContinuing }
    /// The same, prepared: most requests have nothing else that is changed in them alone.
    var edits: FieldEdits { parent == 0 ? Self.editsBeginning : Self.editsContinuing }
}
