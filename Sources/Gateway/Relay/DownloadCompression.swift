import HTTP

extension Download {
    /// Has the body encoded, if the answer is one for it.
    /// - Returns: how the body ends then.
    @inline(never)
    mutating func compress(_ framing: BodyFraming, by use: CompressionUse) -> BodyFraming {
        switch use.plan.rules.verdict(on: head, framing, to: request) {
        case .asItIs: head.restoreTag(of: request, codings: use.plan.codings)
        case .plain: head.varyByEncoding()
        case .encoded(let coding):
            // An answer to HEAD has only the head.
            if case .none = framing {
                head.encode(as: coding)
                return framing
            }
            compressed = CompressedBody(source, coding, by: use)
            guard compressed != nil else {
                head.varyByEncoding()
                return framing
            }
            head.encode(as: coding)
            return .chunked
        }
        return framing
    }
}
