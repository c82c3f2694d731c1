import Protection

/// How many requests may be under way at once: of a site, or of a route.
final class ConcurrencyPlan: Sendable {
    /// The counts, the same object in every plan.
    let counts: RequestCounts
    /// 0: no limit.
    let most: Int
    /// 0: no limit.
    let mostPerClient: Int
    /// The configuration's table.
    let key: String

    init(_ counts: RequestCounts, most: Int, mostPerClient: Int, key: String) {
        self.counts = counts
        self.most = most
        self.mostPerClient = mostPerClient
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
        let client = plan.mostPerClient > 0 ? client : nil
        switch plan.counts.enter(most: plan.most, client: client, mostOfClient: plan.mostPerClient) {
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
