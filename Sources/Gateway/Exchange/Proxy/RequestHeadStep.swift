import HTTP
import Upstreams

/// The head of a request as it goes upstream.
extension Exchange {
    /// Writes it anew, by what the route and the rules of fields say.
    /// - Parameter proxied: is only looked at (price 4).
    mutating func writeHead(of proxied: inout ProxiedRequest, to upstream: any UpstreamSide, _ choice: Int) {
        let (request, route) = (proxied.head, proxied.route)
        let client = endpoint.forwarding(to: proxied.site)
        var forwarded = UpstreamRequest(
            target: route.targets[choice], remainder: proxied.remainder, framing: request.framing)
        if !proxied.rewritten.isEmpty { forwarded.rewritten = proxied.rewritten }
        forwarded.asksForWebSocket = proxied.wantsUpgrade
        let changes = forwarded.changes(of: request, policy: headers.request, isTrusted: client.isTrusted)
        change(&forwarded, after: changes)
        forwarded.acceptsTrailers = request.acceptsTrailers
        forwarded.expectsContinue = true
        forwarded.forwardsTrailers = route.forwardsTrailers && request.framing.isChunked
        if let stored = proxied.replay?.stored {
            forwarded.framing = .length(UInt64(stored.count))
            forwarded.expectsContinue = false
            forwarded.forwardsTrailers = false
        }
        upstream.begin(request, forwarded, policy: headers.request, client: client)
    }
}
