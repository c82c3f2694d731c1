import EventLoop
import HTTP
import Upstreams

/// The step that sends a request to an upstream and its answer back.
extension Exchange {
    /// Picks a server, leases a connection and relays; after a failure again, usually with another server, where that is safe.
    mutating nonisolated(nonsending) func proxy(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan
    ) async throws(Failure) {
        var proxied = try prepare(request, over: route, found, of: site)
        if let storage = route.proxying.storage { proxied.replay = try await storedBody(of: &proxied, in: storage) }
        defer { reportFault() }
        while true {
            proxied.pick.now = resources.now
            let free = try choose(proxied)
            let choice = if let free { free } else { try await waitForRoom(&proxied) }
            let server = route.group.servers[choice]
            record.server = server
            record.serverSeries = route.pool.series.isEmpty ? nil : route.pool.series[choice]
            if proxied.wantsUpgrade, try !admitsHandshake(&proxied, to: choice) { continue }
            record.attempts += 1
            let began = proxied.pick.now
            do throws(Failure) {
                return try await attempt(&proxied, over: route, to: choice, server, began: began)
            } catch {
                report(error, of: server, about: proxied, began: began)
                guard mayRetry(proxied, after: error) else { throw error }
                proxied.learn(from: error, of: choice)
            }
        }
    }

    /// What can be said of the request before a server is picked.
    private mutating func prepare(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan
    ) throws(Failure) -> ProxiedRequest {
        let rewritten =
            if let rewrite = route.rewrite { try self.rewritten(request, by: rewrite, found, of: site) } else { [UInt8]() }
        let wantsUpgrade = try checkUpgrade(of: request, over: route)
        if case .length(let length) = request.framing { try route.proxying.bodyLimit.check(length) }
        if let compression = site.compression { request.addPlainTags(codings: compression.codings) }
        return ProxiedRequest(
            head: request, route: route, site: site, remainder: found.remainder, rewritten: rewritten, wantsUpgrade: wantsUpgrade,
            pick: pickRequest(for: request, over: route), needsFresh: wantsUpgrade)
    }

    /// One try over one connection. The lease goes back only after a clean end; any other way out drops it.
    @inline(__always)  // Price 7.
    private mutating nonisolated(nonsending) func attempt(
        _ proxied: inout ProxiedRequest, over route: ProxyRoute, to choice: Int, _ server: UpstreamServer, began: UInt64
    ) async throws(Failure) {
        let lease = try await lease(for: &proxied, from: generation.pool(of: route, choice))
        let upstream = lease.side
        writeHead(of: &proxied, to: upstream, choice)
        proxied.keepBody(for: choice)
        let options = options(of: &proxied, choice)
        guard let responder = responder.take() else { return }
        let response = resources.heads.acquireResponse()
        defer { resources.heads.release(response) }
        var relay = Relay(
            proxied, from: client, to: upstream, headers: headers, responder: responder, head: response,
            limits: generation.limits, options: options)
        let outcome: Relay.Outcome
        do throws(Failure) {
            outcome = try await relay.run()
        } catch {
            note(&relay)
            endCall(&relay, error)
            throw relay.isHeldUpByClient(now: resources.now) ? error.ofHeldUpAnswer : error
        }
        note(&relay)
        report(&relay, of: server, about: &proxied, began: began)
        switch outcome {
        case .complete: lease.release()
        case .upgraded: beginTunnel(route, response, lease)
        }
    }

    private mutating func note(_ relay: inout Relay) {
        responder = relay.takeResponder()
        record.status = relay.download.status
        noteCall(relay)
        if relay.download.answeredAt > 0 { record.upstreamDuration = relay.download.answeredAt &- record.began }
    }
}
