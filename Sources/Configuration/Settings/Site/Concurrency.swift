/// `[sites.concurrency]` and `[sites.proxy.routes.concurrency]`: how many requests may be under way at once; 0: no limit.
package struct Concurrency: Sendable, Equatable {
    package var requests = 0
    /// Requests under way of one address, or one /64 of IPv6.
    package var requestsPerClient = 0

    package init() {}
}
