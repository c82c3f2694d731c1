import EventLoop
import HTTP
import StaticFiles
import Transport
import Upstreams

/// Leases a connection to an upstream: an idle one, or a new one.
extension Exchange {
    /// Leases a connection to the server that was picked; a failure ends what the pick began.
    @inline(__always)  // Price 7.
    mutating nonisolated(nonsending) func lease(
        for proxied: inout ProxiedRequest, from pool: Pool
    ) async throws(Failure) -> Lease {
        if pool.sharesConnections {
            if proxied.wantsUpgrade { return try await connectForWebSocket(&proxied, pool) }
        } else if proxied.needsFresh {
            return try await connect(&proxied, pool)
        }
        if let idle = pool.leaseIdle(carefully: !proxied.head.method.isIdempotent) { return idle }
        return try await connect(&proxied, pool)
    }

    private mutating nonisolated(nonsending) func connect(
        _ proxied: inout ProxiedRequest, _ pool: Pool
    ) async throws(Failure) -> Lease {
        let backoffDeadline = proxied.backoffDeadline(pool)
        while true {
            do throws(TransportError) { return try await open(pool, backoffDeadline) } catch {
                // A descriptor for this request is worth more than a cached open file.
                if error.isExhaustion, resources.fileCache.closeFiles() { continue }
                throw Failure.connecting(error)
            }
        }
    }

    private mutating nonisolated(nonsending) func open(_ pool: Pool, _ deadline: UInt64) async throws(TransportError) -> Lease {
        let header = endpoint.proxyHeader(for: pool.server, from: client.localAddress)
        let began = resources.now
        let lease = try await pool.connect(client.waiter, header: header, backoffDeadline: deadline)
        record.connectDuration = resources.now &- began
        if lease.isNew { noteConnection() }
        return lease
    }

    private func noteConnection() {
        record.serverSeries?.add(1, at: ServerSeries.Index.opened, worker: resources.number)
        record.server?.reached(now: resources.now)
    }

    private mutating nonisolated(nonsending) func connectForWebSocket(
        _ proxied: inout ProxiedRequest, _ pool: Pool
    ) async throws(Failure) -> Lease {
        let found: Lease?
        do throws(TransportError) {
            found = try await pool.connectForWebSocket(client.waiter, backoffDeadline: proxied.backoffDeadline(pool))
        } catch {
            throw Failure.connecting(error)
        }
        guard let lease = found else {
            throw Failure(
                .upstreamNoWebSocket, detail: "the server offers no WebSockets over HTTP/2 (RFC 8441)", retry: .unoffered,
                key: "sites.proxy.upstreams.http_version")
        }
        if lease.isNew { noteConnection() }
        return lease
    }
}

extension ProxiedRequest {
    /// Until when it waits for servers that have asked for a backoff: all of its attempts together as long as for one connection.
    fileprivate mutating func backoffDeadline(_ pool: Pool) -> UInt64 {
        let end = backoffDeadline ?? pool.backoffDeadline
        backoffDeadline = end
        return end
    }
}
