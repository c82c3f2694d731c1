import EventLoop
import HTTP
import Upstreams

/// Which server an attempt goes to.
extension Exchange {
    /// What the group needs to know of the request to pick a server.
    mutating func pickRequest(for request: RequestHead, over route: ProxyRoute) -> UpstreamGroup.Request {
        var wanted = UpstreamGroup.Request(now: resources.loop.now)
        route.group.countRequest()
        if case .hash(let source) = route.group.method { wanted.key = key(source) }
        if let server = route.proxying.sticky?.server(in: request.fields) {
            wanted.stuckTo = route.group.servers.firstIndex { $0.identityHash == server }
        }
        return wanted
    }

    /// Picks a server and counts the request as under way there; nil while all are full, or others wait already.
    mutating func choose(_ route: ProxyRoute, _ request: UpstreamGroup.Request) throws(Failure) -> Int? {
        // A request that comes later must not overtake those that wait.
        if let queue = generation.queue(of: route), !queue.isEmpty { return nil }
        switch route.group.pick(request) {
        case .server(let choice): return choice
        case .full: return nil
        case .draining: throw Failure(.groupDraining, key: "sites.proxy.upstreams.drain")
        case .unavailable(let time): throw Self.unavailable(route.group, time)
        }
    }

    /// Waits in the queue until a server has room, and picks it.
    mutating nonisolated(nonsending) func waitForRoom(
        _ route: ProxyRoute, _ request: UpstreamGroup.Request
    ) async throws(Failure) -> Int {
        let (waiter, since) = (client.waiter, resources.loop.now)
        var request = request
        guard let queue = generation.queue(of: route), let limit = route.pool.queue?.limit, queue.enter(waiter, limit) else {
            throw Failure(.upstreamQueueFull, key: "sites.proxy.load_balancing.queue")
        }
        defer {
            record.waitDuration = resources.loop.now &- since
            queue.leave(waiter)
            client.unwatch()
        }
        while true {
            client.watch(reading: false, writing: false)
            if await queue.wait(waiter, since: since, limit) == .timedOut {
                throw Failure(.upstreamQueueTimeout, key: "sites.proxy.load_balancing.queue_timeout")
            }
            if client.hasLeft { throw Failure.clientLeft() }
            guard queue.isFirst(waiter) else { continue }
            request.now = resources.loop.now
            switch route.group.pick(request) {
            case .server(let choice): return choice
            case .full: continue
            case .draining: throw Failure(.groupDraining, key: "sites.proxy.upstreams.drain")
            case .unavailable(let time): throw Self.unavailable(route.group, time)
            }
        }
    }

    private static func unavailable(_ group: UpstreamGroup, _ time: UInt64) -> Failure {
        let last = group.servers.lazy.compactMap { server in server.record.health.lastFault.map { "; \(server.url): \($0)" } }
        return Failure(
            .groupUnavailable, detail: "no server of the group can be reached" + (last.first ?? ""),
            retryAfter: max(1, (time + 999_999_999) / 1_000_000_000))
    }
}
