import EventLoop
import HTTP
import Upstreams

/// Which server an attempt goes to.
extension Exchange {
    /// What the group needs to know of the request to pick a server.
    mutating func pickRequest(for request: RequestHead, over route: ProxyRoute) -> UpstreamGroup.Request {
        var wanted = UpstreamGroup.Request(now: resources.now)
        route.group.countRequest()
        if case .hash(let source) = route.group.method { wanted.key = key(source) }
        if let server = route.proxying.sticky?.server(in: request.fields) {
            wanted.stuckTo = route.group.servers.firstIndex { $0.identityHash == server }
        }
        return wanted
    }

    /// Picks a server and counts the request as under way there; nil while all are full, or others wait already.
    mutating func choose(_ proxied: borrowing ProxiedRequest) throws(Failure) -> Int? {
        // A request that comes later must not overtake those that wait.
        if let queue = generation.queue(of: proxied.route), !queue.isEmpty { return nil }
        return try Self.pick(from: proxied.route.group, proxied.pick)
    }

    /// Waits in the queue until a server has room, and picks it.
    mutating nonisolated(nonsending) func waitForRoom(_ proxied: inout ProxiedRequest) async throws(Failure) -> Int {
        let (waiter, since, route) = (client.waiter, resources.now, proxied.route)
        guard let queue = generation.queue(of: route), let limit = route.pool.queue?.limit, queue.enter(waiter, limit) else {
            throw Failure(.upstreamQueueFull, key: "sites.proxy.load_balancing.queue")
        }
        defer {
            record.waitDuration = resources.now &- since
            queue.leave(waiter)
            client.unwatch()
        }
        while true {
            client.watch(reading: false, writing: false)
            if await queue.wait(waiter, since: since, limit) == .timedOut {
                throw Failure(.upstreamQueueTimeout, key: "sites.proxy.load_balancing.queue_timeout")
            }
            try client.checkPresence(generation.limits, now: resources.now)
            guard queue.isFirst(waiter) else { continue }
            proxied.pick.now = resources.now
            if let choice = try Self.pick(from: route.group, proxied.pick) { return choice }
        }
    }

    /// - Returns: nil while all are full.
    private static func pick(from group: UpstreamGroup, _ request: UpstreamGroup.Request) throws(Failure) -> Int? {
        switch group.pick(request) {
        case .server(let choice): return choice
        case .full: return nil
        case .draining: throw Failure(.groupDraining, key: "sites.proxy.upstreams.drain")
        case .unavailable(let time):
            let last = group.servers.lazy.compactMap { server in server.state.health.lastFault.map { "; \(server.url): \($0)" } }
            throw Failure(
                .groupUnavailable, detail: "no server of the group can be reached" + (last.first ?? ""),
                retryAfter: max(1, (time + 999_999_999) / 1_000_000_000))
        }
    }
}
