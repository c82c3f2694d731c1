import HTTP

/// The step that answers a health check: may clients be sent here?
extension Exchange {
    /// - Throws: why they may not.
    mutating nonisolated(nonsending) func answerHealth(of site: SitePlan, _ request: RequestHead) async throws(Failure) {
        if resources.shared.isStopping { throw Failure(.notReady, detail: "the gateway is stopping", key: "limits.drain_delay") }
        if site.isDraining { throw Failure(.notReady, detail: "the site drains", key: "sites.drain") }
        if site.isDegraded { throw Failure(.notReady, detail: "the site is degraded") }
        try await send(.ready(request, headers: headers, by: generation.plan.proxyName))
    }
}
