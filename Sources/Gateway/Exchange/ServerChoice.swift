import EventLoop
import HTTP
import Transport
import Upstreams

/// Which server an attempt goes to.
extension Exchange {
    /// What the group has to know of the request.
    mutating func wish(for request: RequestHead, over route: RoutePlan) -> UpstreamGroup.Request {
        var wanted = UpstreamGroup.Request(now: state.loop.now)
        route.group.countRequest()
        if case .hash(let source) = route.group.method { wanted.key = key(source) }
        if let server = route.proxying.sticky?.server(in: request.fields) {
            wanted.stuckTo = route.group.servers.firstIndex { $0.identityHash == server }
        }
        return wanted
    }

    /// Picks a server; nil while all are full. What is picked counts as under way.
    mutating func choose(_ route: RoutePlan, _ request: UpstreamGroup.Request) throws(Failure) -> Int? {
        // Who comes later does not pass those who wait.
        if let queue = generation.queue(of: route), !queue.isEmpty { return nil }
        switch route.group.pick(request) {
        case .server(let choice): return choice
        case .full: return nil
        case .draining: throw Failure(.groupDraining, key: "sites.proxy.upstreams.drain")
        case .unavailable(let time): throw Self.unavailable(route.group, time)
        }
    }

    /// Waits in the queue for a server that has room.
    mutating nonisolated(nonsending) func waitForRoom(
        _ route: RoutePlan, _ request: UpstreamGroup.Request
    ) async throws(Failure) -> Int {
        let waiter = client.waiter
        let since = state.loop.now
        var request = request
        guard let queue = generation.queue(of: route), let limit = route.pool.queue?.limit, queue.enter(waiter, limit) else {
            throw Failure(.upstreamQueueFull, key: "sites.proxy.load_balancing.queue")
        }
        defer {
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
            request.now = state.loop.now
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

    /// The key of what the method `hash` looks at.
    private mutating func key(_ source: HashSource) -> UInt64 {
        let head = client.request
        switch source {
        case .client: return HashSource.key(clientAddress.utf8)
        case .path: return HashSource.key(head.fields.bytes, head.path)
        case .header(let name):
            guard let line = head.fields.firstLine(named: name) else { return 0 }
            return HashSource.key(head.fields.bytes, line.value)
        case .cookie(let name):
            guard let value = CookieValue.find(name, in: head.fields) else { return 0 }
            return HashSource.key(head.fields.bytes, value)
        }
    }

    /// The client that the site believes in: behind trusted proxies, the one they name.
    private var clientAddress: String {
        guard let site = record.site, let peer = endpoint.address, !site.trustedProxies.isEmpty else {
            return endpoint.peer.host
        }
        return ForwardedChain.clientAddress(client.request.fields, peer: peer, trusted: site.trustedProxies).text
    }
}

extension FieldSection {
    /// The first line of a field that has no word of its own in `KnownField`, or has.
    /// - Parameter name: lower case.
    fileprivate func firstLine(named name: String) -> FieldLine? {
        let wanted = name.utf8
        return lines.first { line in
            line.name.count == wanted.count
                && zip(bytes[line.name], wanted).allSatisfy { (65...90 ~= $0 ? $0 | 0x20 : $0) == $1 }
        }
    }
}
