import Upstreams

/// The servers of one name of a site, and how each worker deals with them.
final class PoolPlan: Sendable {
    /// Those who wait for room at a server.
    struct Queue: Sendable {
        var limit: RequestQueue.Limit
        var count: RequestQueue.Count
    }

    /// Where the pool stands among the plan's: a `Generation` of this plan has the worker's part of it there.
    let index: Int
    /// The names of its site and of itself, for people.
    let site: String
    let name: String
    /// Is it one of `[[upstreams]]`, which sites share?
    let isShared: Bool
    let servers: [UpstreamServer]
    /// The rates of TLS handshakes, one for each server.
    let handshakeRates: [HandshakeRate]
    private let connections: Pool.Settings
    /// Nil if no server has a limit of its own, so that nobody waits.
    let queue: Queue?
    /// Counts what each server answers, in their order; empty if nothing is counted.
    let series: [ServerSeries]
    /// How the servers are probed; nil if they are not.
    let probing: Prober.Settings?
    /// What stands for the servers that are probed, in their order; nil for those that no fleet shares out.
    let probeKeys: [ProbeSet.Key?]
    /// May a worker make its part of it when the first request wants it? Nothing is probed, nobody waits, and no file is read.
    let isMadeOnDemand: Bool

    init(
        index: Int, site: String, name: String, isShared: Bool, servers: [UpstreamServer], handshakeRates: [HandshakeRate],
        connections: Pool.Settings, queue: Queue?,
        series: [ServerSeries], probing: Prober.Settings?, probeKeys: [ProbeSet.Key?]
    ) {
        self.index = index
        self.site = site
        self.name = name
        self.isShared = isShared
        self.servers = servers
        self.handshakeRates = handshakeRates
        self.connections = connections
        self.queue = queue
        self.series = series
        self.probing = probing
        self.probeKeys = probeKeys
        isMadeOnDemand = queue == nil && probing == nil && servers.allSatisfy { $0.tls == nil }
    }

    /// How connections to its servers are kept.
    /// - Parameter limits: of a plan that has the pool.
    func settings(in limits: PlanLimits) -> Pool.Settings {
        var settings = connections
        (settings.chunkLimits, settings.headLimits) = (limits.chunks, limits.head)
        return settings
    }

    /// A key of a site's pools, as it is written for this one.
    func key(_ key: String) -> String {
        guard isShared, let (own, shared) = Self.keys.first(where: { key.hasPrefix($0.own) }) else { return key }
        return shared + key.dropFirst(own.count)
    }

    /// What is written of pools, in a site and in `[[upstreams]]`. All else that concerns a request is its site's.
    private static let keys: [(own: String, shared: String)] = [
        ("sites.proxy.upstreams", "upstreams.servers"), ("sites.proxy.load_balancing", "upstreams.load_balancing"),
        ("sites.proxy.timeout.connect", "upstreams.timeout.connect"),
        ("sites.proxy.timeout.tls_handshake", "upstreams.timeout.tls_handshake"),
    ]
}
