import EventLoop
import HTTP
import TLS
import Transport

extension WorkerResources {
    /// Some of this worker's connections, in slices, so that nobody waits for it.
    nonisolated(nonsending) func connectionReports(limit: Int) async -> [ConnectionReport] {
        var reports: [ConnectionReport] = []
        var streams = streamsUnderWay
        for (index, identifier) in connections.identifiers.prefix(limit).enumerated() {
            if index % Self.countedPerTurn == Self.countedPerTurn - 1 {
                await loop.yield()
                streams = streamsUnderWay
            }
            guard let connection = connections[identifier] else { continue }
            reports.append(report(connection, connection.requestsUnderWay(among: streams)))
        }
        return reports
    }

    /// One of them.
    func connectionReport(_ number: UInt64) -> ConnectionReport? {
        connections[number: number].map { report($0, $0.requestsUnderWay(among: streamsUnderWay)) }
    }

    private func report(_ connection: ClientConnection, _ requests: [RequestUnderWay]) -> ConnectionReport {
        let endpoint = connection.endpoint
        var tunnels = 0
        var (bytesIn, bytesOut): (UInt64, UInt64) = (0, 0)
        var (servers, targets): ([String], [TunnelTarget]) = ([], [])
        var known: Set<TunnelTarget> = []
        connection.forEachTunnel { tunnel in
            tunnels += 1
            if !servers.contains(tunnel.serverURL) { servers.append(tunnel.serverURL) }
            if known.insert(tunnel.target).inserted { targets.append(tunnel.target) }
            let counts = tunnel.counts
            (bytesIn, bytesOut) = (bytesIn &+ counts.up.bytes, bytesOut &+ counts.down.bytes)
        }
        return ConnectionReport(
            identifier: "\(number)-\(connection.number)", client: endpoint.peer, listener: endpoint.listener.address,
            milliseconds: Int((loop.now &- connection.began) / 1_000_000), activity: connection.activity,
            tls: endpoint.tls?.version, serverName: endpoint.session?.serverName,
            requests: requests.map { "\($0.head.methodText) \($0.head.string($0.head.path))" },
            requestNames: requests.reduce(into: []) { $0.formUnion(names(of: $1, by: endpoint)) }, tunnels: tunnels,
            tunnelBytesIn: bytesIn, tunnelBytesOut: bytesOut, tunnelServers: servers, tunnelTargets: targets)
    }

    /// The site's name, and the route as the configuration writes it, as far as there are any.
    private func names(of request: RequestUnderWay, by endpoint: ClientEndpoint) -> [String] {
        guard let site = try? endpoint.site(for: request.head) else { return [] }
        let decision = Router.decide(site, request.head) { endpoint.origin(of: request.head, for: site) }
        let names = decision.route?.names ?? site.names
        return [names.site, names.route].compactMap(\.self)
    }
}
