import HTTP

/// The step that gives an exchange its place in a trace, and tells the upstream.
extension Exchange {
    /// Goes on with the trace of a trusted proxy, or begins one. Others' is not gone on with: it could be anybody's, and would
    /// have their choice of sampling.
    mutating func beginTrace(_ request: RequestHead, _ tracing: TracingPlan, of site: SitePlan) {
        let (span, upstreamSpan) = (resources.requestIDs.nextWord() | 1, resources.requestIDs.nextWord() | 1)
        if endpoint.forwarding(to: site).isTrusted, let field = request.fields.onlyValue(named: "traceparent"),
            let trace = TraceContext(continuing: field, span: span, upstreamSpan: upstreamSpan)
        {
            record.trace = trace
            return
        }
        let (high, low) = (resources.requestIDs.nextWord() | 1, resources.requestIDs.nextWord())
        record.trace = TraceContext(
            high: high, low: low, span: span, upstreamSpan: upstreamSpan, isSampled: low % tracing.sampling == 0)
    }

    /// What is changed in the request on its way, with `traceparent` where there are traces. `tracestate` is of the trace that a
    /// request came with.
    /// - Parameter first: further changes, over which the others stand.
    func edits(after first: FieldRules?) -> FieldEdits? {
        let all = if let first, let requestRules { first.followed(by: requestRules) } else { first ?? requestRules }
        guard let trace = record.trace else { return all.map { FieldEdits($0) } }
        var rules = all ?? FieldRules()
        if let field = ConfiguredField("traceparent", trace.field) {
            rules = rules.followed(
                by: FieldRules(remove: trace.parent == 0 ? ["tracestate"] : [], set: [field]))
        }
        return FieldEdits(rules)
    }
}
