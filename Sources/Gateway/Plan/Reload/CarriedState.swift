import Protection
import Synchronization
import TLS
import Upstreams

/// What the gateway has learned or counts and no configuration says: a new plan takes it over, so that a change of configuration
/// forgets nothing. Each piece is found by what it is of; what no plan, exchange or tunnel holds any more is forgotten.
///
/// A plan that is built and never used leaves nothing behind: it has looked up, and at most made what nobody else sees.
final class CarriedState: Sendable {
    private struct Tables {
        var servers = IdentityTable<ServerIdentity, ServerState>()
        var handshakes = IdentityTable<ServerIdentity, HandshakeRate.Schedule>()
        var budgets = IdentityTable<PoolIdentity, RetryBudget.Account>()
        var queues = IdentityTable<PoolIdentity, RequestQueue.Count>()
        var turns = IdentityTable<GroupIdentity, UpstreamGroup.Turns>()
        var tunnels = IdentityTable<RouteIdentity, TunnelCount>()
        var siteTunnels = IdentityTable<SiteIdentity, TunnelCount>()
        var rates = IdentityTable<RateIdentity, RateTable>()
        var keys = IdentityTable<FetchedKeys.Identity, FetchedKeys>()
        var requests = IdentityTable<RateIdentity, RequestCounts>()
        var routeSeries = IdentityTable<MetricLabels, RouteSeries>()
        var disks = IdentityTable<DiskStore.Identity, DiskStore>()
        var cacheSeries = IdentityTable<SiteIdentity, CacheSeries>()
        var changedTargets = IdentityTable<SiteIdentity, ChangedTargets>()
        var serverSeries = IdentityTable<MetricLabels, ServerSeries>()
        var tcpSeries = IdentityTable<MetricLabels, TCPSeries>()
    }

    /// How much is stored of requests' bodies.
    let storedBytes = StoredBytes()
    /// Raised when a server's health has changed.
    let healthSignal = HealthSignal()
    private let tables = Mutex(Tables())
    /// Signs sticky cookies where the configuration has no secret: as long as the process lives.
    let stickySecret: String
    /// Who reads the certificates that are got by themselves.
    let storedCertificates = StoredCertificates()
    /// The fleet's keys for session tickets.
    let fleetTicketKeys = SharedTicketKeys()
    /// What rate limits that count over a fleet share.
    let sharedRates = SharedRates()
    /// Probes that are shared out among a fleet.
    let sharedProbes = SharedProbes()
    /// What is shown to authorities that prove a name in a handshake (RFC 8737).
    let challenges = ChallengeCertificates()

    /// - Parameter stickySecret: of a process before this one; nil: a new one.
    init(stickySecret: String? = nil) {
        self.stickySecret =
            stickySecret ?? (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined(separator: ".")
    }

    /// Health, ejection, circuit, answer times and what is under way.
    func server(_ identity: ServerIdentity) -> ServerState {
        tables.withLock { $0.servers.object(of: identity, orNew: ServerState(healthSignal)) }
    }

    func handshakes(_ identity: ServerIdentity) -> HandshakeRate.Schedule {
        tables.withLock { $0.handshakes.object(of: identity, orNew: HandshakeRate.Schedule()) }
    }

    /// The retries that a pool's requests have saved up.
    func account(_ identity: PoolIdentity) -> RetryBudget.Account {
        tables.withLock { $0.budgets.object(of: identity, orNew: RetryBudget.Account()) }
    }

    /// How many requests wait for a pool's servers.
    func queue(_ identity: PoolIdentity) -> RequestQueue.Count {
        tables.withLock { $0.queues.object(of: identity, orNew: RequestQueue.Count()) }
    }

    func turns(_ identity: GroupIdentity) -> UpstreamGroup.Turns {
        tables.withLock { $0.turns.object(of: identity, orNew: UpstreamGroup.Turns()) }
    }

    func tunnels(_ identity: RouteIdentity) -> TunnelCount {
        tables.withLock { $0.tunnels.object(of: identity, orNew: TunnelCount()) }
    }

    /// The count of the tunnels of all routes of a site.
    func tunnels(_ identity: SiteIdentity) -> TunnelCount {
        tables.withLock { $0.siteTunnels.object(of: identity, orNew: TunnelCount()) }
    }

    /// What clients have used of a rate limit.
    func rates(_ identity: RateIdentity) -> RateTable {
        tables.withLock { $0.rates.object(of: identity, orNew: RateTable(clients: identity.clients)) }
    }

    /// The requests of a site or route that are under way.
    func requests(_ identity: RateIdentity) -> RequestCounts {
        tables.withLock { $0.requests.object(of: identity, orNew: RequestCounts()) }
    }

    /// The keys of an issuer.
    func keys(_ identity: FetchedKeys.Identity, orNew make: () -> FetchedKeys) -> FetchedKeys {
        if let known = tables.withLock({ $0.keys.known(identity) }) { return known }
        // It reads a file: not under the lock.
        let new = make()
        return tables.withLock { $0.keys.object(of: identity, orNew: new) }
    }

    /// What is counted of a route, by its labels.
    func routeSeries(_ labels: MetricLabels, workers: Int) -> RouteSeries {
        tables.withLock { $0.routeSeries.object(of: labels, orNew: RouteSeries(labels, workers: workers)) }
    }

    func serverSeries(_ labels: MetricLabels, workers: Int) -> ServerSeries {
        tables.withLock { $0.serverSeries.object(of: labels, orNew: ServerSeries(labels, workers: workers)) }
    }

    func tcpSeries(_ labels: MetricLabels, workers: Int) -> TCPSeries {
        tables.withLock { $0.tcpSeries.object(of: labels, orNew: TCPSeries(labels, workers: workers)) }
    }

    func cacheSeries(_ site: SiteIdentity, _ labels: MetricLabels, workers: Int) -> CacheSeries {
        tables.withLock { $0.cacheSeries.object(of: site, orNew: CacheSeries(labels, workers: workers)) }
    }

    /// What requests to a site have changed.
    func changedTargets(_ site: SiteIdentity) -> ChangedTargets {
        tables.withLock { $0.changedTargets.object(of: site, orNew: ChangedTargets()) }
    }

    /// Stored answers on disk.
    func disk(_ identity: DiskStore.Identity) -> DiskStore {
        tables.withLock { $0.disks.object(of: identity, orNew: DiskStore(identity)) }
    }

    /// Forgets what nobody holds any more.
    func forgetUnused() {
        tables.withLock { tables in
            tables.servers.forgetUnused()
            tables.handshakes.forgetUnused()
            tables.budgets.forgetUnused()
            tables.queues.forgetUnused()
            tables.turns.forgetUnused()
            tables.tunnels.forgetUnused()
            tables.siteTunnels.forgetUnused()
            tables.rates.forgetUnused()
            tables.requests.forgetUnused()
            tables.keys.forgetUnused()
            tables.routeSeries.forgetUnused()
            tables.serverSeries.forgetUnused()
            tables.tcpSeries.forgetUnused()
            tables.cacheSeries.forgetUnused()
            tables.changedTargets.forgetUnused()
            tables.disks.forgetUnused()
        }
        sharedRates.forgetUnused()
    }
}

/// Objects by what they are of.
struct IdentityTable<Identity: Hashable, Object: AnyObject> {
    private var objects: [Identity: Object] = [:]

    func known(_ identity: Identity) -> Object? { objects[identity] }

    /// The one object of this identity.
    mutating func object(of identity: Identity, orNew make: @autoclosure () -> Object) -> Object {
        if let known = objects[identity] { return known }
        let new = make()
        objects[identity] = new
        return new
    }

    /// Drops the objects that nobody else holds.
    mutating func forgetUnused() {
        var unused: [Identity] = []
        // In their places: to look each up takes milliseconds with thousands of routes. Whoever goes through the table's indices
        // holds a copy of it, and with that all objects.
        var index = objects.startIndex
        while index != objects.endIndex {
            if isKnownUniquelyReferenced(&objects.values[index]) { unused.append(objects[index].key) }
            objects.formIndex(after: &index)
        }
        for identity in unused { objects[identity] = nil }
    }
}
