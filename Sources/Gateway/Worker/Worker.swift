import EventLoop
import Glibc
import Logging
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
    private var upkeep = WorkerUpkeep()
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
        let resources = try WorkerResources(
            plan, loop: loop, shared: shared, records: WorkerRecords(logs, for: plan, worker: number, loop: loop),
            number: number, probes: watchesUpstreams,
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
        let generation = try await resources.generations.prepare(plan)
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
        if let logs = self.logs { resources.records.adopt(logs, for: next.generation.plan) }
        var hasRetired = false
        for acceptor in acceptors.values where !acceptor.isRetired && !acceptor.adopt(next.generation) {
            acceptor.retire(now: loop.now)
            hasRetired = true
        }
        for (listener, plan) in next.listeners { add(listener, plan, of: next.generation) }
        resources.endTunnelsWithoutRoute()
        if hasRetired { resources.endConnectionsOfRetiredListeners() }
        if isServing { probe() }
    }

    /// What the plan in use has not taken over from the one before ends: at once, or with the exchanges that are under way.
    func retireFormer() async {
        await resources?.generations.retireFormer()
        olderGenerations = resources?.generations.older ?? []
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
        if let resources { resources.records.flush() }
        // What is of the loop ends on it.
        acceptors = [:]
        resources = nil
    }

    /// Takes no more clients and lets the exchanges in flight end.
    func drain() {
        isDraining = true
        for acceptor in acceptors.values { acceptor.listener.close() }
        resources?.drain()
        ticker.notify()
    }

    /// Clients that ask for these tokens get these texts from now on, and for no others.
    func answerChallenges(with answers: [String: String]) { resources?.challengeAnswers = answers }

    /// Cuts what is left.
    func cutAll() {
        resources?.cutAll()
    }

    var connectionCount: Int { resources?.connections.count ?? 0 }

    /// Returns when the loop has taken a turn: never, if it is stuck.
    func takeTurn() async {
        // Whoever calls a function that has nothing to do stays where it is: a release build leaves the hop to the loop out.
        await loop.yield()
    }

    var answers: AnswerCounts { resources?.answers ?? AnswerCounts() }

    /// The TLS handshakes of this worker, counted since it began.
    var handshakes: HandshakeCounts { resources?.handshakes ?? HandshakeCounts() }

    /// What is under way; see `WorkerResources.activity`.
    func activity(beside next: Plan?, _ routes: [ObjectIdentifier: ActivityReport.Route]) async -> ActivityReport {
        await resources?.activity(beside: next, routes, worker: number) ?? ActivityReport()
    }

    /// See `WorkerResources.connectionReports`.
    func connections(limit: Int) async -> [ConnectionReport] { await resources?.connectionReports(limit: limit) ?? [] }

    func connection(_ number: UInt64) -> ConnectionReport? { resources?.connectionReport(number) }

    /// - Returns: false if there is no such connection.
    func close(_ number: UInt64, _ end: OperatorEnd) -> Bool {
        guard let connection = resources?.connections[number: number] else { return false }
        connection.end(end)
        return true
    }

    // MARK: -

    private func startAccepting(_ number: Int) {
        accepting[number] = Task { await self.acceptClients(number) }
    }

    /// Ends by drain, or when the listener is given up.
    private func acceptClients(_ number: Int) async {
        guard let resources, let acceptor = acceptors[number] else { return }
        var clients = AcceptLoop(acceptor, resources, log: log) { connection in
            Task { await self.serveAndRemove(connection) }
        }
        await clients.run()
        acceptors[number] = nil
        accepting[number] = nil
    }

    /// A sleeping connection's socket, deadline or the drain has woken it.
    private func resume(_ sleeper: ObjectIdentifier) async {
        guard let connection = resources?.connections[sleeper] else { return }
        await serveAndRemove(connection)
    }

    private func serveStreams() async {
        await resources?.streamTasks.run()
    }

    private func serveAndRemove(_ connection: ClientConnection) async {
        guard await connection.run() == .ended else { return }
        resources?.remove(connection)
        // Nobody waits for a tick when the last one has gone.
        if isDraining, connectionCount == 0 { ticker.notify() }
    }

    private func tickUntilDrained() async {
        defer { ticker.retire() }
        while !isDraining || connectionCount > 0 {
            _ = await ticker.wait(timeout: Worker.tick)
            await resources?.measureLag()
            if let resources { upkeep.tick(resources, actsForAll: watchesUpstreams) }
            await resources?.generations.clear()
            reportGenerations()
            guard watchesUpstreams else { continue }
            if let plan = resources?.generation.plan, plan.carried.healthSignal.take() {
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
        let older = resources.generations.older
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

    private static let directoryLook = FileThreads.Limits(threads: 1, waiting: 1, timeout: .max)
    private static let tick: UInt64 = 250_000_000
}
