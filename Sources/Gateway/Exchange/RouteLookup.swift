package import HTTP

/// The router as a benchmark sees it (Benchmarks/micro): a request in, where its path goes on out. So what a `Router` takes and
/// returns stays the gateway's own.
package struct RouteLookup {
    private let site: SitePlan

    /// - Parameter plan: of which the first listener's default site is taken.
    package init?(_ plan: Plan) {
        guard let site = plan.listeners.first?.fallback else { return nil }
        self.site = site
    }

    /// Where the path goes on behind the prefix of the request's route; -1 without a route.
    package func remainder(_ request: RequestHead) -> Int {
        let decision = Router.decide(site, request) { RequestOrigin(address: nil, scheme: Array("https".utf8)) }
        guard case .route(let found) = decision else { return -1 }
        return found.remainder
    }
}
