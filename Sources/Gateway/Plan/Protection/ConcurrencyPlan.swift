import Protection

/// How many requests may be under way at once: of a site, or of a route.
final class ConcurrencyPlan: Sendable {
    /// The counts, the same object in every plan.
    let counts: RequestCounts
    /// 0: no limit.
    let maxRequests: Int
    /// 0: no limit.
    let maxPerClient: Int
    /// The configuration's table.
    let key: String

    init(_ counts: RequestCounts, maxRequests: Int, maxPerClient: Int, key: String) {
        self.counts = counts
        self.maxRequests = maxRequests
        self.maxPerClient = maxPerClient
        self.key = key
    }
}

/// One request's slots in limits of concurrent requests; dropping it frees them.
final class RequestSlots {
    private var taken: [(counts: RequestCounts, client: UInt64?)] = []

    /// Counts the request in at one more.
    /// - Parameter client: its number.
    /// - Throws: which limit is reached.
    func enter(_ plan: ConcurrencyPlan, client: UInt64) throws(Failure) {
        let client = plan.maxPerClient > 0 ? client : nil
        switch plan.counts.enter(maxRequests: plan.maxRequests, client: client, maxPerClient: plan.maxPerClient) {
        case .all:
            throw Failure(
                .tooManyRequests, detail: "As many requests are under way here as there may be; try again soon.",
                key: "\(plan.key).requests", retryAfter: 1)
        case .client:
            throw Failure(
                .tooManyRequestsOfClient, detail: "You have as many requests under way as you may.",
                key: "\(plan.key).requests_per_client", retryAfter: 1)
        case nil: taken.append((plan.counts, client))
        }
    }

    deinit {
        for (counts, client) in taken { counts.leave(client) }
    }
}
