import EventLoop
import HTTP
import Upstreams

/// The step that sends a request to an upstream and its answer back.
extension Exchange {
    /// Picks a server, leases a connection and relays; after a failure again, usually with another server, where that is safe.
    mutating nonisolated(nonsending) func proxy(
        _ request: RequestHead, over route: ProxyRoute, _ found: RouteTable.Found, of site: SitePlan
    ) async throws(Failure) {
        let rewritten =
            if let rewrite = route.rewrite { try self.rewritten(request, by: rewrite, found, of: site) } else { [UInt8]() }
        let wantsUpgrade = try checkUpgrade(of: request, over: route)
        if case .length(let length) = request.framing { try route.proxying.bodyLimit.check(length) }
        if let compression = site.compression { request.addPlainTags(codings: compression.codings) }
        var wanted = pickRequest(for: request, over: route)
        var needsFresh = wantsUpgrade
        var replay: Replay?
        if route.proxying.storage != nil {
            replay = try await storedBody(of: request, route.proxying, wantsUpgrade: wantsUpgrade)
        }
        var overRate = 0
        defer { reportFault() }
        while true {
            wanted.now = resources.loop.now
            let free = try choose(route, wanted)
            let choice = if let free { free } else { try await waitForRoom(route, wanted) }
            let server = route.group.servers[choice]
            record.server = server
            record.serverSeries = route.pool.series.isEmpty ? nil : route.pool.series[choice]
            if wantsUpgrade, !admitsHandshake(route, choice) {
                // This is no attempt: the others are tried in turn, and when all are over their rate the client is told.
                guard !wanted.excluded.contains(choice), overRate < route.group.servers.count else { throw Self.handshakeRate }
                overRate += 1
                wanted.excluded.insert(choice)
                continue
            }
            record.attempts += 1
            let began = resources.loop.now
            do throws(Failure) {
                let pool = generation.pool(of: route, choice)
                let lease = try await lease(from: pool, for: request, wantsUpgrade: wantsUpgrade, needsFresh: needsFresh)
                let upstream = lease.side
                writeHead(
                    of: request, to: upstream, route, choice, found.remainder, rewritten, site, wantsUpgrade, replay?.stored)
                try await attempt(
                    request, over: lease, upstream, to: server, of: route, site, wantsUpgrade: wantsUpgrade,
                    terms: terms(of: request, over: route, choice, isStuck: wanted.stuckTo == choice, &replay), began: began)
                return
            } catch {
                tell(error, to: server, of: route.group, began: began)
                guard mayRetry(error, route, replay) else { throw error }
                // The connection has ended or is full, not the server: another connection to it will do.
                if case .unprocessed = error.retry { continue }
                if case .closed(isReused: true) = error.retry {
                    // A stale connection says nothing about its server, but others may be as stale.
                    needsFresh = true
                    if route.group.servers.count == 1 || wanted.stuckTo == choice { continue }
                }
                wanted.excluded.insert(choice)
            }
        }
    }

    /// One try over one connection. The lease goes back only after a clean end; any other way out drops it.
    @inline(__always)  // Price 7.
    private mutating nonisolated(nonsending) func attempt(
        _ request: RequestHead, over lease: consuming Lease, _ upstream: any UpstreamSide, to server: UpstreamServer,
        of route: ProxyRoute, _ site: SitePlan, wantsUpgrade: Bool, terms: consuming RelayTerms, began: UInt64
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        let response = resources.acquireResponseHead()
        defer { resources.release(response) }
        var relay = Relay(
            client, upstream, request: request, responder: responder, head: response, site: site, headers: headers,
            limits: generation.limits, proxying: route.proxying, wantsUpgrade: wantsUpgrade, terms: terms)
        let outcome: Relay.Outcome
        do throws(Failure) {
            outcome = try await relay.run()
        } catch {
            note(&relay)
            endCall(&relay, error)
            throw relay.isHeldUpByClient(now: resources.loop.now) ? error.ofHeldUpAnswer : error
        }
        note(&relay)
        tell(relay, to: server, of: route.group, began: began)
        switch outcome {
        case .complete: lease.giveBack()
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
