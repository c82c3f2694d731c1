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

    /// Says what is changed in the request on its way, with `traceparent` where there are traces.
    /// - Parameter first: further changes, over which those of this exchange stand.
    func change(_ forwarded: inout UpstreamRequest, after first: FieldRules?) {
        let rules = if let first, let requestRules { first.followed(by: requestRules) } else { first ?? requestRules }
        guard let trace = record.trace else {
            forwarded.edits = rules.map { FieldEdits($0) }
            return
        }
        forwarded.lines = trace.line
        forwarded.edits = rules.map { FieldEdits($0.followed(by: trace.rules)) } ?? trace.edits
    }
}

extension TraceContext {
    private static let replacing = FieldRules(remove: ["traceparent"])
    /// `tracestate` is of the trace that a request came with.
    private static let beginning = FieldRules(remove: ["traceparent", "tracestate"])
    private static let (editsReplacing, editsBeginning) = (FieldEdits(replacing), FieldEdits(beginning))

    /// What does not go upstream of a request that belongs to the trace.
    fileprivate var rules: FieldRules { parent == 0 ? Self.beginning : Self.replacing }
    /// The same, prepared: most requests have nothing else that is changed in them alone.
    fileprivate var edits: FieldEdits { parent == 0 ? Self.editsBeginning : Self.editsReplacing }
}
