import HTTP
import Upstreams

/// The head of a request as it goes upstream.
extension Exchange {
    /// Writes it anew, by what the route and the rules of fields say.
    mutating func writeHead(
        of request: RequestHead, to upstream: any UpstreamSide, _ route: ProxyRoute, _ choice: Int, _ remainder: Int,
        _ rewritten: [UInt8], _ site: SitePlan, _ wantsUpgrade: Bool, _ stored: StoredBody?
    ) {
        var forwarded = UpstreamRequest(target: route.targets[choice], remainder: remainder, framing: request.framing)
        forwarded.rewritten = rewritten
        forwarded.asksForWebSocket = wantsUpgrade
        let changes = forwarded.changes(
            of: request, policy: headers.request, isTrusted: endpoint.forwarding(to: site).isTrusted)
        change(&forwarded, after: changes)
        forwarded.acceptsTrailers = request.acceptsTrailers
        forwarded.expectsContinue = true
        forwarded.forwardsTrailers = route.forwardsTrailers && request.framing.isChunked
        if let stored {
            forwarded.framing = .length(UInt64(stored.count))
            forwarded.expectsContinue = false
            forwarded.forwardsTrailers = false
        }
        upstream.begin(
            request, forwarded, policy: headers.request, client: endpoint.forwarding(to: site))
    }
}
