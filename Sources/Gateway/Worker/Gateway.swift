import EventLoop
import Glibc
package import Logging
package import Transport

/// A running gateway: one worker per core, the same listeners on each.
package final class Gateway: Sendable {
    private let plan: Plan
    private let shared: SharedState
    private let workers: [Worker]
    private let log: Logger
    /// Where it listens, one for each address and port of the plan; port 0 has become the kernel's choice.
    package let addresses: [SocketAddress]

    /// Opens all listeners; when this returns, clients can connect.
    /// - Throws: `ListenError`, or the system call that failed.
    package init(_ plan: Plan, log: Logger) async throws {
        self.plan = plan
        self.log = log
        let shared = SharedState(
            maxConnections: plan.limits.maxConnections, maxConnectionsPerClient: plan.limits.maxConnectionsPerClient,
            maxTunnelsPerClient: plan.limits.maxTunnelsPerClient)
        self.shared = shared
        // A peer that is gone is an error of the write, never a signal.
        _ = signal(SIGPIPE, SIG_IGN)
        let sink = try LogSink(plan.logging.destination)
        var workers: [Worker] = []
        var addresses = plan.listeners.map(\.address)
        for index in 0..<plan.workerCount {
            let loop = try EventLoop()
            try loop.start(name: "worker-\(index)")
            let worker = Worker(loop: loop, log: log)
            // The first worker's choice of a free port is the others' too.
            addresses = try await worker.open(
                plan, shared: shared, sink: sink, addresses: addresses, watchesUpstreams: index == 0)
            workers.append(worker)
        }
        self.workers = workers
        self.addresses = addresses
    }

    /// Serves until `drain` has let the last connection end.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for worker in workers {
                group.addTask(executorPreference: worker.loop) { await worker.run() }
            }
        }
    }

    /// Only when nobody can ask a worker anything any more: a stopped loop never answers, and `drain` may still be counting.
    deinit {
        for worker in workers { worker.loop.stop() }
    }

    /// Stops gracefully: no new connections, exchanges in flight finish within the drain timeout, then they are cut.
    package func drain() async {
        for worker in workers { await worker.drain() }
        let deadline = monotonicNanoseconds() &+ plan.limits.drainTimeout
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

    /// Client connections that are open now.
    package var connectionCount: Int {
        get async {
            var count = 0
            for worker in workers { count += await worker.connectionCount }
            return count
        }
    }
}
