import EventLoop
import Glibc
import Logging
import StaticFiles
import TLS
import Transport
import Upstreams

/// One core's worth of the gateway: its own event loop, listeners, connections and pools. Nothing of it is shared.
actor Worker {
    nonisolated let loop: EventLoop
    private let log: Logger
    private(set) var resources: WorkerResources?
    /// Those of the plan in use, and retired ones that are not closed yet, by numbers that are never used again.
    private(set) var acceptors: [Int: Acceptor] = [:]
    private var acceptorCount = 0
    /// The tasks of `acceptors`, by the same numbers.
    private var accepting: [Int: Task<Void, Never>] = [:]
    private var prepared: PreparedPlan?
    var probing: [Task<Void, Never>] = []
    private var isServing = false
    private var isDraining = false
    private(set) var watchesUpstreams = false
    /// Monotonic nanoseconds.
    private var nextLookForDirectories: UInt64 = 0
    private var isLookingForDirectories = false
    private var logs: Logs?
    /// The generations before the one in use that had exchanges at the last look.
    private var olderGenerations: Set<Int> = []
    /// This worker's number, from 0.
    private var number = 0
    /// Where it waits for its next tick.
    private let ticker: Waiter

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop outlives its worker: both live as long as the gateway, which holds the workers, which hold their loops.
        unsafe loop.asUnownedSerialExecutor()
    }

    init(loop: EventLoop, log: Logger) {
        self.loop = loop
        self.log = log
        ticker = Waiter(loop: loop)
    }

    /// Opens this worker's listening sockets.
    /// - Parameters:
    ///   - number: from 0. The first worker is the one that probes, and that tells of changes of health and of what happens to
    ///     the logs.
    ///   - shares: whether others may listen at the addresses already, as another worker does.
    ///   - passed: the sockets that are open already, as far as this worker accepts from them.
    /// - Throws: the address that cannot be had, and why.
    func open(
        _ plan: Plan, shared: ProcessCounters, logs: Logs, number: Int, addresses: [SocketAddress], shares: Bool,
        passed: [PassedSocket]
    ) throws -> [SocketAddress] {
        watchesUpstreams = number == 0
        self.number = number
        self.logs = logs
        let accessLog = AccessLog(logs, style: plan.logStyle, worker: number)
        let spans = SpanLog(logs, style: plan.logStyle, worker: number)
        let resources = try WorkerResources(
            plan, loop: loop, shared: shared, log: accessLog, spans: spans, number: number, probes: watchesUpstreams,
            resume: { sleeper in Task { await self.resume(sleeper) } },
            startStreamTask: { Task { await self.serveStreams() } })
        self.resources = resources
        let opened = try listening(own: [], shares: shares, passed: passed).open(plan, at: addresses)
        for (listener, plan) in opened.new { add(listener, plan, of: resources.generation) }
        return opened.addresses
    }

    private func listening(own: [SocketAddress], shares: Bool, passed: [PassedSocket] = []) -> Listening {
        Listening(loop: loop, acceptors: Array(acceptors.values), own: own, shares: shares, passed: passed)
    }

    private func add(_ listener: Listener, _ plan: ListenerPlan, of generation: Generation) {
        acceptors[acceptorCount] = Acceptor(listener, plan, of: generation, on: loop)
        if isServing { startAccepting(acceptorCount) }
        acceptorCount += 1
    }

    // MARK: Another plan

    /// Makes ready for another plan, and changes nothing yet, but that clients can already connect to listeners that only this
    /// plan has: they are accepted when it is adopted.
    /// - Parameters:
    ///   - addresses: of the plan's listeners.
    ///   - own: where any worker listens.
    /// - Returns: the same; a free port of the kernel's choice in place of port 0.
    /// - Throws: `ListenError`, or `TLSError` when an upstream's TLS files cannot be used.
    func prepare(_ plan: Plan, addresses: [SocketAddress], beside own: [SocketAddress]) async throws -> [SocketAddress] {
        guard let resources, !isDraining, !resources.shared.isHandedOver else { return addresses }
        let generation = try await resources.prepare(plan)
        guard !isDraining else { return addresses }
        let opened = try listening(own: own, shares: number > 0).open(plan, at: addresses)
        prepared = PreparedPlan(generation: generation, listeners: opened.new)
        return opened.addresses
    }

    /// Where it listens, also by listeners that are about to close.
    var listeningAddresses: [SocketAddress] { acceptors.values.map(\.listener.address) }

    /// Drops what has been prepared.
    func forgetPrepared() {
        for (listener, _) in prepared.take()?.listeners ?? [] { listener.close() }
    }

    /// Exchanges that begin from now on belong to the plan that has been prepared; those under way go on with theirs. Listeners
    /// that only the plan before had are closed when all who have connected are accepted; tunnels of routes that are gone end.
    /// - Parameter logs: what lines go to from now on; nil: what they go to already.
    func adopt(_ logs: Logs?) {
        guard let resources, !isDraining else { return forgetPrepared() }
        guard let next = prepared.take() else { return }
        if let logs { self.logs = logs }
        resources.adopt(next.generation)
        if let logs = self.logs {
            resources.log.adopt(logs, style: next.generation.plan.logStyle)
            resources.spans.adopt(logs, style: next.generation.plan.logStyle)
        }
        var hasRetired = false
        for acceptor in acceptors.values where !acceptor.isRetired && !acceptor.adopt(next.generation) {
            acceptor.retire(now: loop.now)
            hasRetired = true
        }
        for (listener, plan) in next.listeners { add(listener, plan, of: next.generation) }
        resources.endTunnelsWithoutRoute()
        if hasRetired { resources.leaveRetiredListeners() }
        if isServing { probe() }
    }

    /// What the plan in use has not taken over from the one before ends: at once, or with the exchanges that are under way.
    func letFormerGo() async {
        await resources?.letFormerGo()
        olderGenerations = resources?.olderGenerations ?? []
    }

    /// The numbers of the generations that are still there, the oldest first; the last one is in use.
    var generations: [Int] { resources?.generations.numbers.sorted() ?? [] }

    /// Serves until drained: returns when the last connection has ended.
    func run() async {
        isServing = true
        probe()
        for number in acceptors.keys { startAccepting(number) }
        await tickUntilDrained()
        while let (number, task) = accepting.first {
            await task.value
            accepting[number] = nil
        }
        for prober in probing { await prober.value }
        resources?.generation.names.close()
        resources?.streamTasks.end()
        resources?.log.flush()
        // What is of the loop ends on it.
        acceptors = [:]
        resources = nil
    }

    /// Takes no more clients and lets the exchanges in flight end.
    func drain() {
        isDraining = true
        for acceptor in acceptors.values { acceptor.listener.close() }
        resources?.drain()
        ticker.tell()
    }

    /// Clients that ask for these tokens get these texts from now on, and for no others.
    func answerChallenges(with answers: [String: String]) { resources?.challengeAnswers = answers }

    /// Cuts what is left.
    func cutAll() {
        resources?.cutAll()
    }

    var connectionCount: Int { resources?.connectionCount ?? 0 }

    var answers: AnswerCounts { resources?.answers ?? AnswerCounts() }

    /// The same of TLS handshakes.
    var handshakes: HandshakeCounts { resources?.handshakes ?? HandshakeCounts() }

    /// What is under way; see `WorkerResources.activity`.
    func activity(beside next: Plan?, _ routes: [ObjectIdentifier: ActivityReport.Route]) async -> ActivityReport {
        await resources?.activity(beside: next, routes, worker: number) ?? ActivityReport()
    }

    /// See `WorkerResources.connectionReports`.
    func connections(limit: Int) async -> [ConnectionReport] { await resources?.connectionReports(limit: limit) ?? [] }

    func connection(_ number: UInt64) -> ConnectionReport? { resources?.connectionReport(number) }

    /// - Returns: false if there is no such connection.
    func close(_ number: UInt64, _ end: OrderedEnd) -> Bool {
        guard let connection = resources?.numbered(number) else { return false }
        connection.end(end)
        return true
    }

    // MARK: -

    private func startAccepting(_ number: Int) {
        accepting[number] = Task { await self.acceptClients(number) }
    }

    /// Ends by drain, or when the listener is given up. Each connection is a task of its own, which no other's failure touches.
    private func acceptClients(_ number: Int) async {
        guard let resources, let acceptor = acceptors[number] else { return }
        let (listener, waiter) = (acceptor.listener, acceptor.waiter)
        var turns = 0
        // When the time to close has come the queue is emptied once more, and no more than once.
        var leftovers = Listener.backlog
        accepting: while !isDraining {
            turns += 1
            // A flood of new clients must not keep those that are here from being served.
            if turns % 32 == 0 { await loop.yield() }
            let isClosing = acceptor.closesAt.map { loop.now >= $0 } ?? false
            if isClosing {
                leftovers -= 1
                if leftovers == 0 { break }
            }
            guard resources.reserve() else {
                if isClosing { break }
                await pause(acceptor, resources)
                continue
            }
            switch listener.accept() {
            case .connection(let descriptor, let peer):
                guard let count = resources.shared.clients.enter(peer, atMost: acceptor.connectionLimit(of: peer)) else {
                    turnAway(descriptor, peer, resources)
                    continue
                }
                guard let connection = adopt(descriptor, peer, count, acceptor, resources) else { continue }
                Task { await self.serveAndRemove(connection) }
            case .none:
                resources.shared.release()
                if isClosing { break accepting }
                listener.socket.interest = .read
                _ = await waiter.wait(timeout: acceptor.closesAt.map { max($0, loop.now) - loop.now })
                listener.socket.interest = .none
            case .lost(let error):
                resources.shared.release()
                if isDraining { break }
                log.debug("a client was lost before it was accepted", metadata: ["reason": "\(error.reason)"])
                await loop.yield()
            case .exhausted(let error):
                resources.shared.release()
                if isDraining { break }
                // A client is worth more than a file that is open only because it may be asked for again.
                if resources.fileCache.closeFiles() { continue }
                let pauses = resources.shared.countShortage()
                if resources.shared.mayTellShortage(now: loop.now) {
                    log.warning("accepting pauses", metadata: ["reason": "\(error.reason)", "pauses": "\(pauses)"])
                }
                _ = await waiter.wait(timeout: Worker.backOff)
            }
        }
        listener.close()
        waiter.retire()
        acceptors[number] = nil
        self.accepting[number] = nil
    }

    /// At `max_connections` the kernel's backlog holds new clients until one of ours has left. When one comes, the connection
    /// that has been idle for the longest time is closed for it.
    private func pause(_ acceptor: Acceptor, _ resources: WorkerResources) async {
        let (listener, waiter) = (acceptor.listener, acceptor.waiter)
        var pauses = 0
        var isLogged: Bool { pauses == 1 || pauses > 0 && pauses % 1000 == 0 }
        while !isDraining, acceptor.closesAt.map({ loop.now < $0 }) ?? true {
            let hasClient = listener.hasClient
            if hasClient, !makeRoom(resources), pauses == 0 {
                let (limit, count) = resources.countPause()
                pauses = count
                if isLogged { log.warning("accepting pauses: \(limit) is reached", metadata: ["pauses": "\(pauses)"]) }
            }
            resources.pause(waiter)
            listener.socket.interest = hasClient ? .none : .read
            // A connection may end on another worker, which does not tell us: look again soon.
            _ = await waiter.wait(timeout: Worker.backOff)
            listener.socket.interest = .none
            guard resources.reserve() else { continue }
            resources.shared.release()
            if isLogged { log.warning("accepting resumes", metadata: ["pauses": "\(pauses)"]) }
            return
        }
    }

    /// Closes the longest idle connection, or asks the other workers to.
    /// - Returns: has one of this worker's been closed?
    private func makeRoom(_ resources: WorkerResources) -> Bool {
        guard resources.closeLongestIdle() else {
            resources.shared.wantRoom()
            return false
        }
        let count = resources.shared.countEviction()
        if count == 1 || count % 1000 == 0 {
            log.warning(
                "idle connections are closed for new clients: \(resources.connectionLimit) is reached",
                metadata: ["closed": "\(count)"])
        }
        return true
    }

    /// One client's connections must not be everybody's: at `max_connections_per_client` its next is closed before it costs a
    /// handshake.
    private func turnAway(_ descriptor: Int32, _ peer: SocketAddress, _ resources: WorkerResources) {
        Listener.turnAway(descriptor)
        resources.shared.release()
        let count = resources.shared.clients.countTurnedAway()
        guard count == 1 || count % 1000 == 0 else { return }
        log.warning(
            "a client is turned away: max_connections_per_client is reached",
            metadata: ["client": "\(peer.host)", "turned_away": "\(count)"])
    }

    /// A sleeping connection's socket, deadline or the drain has woken it.
    private func resume(_ sleeper: ObjectIdentifier) async {
        guard let connection = resources?.connection(sleeper) else { return }
        await serveAndRemove(connection)
    }

    private func serveStreams() async {
        await resources?.streamTasks.run()
    }

    private func serveAndRemove(_ connection: ClientConnection) async {
        guard await connection.run() == .ended else { return }
        resources?.remove(connection)
        // Nobody waits for a tick when the last one has gone.
        if isDraining, connectionCount == 0 { ticker.tell() }
    }

    private func adopt(
        _ descriptor: Int32, _ peer: SocketAddress, _ count: ClientCounts.Entry, _ acceptor: Acceptor,
        _ resources: WorkerResources
    ) -> ClientConnection? {
        let socket: Socket
        do throws(SystemError) {
            socket = try Socket(adopting: descriptor, on: loop)
        } catch {
            log.error("a connection cannot be watched", metadata: ["reason": "\(error)"])
            resources.shared.clients.leave(count)
            resources.shared.release()
            return nil
        }
        resources.series.add(at: WorkerSeries.Place.accepted)
        let connection = ClientConnection(socket, peer: peer, acceptor: acceptor, resources: resources, log: log)
        resources.add(connection, count)
        return connection
    }

    private func tickUntilDrained() async {
        defer { ticker.retire() }
        while !isDraining || connectionCount > 0 {
            _ = await ticker.wait(timeout: Worker.tick)
            await resources?.measureLag()
            resources?.tick()
            await resources?.generations.clear(on: loop)
            reportGenerations()
            guard watchesUpstreams else { continue }
            if let plan = resources?.generation.plan, plan.carried.healthNews.take() {
                HealthLog(log).report(plan.servers, now: loop.now)
            }
            logs?.report(log)
            if let resources { DiskLog(log).report(resources.generation.plan.caches) }
            reportDirectories()
        }
    }

    /// Tells when the last exchange of one that outlived a reload has ended.
    private func reportGenerations() {
        guard let resources else { return }
        let older = resources.olderGenerations
        for ended in olderGenerations.subtracting(older).sorted() {
            log.info(
                "the last exchange of an older configuration has ended",
                metadata: ["generation": "\(ended)", "older_in_use": "\(older.count)", "worker": "\(number)"])
        }
        olderGenerations = older
    }

    private func reportDirectories() {
        guard let resources, !isLookingForDirectories, loop.now >= nextLookForDirectories else { return }
        nextLookForDirectories = loop.now &+ 1_000_000_000
        let sites = Array(resources.generation.plan.files.values)
        guard !sites.isEmpty else { return }
        isLookingForDirectories = resources.shared.directoryThread.send(Self.directoryLook) { [log, loop] in
            DirectoryLog(log).report(sites)
            Task(executorPreference: loop) { await self.directoriesAreLookedAt() }
        }
    }

    private func directoriesAreLookedAt() { isLookingForDirectories = false }

    private static let directoryLook = FileThreads.Terms(threads: 1, waiting: 1, timeout: .max)
    private static let backOff: UInt64 = 100_000_000
    private static let tick: UInt64 = 250_000_000
}
