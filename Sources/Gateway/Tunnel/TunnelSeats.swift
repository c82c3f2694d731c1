import HTTP
import Synchronization

/// How many tunnels each client has, over all workers. Looked at when one opens and when it ends, and only if there is a limit,
/// so its lock stands in no request's way.
final class TunnelSeats: Sendable {
    private let limit: Int
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// - Parameter limit: tunnels of one client at once; 0: no limit.
    init(limit: Int) {
        self.limit = limit
    }

    /// False when the client has all it may have.
    fileprivate func reserve(_ client: IPAddress) -> Bool {
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
        guard limit > 0, let client else { return nil }
        return client.isIPv6 ? IPAddress(v6: client.high, 0) : client
    }
}

/// A place among the tunnels of a route and of a client, from the handshake to the tunnel's end. Dropping it frees the place.
struct TunnelSeat: ~Copyable {
    private let route: RoutePlan
    private let seats: TunnelSeats
    private let client: IPAddress?

    /// - Throws: 503 with the limit that is reached.
    init(_ route: RoutePlan, client: IPAddress?, seats: TunnelSeats) throws(Failure) {
        let limit = route.tunnel.maxTunnels
        let count = route.tunnelCount.wrappingAdd(1, ordering: .relaxed).newValue
        let client = seats.counted(client)
        var failure: Failure?
        if limit > 0, count > limit {
            failure = Failure(
                "too_many_tunnels", status: 503, blame: .gateway, detail: "This service has as many WebSockets open as it may.",
                key: "sites.proxy.routes.max_tunnels")
        } else if let client, !seats.reserve(client) {
            failure = Failure(
                "too_many_tunnels_of_client", status: 503, blame: .client,
                detail: "Your address has as many WebSockets open as it may.", key: "limits.max_tunnels_per_client")
        }
        if let failure {
            route.tunnelCount.wrappingSubtract(1, ordering: .relaxed)
            throw failure
        }
        self.route = route
        self.seats = seats
        self.client = client
    }

    deinit {
        route.tunnelCount.wrappingSubtract(1, ordering: .relaxed)
        if let client { seats.release(client) }
    }
}
