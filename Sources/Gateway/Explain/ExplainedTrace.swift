import HTTP

/// What one request alone has changed on its way, of a request that nobody sends.
extension Explainer {
    /// As `Exchange.change(_:after:)` does: fields that name URLs, those that tell who somebody is, and the trace.
    /// - Parameter asked: by which the client has proved who it is; nil: it is not asked.
    func change(
        _ forwarded: inout UpstreamRequest, _ head: RequestHead, policy: RequestFieldPolicy, client: ClientPeer,
        asked: ProtectionPlan?
    ) {
        var rules = forwarded.changes(of: head, policy: policy, isTrusted: client.isTrusted)
        if let asked, let identity = asked.identity?.rules {
            rules = rules?.followed(by: identity) ?? identity
            // Credentials are not checked: whose they are is not known.
            for name in [asked.password?.userField, asked.token?.userField].compactMap(\.self) {
                forwarded.lines += Array("\(name): (the user)\r\n".utf8)
            }
        }
        if let trace = plan.tracing.map({ TraceContext(explaining: head, isTrusted: client.isTrusted, $0) }) {
            trace.appendLine(to: &forwarded.lines)
            rules = rules?.followed(by: trace.rules) ?? trace.rules
        }
        forwarded.edits = rules.map { FieldEdits($0) }
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
