import Buffers
import EventLoop
import TLS
import Transport
import Upstreams

/// One worker's part of a plan: the pools of connections, the queues of those who wait, the probers.
///
/// An exchange holds the generation that it began in and looks up there whatever has an index in the plan: in another plan
/// another server may have that index. So two plans can be in use at once, and the older one goes with its last exchange. Tunnels
/// and leases do not hold it: what they need of it is their own.
///
/// Of most pools nothing is made before a request wants it: with a thousand sites each worker would make and take apart a
/// thousand pools in every reload, and a client that wakes up would wait for a worker that is at it.
final class Generation {
    /// A pool of the plan, and what this worker has of it. An object, since each request looks at it: a value would be copied,
    /// with a count of references for each of its parts.
    fileprivate final class Part {
        let plan: PoolPlan
        /// One for each server, in its order.
        let connections: [Pool]
        /// Nil if nobody waits.
        let queue: RequestQueue?

        init(plan: PoolPlan, connections: [Pool], queue: RequestQueue?) {
            self.plan = plan
            self.connections = connections
            self.queue = queue
        }
    }

    /// Counts up from 1 in each worker.
    let number: Int
    let plan: Plan
    /// The plan's limits, held here to save a look-up.
    let limits: PlanLimits
    let names: NameCache
    /// One for each server that is probed, if this worker is the one that probes.
    let probers: [Prober]
    /// The worker's caches, in the order of the plan's.
    let caches: [ResponseCache]
    /// The worker's parts of the plan's pools, in their order; nil until one is wanted.
    private var parts: [Part?]
    /// The indices of those that are there: a reload looks at them alone, of a thousand.
    private var made: [Int]
    /// Another one has taken its place: what is made from now on keeps no connection.
    private var isRetired = false
    private let loop: EventLoop
    private let buffers: BufferPool
    private let live: LiveGenerations
    /// Clients of servers that are asked for the gateway's own sake, made as they are needed.
    private var upstreamClients: [ObjectIdentifier: UpstreamClient] = [:]

    /// What a generation is made of, one pool after the other.
    private struct Builder {
        let plan: Plan
        let number: Int
        let names: NameCache
        let caches: [ResponseCache]
        private(set) var parts: [Part?]
        private(set) var made: [Int] = []
        private(set) var probers: [Prober] = []
        private var knownPools: [ObjectIdentifier: Pool] = [:]
        private var knownQueues: [ObjectIdentifier: RequestQueue] = [:]
        let loop: EventLoop
        let buffers: BufferPool
        private let probes: Bool

        init(_ plan: Plan, after previous: Generation?, loop: EventLoop, buffers: BufferPool, probes: Bool) {
            self.plan = plan
            self.loop = loop
            self.buffers = buffers
            self.probes = probes
            number = (previous?.number ?? 0) + 1
            names = previous.flatMap { $0.names.settings == plan.names ? $0.names : nil } ?? NameCache(plan.names, loop: loop)
            caches = plan.caches.map { cache in previous?.caches.first { $0.suits(cache) } ?? ResponseCache(cache) }
            parts = Array(repeating: nil, count: plan.pools.count)
        }

        /// What the generation before has: it is taken over where the plan has it, too.
        mutating func know(_ part: Part) {
            for pool in part.connections { knownPools[ObjectIdentifier(pool.server.state)] = pool }
            if let queue = part.queue { knownQueues[ObjectIdentifier(queue.count)] = queue }
        }

        /// The indices of what must be there from the beginning: so that it cannot fail later, since somebody probes or waits, or
        /// since the generation before has connections that may be used again.
        var indices: [Int] {
            Set(plan.poolsMadeAtOnce).union(knownPools.keys.lazy.flatMap { [plan] in plan.poolsOfRecords[$0] ?? [] }).sorted()
        }

        mutating func add(at index: Int) throws(TLSError) {
            let pool = plan.pools[index]
            let queue = pool.queue.map { knownQueues[ObjectIdentifier($0.count)] ?? RequestQueue($0.count) }
            let settings = pool.settings(in: plan.limits)
            var connections: [Pool] = []
            for (number, server) in pool.servers.enumerated() {
                if let known = knownPools[ObjectIdentifier(server.state)],
                    known.suits(server, settings: settings, names: names, queue: queue)
                {
                    connections.append(known)
                } else {
                    connections.append(
                        try Pool(server, settings: settings, loop: loop, buffers: buffers, names: names, queue: queue))
                }
                if probes, let probing = pool.probing {
                    probers.append(
                        try Prober(
                            server, settings: probing, share: share(pool.probeKeys[number]), loop: loop, buffers: buffers,
                            names: names))
                }
            }
            parts[index] = Part(plan: pool, connections: connections, queue: queue)
            made.append(index)
        }

        private func share(_ key: ProbeSet.Key?) -> Prober.Share? {
            key.flatMap { plan.probeSet.index(of: $0) }.map {
                Prober.Share(plan.carried.sharedProbes, plan.probeSet, index: $0)
            }
        }
    }

    /// Makes it in one go; see `make`.
    /// - Parameters:
    ///   - previous: nil for a worker's first.
    ///   - live: is told of it from now until it is gone.
    ///   - probes: whether it is this worker that probes.
    /// - Throws: when an upstream's TLS files cannot be used.
    convenience init(
        _ plan: Plan, after previous: Generation?, loop: EventLoop, buffers: BufferPool, live: LiveGenerations, probes: Bool
    ) throws(TLSError) {
        var builder = Builder(plan, after: previous, loop: loop, buffers: buffers, probes: probes)
        for part in previous?.madeParts ?? [] { builder.know(part) }
        for index in builder.indices { try builder.add(at: index) }
        self.init(builder, live)
    }

    /// Takes over from the generation before what is still the same; that one does not notice until `retire`. With many pools it
    /// takes a while: clients have their turns meanwhile.
    /// - Throws: when an upstream's TLS files cannot be used.
    static func make(
        _ plan: Plan, after previous: Generation, loop: EventLoop, buffers: BufferPool, live: LiveGenerations, probes: Bool
    ) async throws(TLSError) -> Generation {
        var builder = Builder(plan, after: previous, loop: loop, buffers: buffers, probes: probes)
        var pace = Pace(loop)
        // What the other one makes meanwhile is its own.
        for part in previous.madeParts {
            await pace.step()
            builder.know(part)
        }
        for index in builder.indices {
            await pace.step()
            try builder.add(at: index)
        }
        return Generation(builder, live)
    }

    private init(_ builder: Builder, _ live: LiveGenerations) {
        (plan, limits, number) = (builder.plan, builder.plan.limits, builder.number)
        (names, caches, probers) = (builder.names, builder.caches, builder.probers)
        (parts, made) = (builder.parts, builder.made)
        (loop, buffers) = (builder.loop, builder.buffers)
        self.live = live
        live.insert(number)
    }

    deinit {
        live.remove(number, leaving: madeParts)
    }

    // MARK: What an exchange looks up

    /// This worker's connections to a server of a route.
    /// - Parameters:
    ///   - route: of this generation's plan.
    ///   - choice: the server's index in the route's group.
    func pool(of route: ProxyRoute, _ choice: Int) -> Pool { pool(route.pool, choice) }

    /// This worker's connections to a server of a pool of this generation's plan.
    func pool(_ pool: PoolPlan, _ choice: Int) -> Pool {
        let index = index(of: pool)
        return parts[index]?.connections[choice] ?? make(pool)[choice]
    }

    /// What this worker keeps of a site's answers.
    /// - Parameter cache: of this generation's plan.
    func cache(of cache: CachePlan) -> ResponseCache {
        let found = caches[cache.index]
        precondition(found.site == cache.site, "a cache is looked up in its own generation")
        return found
    }

    /// Those of this worker who wait for room at a route's servers; nil if nobody ever does.
    /// - Parameter route: of this generation's plan.
    func queue(of route: ProxyRoute) -> RequestQueue? { parts[index(of: route.pool)]?.queue }

    /// The client of a server that says who may pass: one for all sites and routes that ask the same.
    /// - Parameter plan: of this generation's plan.
    /// - Throws: when its TLS files cannot be used.
    func client(for plan: ForwardAuthPlan, loop: EventLoop) throws(TLSError) -> UpstreamClient {
        if let known = upstreamClients[ObjectIdentifier(plan)] { return known }
        let known = upstreamClients.values.first { $0.isSame(as: plan.server) }
        let server =
            if let known { known } else { try UpstreamClient(plan.server, names: names, loop: loop, idle: plan.idleSettings) }
        upstreamClients[ObjectIdentifier(plan)] = server
        return server
    }

    /// A route of another plan would find another server here: rather none at all.
    private func index(of pool: PoolPlan) -> Int {
        let index = pool.index
        precondition(plan.pools[index] === pool, "a route is looked up in its own generation")
        return index
    }

    /// Makes this worker's part of a pool that nobody has wanted until now.
    private func make(_ pool: PoolPlan) -> [Pool] {
        let settings = pool.settings(in: limits)
        let connections = pool.servers.map {
            Pool($0, tls: nil, settings: settings, loop: loop, buffers: buffers, names: names, queue: nil)
        }
        if isRetired { for pool in connections { pool.retire() } }
        // Price 1: no access spans a call.
        var lent = exchange(&parts, with: [])
        lent[pool.index] = Part(plan: pool, connections: connections, queue: nil)
        parts = lent
        made.append(pool.index)
        return connections
    }

    /// A listener of another plan as it is in this one; nil if this plan has none there.
    func listener(like other: ListenerPlan) -> ListenerPlan? { plan.listeners.first { $0.isSame(as: other) } }

    // MARK: The end

    /// The next generation has taken its place. What that one has not taken over ends: at once what is idle, the rest with the
    /// last exchange of this one. Clients have their turns meanwhile.
    func retire(for next: Generation) async {
        isRetired = true
        stopProbing()
        for server in upstreamClients.values { server.retire() }
        var pace = Pace(loop)
        var kept: Set<ObjectIdentifier> = []
        for part in next.madeParts {
            await pace.step()
            for pool in part.connections { kept.insert(ObjectIdentifier(pool)) }
        }
        for part in madeParts {
            await pace.step()
            for pool in part.connections where !kept.contains(ObjectIdentifier(pool)) { pool.retire() }
        }
    }

    /// The gateway drains.
    func drain() {
        for pool in pools { pool.closeIdle() }
        for server in upstreamClients.values { server.closeIdle() }
        stopProbing()
    }

    func stopProbing() {
        for prober in probers { prober.stop() }
    }

    /// Once in a while: idle upstream connections that are too old or dead.
    /// - Parameter worker: its number.
    func sweep(worker: Int) {
        for server in upstreamClients.values { server.sweep() }
        for part in madeParts {
            for (index, pool) in part.connections.enumerated() {
                pool.sweep()
                if !part.plan.series.isEmpty { part.plan.series[index].setIdle(pool.idleCount, worker: worker) }
            }
        }
    }

    private var madeParts: [Part] { made.compactMap { parts[$0] } }

    private var pools: some Sequence<Pool> { madeParts.lazy.flatMap(\.connections) }
}

/// The numbers of a worker's generations that are still there: the one in use, and those whose exchanges have not ended.
final class LiveGenerations {
    private(set) var numbers: Set<Int> = []
    /// The parts of generations that have ended: with a thousand pools it takes a while to take them apart.
    private var remains: [[Generation.Part]] = []

    fileprivate func insert(_ number: Int) { numbers.insert(number) }

    fileprivate func remove(_ number: Int, leaving parts: [Generation.Part]) {
        numbers.remove(number)
        if !parts.isEmpty { remains.append(parts) }
    }

    /// Takes apart what has been left by generations that have ended. Clients have their turns meanwhile.
    func clear(on loop: EventLoop) async {
        while takeRemains() { await loop.yield() }
    }

    /// - Returns: whether there were any.
    private func takeRemains() -> Bool {
        guard let last = remains.indices.last else { return false }
        // They end when nobody accesses the list.
        let some = Array(remains[last].suffix(Pace.stepsPerTurn))
        remains[last].removeLast(some.count)
        if remains[last].isEmpty { remains.removeLast() }
        return true
    }
}
