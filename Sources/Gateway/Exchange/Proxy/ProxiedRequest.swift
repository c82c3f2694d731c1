import HTTP
import Upstreams

/// A request on its way to the servers of a group: what its attempts have in common, and what one leaves to the next.
struct ProxiedRequest: ~Copyable {
    let head: RequestHead
    let route: ProxyRoute
    let site: SitePlan
    /// Where in its path begins what the route has not taken.
    let remainder: Int
    /// What stands in place of path and query; empty: what the server's target says.
    let rewritten: [UInt8]
    /// It is a WebSocket's handshake.
    let wantsUpgrade: Bool
    /// What a server is picked by, and which servers are out of the question.
    var pick: UpstreamGroup.Request
    /// No idle HTTP/1 connection will do, only a new one.
    var needsFresh: Bool
    /// The body, as far as it is kept for another attempt.
    var replay: Replay?
    /// How many servers were passed over for their handshake rate.
    var overRate = 0
    /// Until when it waits for servers that have asked for a backoff, in monotonic nanoseconds; nil: it has waited for none.
    var backoffDeadline: UInt64?
}
