import EventLoop
import HTTP
import Transport
import Upstreams

/// The step that sends a request to an upstream and its answer back.
extension Exchange {
    /// Chooses a server, leases a connection, relays; again with another where that is safe.
    mutating nonisolated(nonsending) func proxy(
        _ route: RoutePlan, _ remainder: Int, of site: SitePlan
    ) async throws(Failure) {
        record.route = route
        let loop = state.loop
        let head = client.request
        let wantsUpgrade = try checkUpgrade(route)
        try checkAnnouncedSize(head)
        var request = pickRequest(route)
        var needsFresh = wantsUpgrade
        var replay: Replay?
        var overRate = 0
        let fields = answerFields
        defer { settleHeldFault() }
        while true {
            request.now = loop.now
            let free = try choose(route, request)
            let choice = if let free { free } else { try await waitForRoom(route, request) }
            let server = route.group.servers[choice]
            record.server = server
            if wantsUpgrade, !admitsHandshake(route, choice) {
                // That was no attempt: each of the others is asked, and then the client is told.
                guard !request.excluded.contains(choice), overRate < route.group.servers.count else { throw Self.handshakeRate }
                overRate += 1
                request.excluded.insert(choice)
                continue
            }
            record.attempts += 1
            let began = loop.now
            do throws(Failure) {
                let pool = generation.pool(of: route, choice)
                let lease: Lease
                if !needsFresh, let idle = pool.leaseIdle(carefully: !head.method.isIdempotent) {
                    lease = idle
                } else {
                    lease = try await connect(pool)
                }
                let terms = terms(route, choice, head, request, &replay)
                try await attempt(
                    route, choice, remainder, of: site, over: lease, wantsUpgrade: wantsUpgrade, terms: terms, began: began)
                return
            } catch {
                // A server that failed has no say in the answer of another.
                answerFields = fields
                tell(error, to: server, of: route.group)
                guard mayRetry(error, route, replay) else { throw error }
                if case .closed(isReused: true) = error.retry {
                    // A stale connection says nothing about its server, but others may be as stale.
                    needsFresh = true
                    if route.group.servers.count == 1 || request.stuckTo == choice { continue }
                }
                request.excluded.insert(choice)
            }
        }
    }

    private mutating nonisolated(nonsending) func connect(_ pool: Pool) async throws(Failure) -> Lease {
        do throws(TransportError) {
            return try await pool.connect(client.waiter)
        } catch {
            throw Failure.connecting(error)
        }
    }

    /// One try over one connection. The lease goes back only after a clean end; any other way out drops it.
    private mutating nonisolated(nonsending) func attempt(
        _ route: RoutePlan, _ choice: Int, _ remainder: Int, of site: SitePlan, over lease: consuming Lease,
        wantsUpgrade: Bool, terms: RelayTerms, began: UInt64
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        let upstream = lease.side
        let response = state.acquireResponseHead()
        defer { state.release(response) }
        writeHead(to: upstream, route, choice, remainder, site, wantsUpgrade)
        var relay = Relay(
            client, upstream, responder: responder, head: response, site: site, limits: generation.limits,
            wantsUpgrade: wantsUpgrade, terms: terms)
        let outcome: Relay.Outcome
        do throws(Failure) {
            outcome = try await relay.run()
        } catch {
            note(relay)
            self.responder = relay.takeResponder()
            throw error
        }
        note(relay)
        tell(relay, to: route.group.servers[choice], of: route.group, began: began)
        switch outcome {
        case .complete: lease.giveBack()
        case .upgraded: beginTunnel(route, response, lease)
        }
    }

    private mutating func writeHead(
        to upstream: any UpstreamSide, _ route: RoutePlan, _ choice: Int, _ remainder: Int, _ site: SitePlan,
        _ wantsUpgrade: Bool
    ) {
        let request = client.request
        var forwarded = UpstreamRequest(target: route.targets[choice], remainder: remainder, framing: request.framing)
        forwarded.asksForWebSocket = wantsUpgrade
        forwarded.acceptsTrailers = request.acceptsTrailers
        forwarded.expectsContinue = true
        forwarded.forwardsTrailers = route.forwardsTrailers && request.framing == .chunked
        upstream.begin(
            request, forwarded, policy: site.headers.request, client: client.endpoint.forwarding(to: site))
    }

    private mutating func note(_ relay: borrowing Relay) {
        record.status = relay.download.status
        if relay.download.answeredAt > 0 { record.upstreamDuration = relay.download.answeredAt &- record.began }
    }

    private mutating func checkAnnouncedSize(_ head: RequestHead) throws(Failure) {
        let limit = generation.limits.maxBodyBytes
        guard limit > 0, case .length(let length) = head.framing, length > limit else { return }
        throw Failure(.bodyTooLarge, key: "security.max_request_size")
    }
}
