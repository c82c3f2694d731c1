import HTTP

/// What one request alone has changed on its way, of a request that nobody sends.
extension Explainer {
    /// As `Exchange.change(_:after:)` does for those who have not proved who they are: fields that name URLs, and the trace.
    func change(
        _ forwarded: inout UpstreamRequest, _ head: RequestHead, policy: RequestFieldPolicy, client: ClientPeer
    ) {
        let changes = forwarded.changes(of: head, policy: policy, isTrusted: client.isTrusted)
        let trace = plan.tracing.map { TraceContext(explaining: head, isTrusted: client.isTrusted, $0) }
        trace?.appendLine(to: &forwarded.lines)
        guard let changes else {
            forwarded.edits = trace?.edits
            return
        }
        forwarded.edits = FieldEdits(trace.map { changes.followed(by: $0.rules) } ?? changes)
    }
}

extension TraceContext {
    /// Which trace the request would belong to. Identifiers that are made anew for each request are zero.
    fileprivate init(explaining head: RequestHead, isTrusted: Bool, _ tracing: TracingPlan) {
        if isTrusted, let field = head.fields.onlyValue(named: "traceparent"),
            let trace = TraceContext(continuing: field, span: 0, upstreamSpan: 0)
        {
            self = trace
        } else {
            self.init(high: 0, low: 0, span: 0, upstreamSpan: 0, isSampled: tracing.sampling == 1)
        }
    }
}
