import HTTP
import Synchronization

/// The tunnels of a route, or of a site, that are open and handshakes that are under way, over all workers. It outlives a plan:
/// tunnels do.
final class TunnelCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    /// Counts one more in, however many there are.
    /// - Returns: how many there are now.
    fileprivate func enter() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }

    fileprivate func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// How many tunnels each client has, over all workers. Looked at when one opens and when it ends, and only if there is a limit,
/// so its lock stands in no request's way.
final class ClientTunnelCounts: Sendable {
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// Counts one more tunnel of the client.
    /// - Returns: false when it has all it may have.
    fileprivate func reserve(_ client: IPAddress, atMost limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[client] ?? 0
            guard count < limit else { return false }
            counts[client] = count + 1
            return true
        }
    }

    fileprivate func release(_ client: IPAddress) {
        counts.withLock { counts in
            let count = counts[client] ?? 1
            counts[client] = count > 1 ? count - 1 : nil
        }
    }

    /// The client's group of addresses that counts as one: an IPv6 client has at least a /64 to itself (RFC 6177 §2).
    fileprivate func counted(_ client: IPAddress?) -> IPAddress? {
        guard let client else { return nil }
        return client.isIPv6 ? IPAddress(v6: client.high, 0) : client
    }
}

/// A slot among the tunnels of a route, of its site and of a client, from the handshake to the tunnel's end. Dropping it frees
/// the slot.
struct TunnelSlot: ~Copyable {
    /// Whose slot it is, in whatever plan.
    let ofRoute: TunnelCount
    private let ofSite: TunnelCount
    private let clients: ClientTunnelCounts
    private let client: IPAddress?

    /// - Parameter clientLimit: tunnels of one client at once; 0: no limit.
    /// - Throws: 503 with the limit that is reached.
    init(_ route: ProxyRoute, client: IPAddress?, clients: ClientTunnelCounts, clientLimit: Int) throws(Failure) {
        let (limit, siteLimit) = (route.tunnel.maxTunnels, route.tunnel.maxTunnelsOfSite)
        let (count, siteCount) = (route.tunnelCount.enter(), route.siteTunnelCount.enter())
        let client = clientLimit > 0 ? clients.counted(client) : nil
        var failure: Failure?
        if limit > 0, count > limit {
            failure = Failure(
                .tooManyTunnels, detail: "This service has as many WebSockets open as it may.",
                key: "sites.proxy.routes.max_tunnels")
        } else if siteLimit > 0, siteCount > siteLimit {
            failure = Failure(
                .tooManyTunnels, detail: "This site has as many WebSockets open as it may.", key: "sites.max_tunnels")
        } else if let client, !clients.reserve(client, atMost: clientLimit) {
            failure = Failure(
                .tooManyTunnelsOfClient, detail: "Your address has as many WebSockets open as it may.",
                key: "limits.max_tunnels_per_client")
        }
        if let failure {
            route.tunnelCount.leave()
            route.siteTunnelCount.leave()
            throw failure
        }
        ofRoute = route.tunnelCount
        ofSite = route.siteTunnelCount
        self.clients = clients
        self.client = client
    }

    deinit {
        ofRoute.leave()
        ofSite.leave()
        if let client { clients.release(client) }
    }
}
