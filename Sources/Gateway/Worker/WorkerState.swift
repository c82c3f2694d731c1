import Buffers
import EventLoop
import HTTP
import Messages
import StaticFiles
import TLS
import Transport
import Upstreams

/// What one worker owns and its connections use: never shared, never locked.
final class WorkerState {
    let plan: Plan
    let loop: EventLoop
    let shared: SharedState
    let buffers: BufferPool
    let names: NameCache
    let fileCache: StaticCache
    let pools: [Pool]
    let lines: [WaitingLine]
    /// Only the first worker has any.
    private(set) var probers: [Prober] = []
    let log: AccessLog
    let clock: WallClock
    /// Heads are reused, so that a request costs no allocation for them.
    private let spareRequests = Spares<RequestHead>(keeping: 64)
    private let spareResponses = Spares<ResponseHead>(keeping: 64)
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    /// Told when a connection has ended, because they wait for room.
    private var pausedListeners: [Waiter] = []
    private(set) var isDraining = false
    /// Of the shared count, at the last tick.
    private var seenShortages = 0
    /// Starts a task for a connection that had none.
    let resume: (ObjectIdentifier) -> Void

    /// - Throws: when an upstream's TLS files cannot be used.
    init(
        plan: Plan, loop: EventLoop, shared: SharedState, log: AccessLog, resume: @escaping (ObjectIdentifier) -> Void
    ) throws(TLSError) {
        self.resume = resume
        self.plan = plan
        self.loop = loop
        self.shared = shared
        self.log = log
        clock = WallClock(loop: loop)
        let buffers = BufferPool(smallCapacity: max(16_384, plan.limits.head.maxHeadBytes))
        self.buffers = buffers
        let names = NameCache(plan.names, loop: loop)
        self.names = names
        fileCache = StaticCache(plan.fileCache)
        var pools: [Pool] = []
        let lines = plan.lines.map { WaitingLine($0) }
        for (index, server) in plan.servers.enumerated() {
            pools.append(
                try Pool(
                    server, settings: plan.poolSettings[index], loop: loop, buffers: buffers, names: names,
                    line: plan.serverLines[index].map { lines[$0] }))
        }
        self.pools = pools
        self.lines = lines
    }

    /// Makes the probers of all servers: there is one for each server and process.
    func makeProbers() throws(TLSError) {
        for probe in plan.probes {
            probers.append(try Prober(probe.server, settings: probe.settings, loop: loop, buffers: buffers, names: names))
        }
    }

    func acquireRequestHead() -> RequestHead { spareRequests.take() ?? RequestHead() }
    func acquireResponseHead() -> ResponseHead { spareResponses.take() ?? ResponseHead() }

    func release(_ head: RequestHead) {
        head.reset()
        spareRequests.put(head)
    }

    func release(_ head: ResponseHead) {
        head.reset()
        spareResponses.put(head)
    }

    // MARK: Connections

    func add(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = nil
        shared.clients.leave(connection.connection.peer)
        shared.release()
        while let paused = pausedListeners.popLast() { paused.tell() }
    }

    func connection(_ identifier: ObjectIdentifier) -> ClientConnection? { connections[identifier] }

    func pause(_ waiter: Waiter) {
        if !pausedListeners.contains(where: { $0 === waiter }) { pausedListeners.append(waiter) }
    }

    var connectionCount: Int { connections.count }

    // MARK: Drain

    /// From now on every answer is its connection's last, and idle connections close.
    func drain() {
        isDraining = true
        for connection in connections.values { connection.drain() }
        for pool in pools { pool.closeIdle() }
        for prober in probers { prober.stop() }
    }

    /// How long a tunnel waits for its turn to be closed. Their clients all come back at once, so they are sent away one by
    /// one: a thousand in a second, within half of the drain's time.
    func drainDelay() -> UInt64 {
        let spread = min(UInt64(connections.count) * 1_000_000, plan.limits.drainTimeout / 2)
        return UInt64.random(in: 0...spread)
    }

    /// Cuts what is left after the drain's deadline.
    func cutAll() {
        names.close()
        for connection in connections.values { connection.cut() }
    }

    /// Once in a while: idle upstream connections that are too old or dead, files that nobody asks for, and the log.
    func tick() {
        for pool in pools { pool.sweep() }
        if shared.shortageCount != seenShortages { fileCache.closeFiles() }
        seenShortages = shared.shortageCount
        fileCache.tidy(now: clock.seconds)
        log.flush()
    }
}
