/// How one request goes to its upstream: what the exchange has decided about it.
package struct UpstreamRequest: ~Copyable, Sendable {
    /// What is the same for all requests by this route to this upstream.
    let target: UpstreamTarget
    /// Where in the path the route's prefix ends (`PathPrefix.Match.remainder`).
    package var remainder: Int
    /// What stands in place of path and query, behind the upstream's base path: beginning with a slash, without bytes that end a
    /// target. Empty: they stay, as the route rewrites them.
    package var rewritten: [UInt8] = []
    /// How the body is sent; `.untilClose` does not exist in requests.
    package var framing: BodyFraming
    /// Ask the upstream to switch to WebSocket, as the client did.
    package var asksForWebSocket = false
    /// Tell the upstream that trailers are welcome; only if they are forwarded to a client that said so.
    package var acceptsTrailers = false
    /// The request's trailers go upstream, so `Trailer` may announce them.
    package var forwardsTrailers = false
    /// Send `Expect: 100-continue` on, because the upstream's 100 is waited for and forwarded.
    package var expectsContinue = false
    /// What is changed in this one request, besides what its site's policy says; nil: nothing.
    package var edits: FieldEdits?
    /// What is written in this one request besides: lines, each with its end.
    package var lines: [UInt8] = []

    package init(target: UpstreamTarget, remainder: Int, framing: BodyFraming) {
        self.target = target
        self.remainder = remainder
        self.framing = framing
    }

    /// What is written in place of the fields that name further URLs; nil: they pass as they come.
    package func changes(
        of head: RequestHead, policy: borrowing RequestFieldPolicy, isTrusted: Bool
    ) -> FieldRules? {
        guard let destinationRewrite = target.destinationRewrite else { return nil }
        var changes: FieldRules?
        head.withContent { content in
            var host: [UInt8] = []
            let most = (policy.host?.count ?? 0) + content.summary.authorityRange.count + target.authority.count
            host.append(addingCapacity: most) { ForwardedHead.writeAuthority(content, self, policy, to: &$0) }
            changes = destinationRewrite.changes(of: content, without: policy.edits(isTrusted: isTrusted), host: host)
        }
        return changes
    }
}

/// An upstream as one route sees it; part of the plan.
package final class UpstreamTarget: Sendable {
    /// The upstream's authority, `host[:port]`; sent as `Host` unless the policy says otherwise.
    let authority: [UInt8]
    let rewrite: PathRewrite
    /// nil: answers pass as they come.
    package let reverseRewrite: ReverseRewrite?
    /// nil: the URLs in a request's fields pass as they come.
    let destinationRewrite: DestinationRewrite?

    package init(
        authority: [UInt8], rewrite: PathRewrite, reverseRewrite: ReverseRewrite? = nil,
        destinationRewrite: DestinationRewrite? = nil
    ) {
        self.authority = authority
        self.rewrite = rewrite
        self.reverseRewrite = reverseRewrite
        self.destinationRewrite = destinationRewrite
    }
}
