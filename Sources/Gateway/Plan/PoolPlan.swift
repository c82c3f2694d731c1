import Upstreams

/// The servers of one name of a site, and how each worker deals with them.
final class PoolPlan: Sendable {
    /// Those who wait for room at a server.
    struct Queue: Sendable {
        var limit: RequestQueue.Limit
        var count: RequestQueue.Count
    }

    /// Where the pool stands among the plan's: a `Generation` of this plan has the worker's part of it there.
    let place: Int
    /// The names of its site and of itself, for people.
    let site: String
    let name: String
    let servers: [UpstreamServer]
    /// One for each server.
    let handshakeRates: [HandshakeRate]
    let connections: Pool.Settings
    /// Nil if no server has a limit of its own, so that nobody waits.
    let queue: Queue?
    /// Counts what each server answers, in their order; empty if nothing is counted.
    let series: [ServerSeries]
    /// How the servers are probed; nil if they are not.
    let probing: Prober.Settings?

    init(
        place: Int, site: String, name: String, servers: [UpstreamServer], handshakeRates: [HandshakeRate],
        connections: Pool.Settings, queue: Queue?,
        series: [ServerSeries], probing: Prober.Settings?
    ) {
        self.place = place
        self.site = site
        self.name = name
        self.servers = servers
        self.handshakeRates = handshakeRates
        self.connections = connections
        self.queue = queue
        self.series = series
        self.probing = probing
    }
}
