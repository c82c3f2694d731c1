import EventLoop
import Glibc
import Synchronization
package import Logging
package import Transport

/// A running gateway: one worker per core, the same listeners on each.
package final class Gateway: Sendable {
    /// The plan in use.
    private let plan: Mutex<Plan>
    /// The plans that were in use before, until `releaseRetiredPlans` lets go of them.
    private let retired = Mutex<[Plan]>([])
    let workers: [Worker]
    let shared = ProcessCounters()
    private let log: Logger
    private let logs: Mutex<Logs>
    /// Where it listens, one for each address and port of the plan; port 0 has become the kernel's choice.
    package var addresses: [SocketAddress] { opened.withLock { $0 } }
    private let opened: Mutex<[SocketAddress]>
    /// The addresses of the sockets that were passed.
    let passed: [SocketAddress]

    /// Opens all listeners; when this returns, clients can connect.
    /// - Parameters:
    ///   - logs: what the access lines go to; what happens to them is told in `log`.
    ///   - log: for diagnostics.
    ///   - sharesAddresses: whether others of this user may listen at its addresses already. By default that is an error: of
    ///     two that run by mistake each would get a part of the clients.
    ///   - passed: listening sockets that are open already, and taken over. Those of the plan's addresses are used; others are an
    ///     error.
    /// - Throws: `ListenError`, `PassedSocketError`, or the system call that failed.
    package init(
        _ plan: Plan, logs: Logs, log: Logger, sharesAddresses: Bool = false, passed: [PassedSocket] = []
    ) async throws {
        self.plan = Mutex(plan)
        self.log = log
        self.logs = Mutex(logs)
        let sockets = PassedSockets(passed)
        defer { sockets.close() }
        self.passed = sockets.managed
        try PassedSockets.check(self.passed, for: plan)
        plan.takeEffect()
        // A peer that is gone is an error of the write, never a signal.
        _ = signal(SIGPIPE, SIG_IGN)
        var workers: [Worker] = []
        var addresses = plan.listeners.map(\.address)
        for index in 0..<plan.workerCount {
            let loop = try EventLoop()
            try loop.start(name: "worker-\(index)")
            let worker = Worker(loop: loop, log: log)
            // The first worker's choice of a free port is the others' too.
            addresses = try await worker.open(
                plan, shared: shared, logs: logs, number: index, addresses: addresses, shares: sharesAddresses || index > 0,
                passed: sockets.share(of: index, of: plan.workerCount))
            workers.append(worker)
        }
        self.workers = workers
        opened = Mutex(addresses)
    }

    /// Serves until `drain` has let the last connection end.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for worker in workers {
                group.addTask(executorPreference: worker.loop) { await worker.run() }
            }
        }
    }

    /// Puts another plan into use: exchanges that begin from now on belong to it, those under way go on with theirs. All workers
    /// change, or none. Listeners that both plans have stay as they are, and serve what the new one has for them; others are
    /// opened, or closed when all who have connected are accepted. One call at a time.
    /// - Parameters:
    ///   - next: built with the plan in use as the previous one, for as many workers.
    ///   - logs: what the lines go to from now on; nil: what they go to already.
    /// - Throws: why a worker cannot use it, such as `ListenError`, a socket that was passed and would be nobody's, or
    ///   `HandedOver`; nothing has changed then.
    package func adopt(_ next: Plan, logs: Logs? = nil) async throws {
        guard !shared.isHandedOver else { throw HandedOver() }
        try PassedSockets.check(passed, for: next)
        var addresses = next.listeners.map(\.address)
        // One worker may have closed a listener that comes back while another has not.
        var own: [SocketAddress] = []
        for worker in workers { own += await worker.listeningAddresses }
        do {
            for worker in workers { addresses = try await worker.prepare(next, addresses: addresses, beside: own) }
        } catch {
            for worker in workers { await worker.forgetPrepared() }
            throw error
        }
        next.takeEffect()
        // Before the workers let go of it.
        let former = currentPlan
        retired.withLock { $0.append(former) }
        for worker in workers { await worker.adopt(logs) }
        for worker in workers { await worker.retireFormer() }
        plan.withLock { $0 = next }
        // A weight may have been ordered of the former plan's servers meanwhile.
        next.applyWeightOverrides()
        if let logs { self.logs.withLock { $0 = logs } }
        opened.withLock { $0 = addresses }
    }

    /// Lets go of the plans that were in use before, and are nobody's any more. To take one apart is work for milliseconds with a
    /// thousand routes, which otherwise falls to the worker whose exchange was its last: so it is done by a thread that no client
    /// waits for.
    /// - Returns: how many there were.
    @discardableResult
    package func releaseRetiredPlans() -> Int {
        var released: [Plan] = []
        retired.withLock { plans in
            // What only this list has nobody else can get at.
            for index in plans.indices.reversed() where isKnownUniquelyReferenced(&plans[index]) {
                released.append(plans.remove(at: index))
            }
        }
        return released.count
    }

    /// How many plans that were in use before somebody still holds.
    package var retiredPlanCount: Int { retired.withLock { $0.count } }

    /// Returns when every worker's loop has taken a turn: never, if one is stuck.
    package func takeTurns() async {
        for worker in workers { await worker.takeTurn() }
    }

    /// Those in use.
    var currentLogs: Logs { logs.withLock { $0 } }

    /// The one in use.
    package var currentPlan: Plan { plan.withLock { $0 } }

    /// The numbers of the generations that each worker still has; the last one is in use.
    package var generations: [[Int]] {
        get async {
            var generations: [[Int]] = []
            for worker in workers { generations.append(await worker.generations) }
            return generations
        }
    }

    /// All answers since the start, over all workers.
    package var answers: AnswerCounts {
        get async {
            var answers = AnswerCounts()
            for worker in workers { answers.add(await worker.answers) }
            return answers
        }
    }

    /// Clients' TLS handshakes since the start, over all workers.
    package var handshakes: HandshakeCounts {
        get async {
            var handshakes = HandshakeCounts()
            for worker in workers { handshakes.add(await worker.handshakes) }
            return handshakes
        }
    }

    /// What is open and under way, over all workers.
    /// - Parameter next: a plan that could come into use: what it would end is counted, too.
    package func activity(beside next: Plan? = nil) async -> ActivityReport {
        let routes = currentPlan.routesOfTunnels
        var activity = ActivityReport()
        for worker in workers { activity.add(await worker.activity(beside: next, routes)) }
        return activity
    }

    /// Only when nobody can ask a worker anything any more: a stopped loop never answers, and `drain` may still be counting.
    deinit {
        for worker in workers { worker.loop.stop() }
    }

    /// Stops gracefully: first health checks fail for the drain delay, then there are no new connections, exchanges in flight
    /// finish within the drain timeout, and what is left is cut. Cancellation ends the delay.
    package func drain() async {
        shared.stop()
        let delay = plan.withLock { $0.limits.drainDelay }
        if delay > 0 { try? await Task.sleep(for: .nanoseconds(delay)) }
        await drainNow()
        await settleCaches()
    }

    /// Waits until stored answers are on disk, as long as it is not slow: each that is not will be asked for again.
    private func settleCaches() async {
        let deadline = monotonicNanoseconds() &+ 2_000_000_000
        while currentPlan.caches.contains(where: { $0.disk?.isBusy == true }), monotonicNanoseconds() < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Drains without the delay.
    func drainNow() async {
        shared.stop()
        shared.beginDrain()
        for worker in workers { await worker.drain() }
        let deadline = monotonicNanoseconds() &+ plan.withLock { $0.limits.drainTimeout }
        while true {
            let open = await connectionCount
            if open == 0 { return }
            guard monotonicNanoseconds() < deadline else {
                log.warning("the drain timeout has passed", metadata: ["cut": "\(open)"])
                for worker in workers { await worker.cutAll() }
                return
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Is its drain delay over, or was there none? No other plan comes into use then.
    package var isDraining: Bool { shared.isDraining }

    /// Nanoseconds that `drain` may take, and what ends after it.
    package var drainTime: UInt64 {
        plan.withLock { $0.limits.drainDelay &+ $0.limits.drainTimeout } &+ 10_000_000_000
    }

    /// Cuts every connection at once, also while `drain` waits for them.
    package func cut() async {
        shared.beginDrain()
        for worker in workers {
            await worker.drain()
            await worker.cutAll()
        }
    }

    /// How many descriptors were open when this was first asked, which is to be before clients come.
    package var ownDescriptors: Int { shared.ownDescriptors }

    /// Takes no more client connections than this at once, whatever the plan allows: there are no descriptors for more.
    package func limitConnections(to count: Int) { shared.connectionCeiling = count }

    /// Client connections that are open now.
    package var connectionCount: Int {
        get async {
            var count = 0
            for worker in workers { count += await worker.connectionCount }
            return count
        }
    }
}
