import EventLoop
import Gateway
import Logging

/// Fetches the keys of all `jwks_url`, on a thread that is there as soon as one is wanted.
actor KeyFetching {
    private let gateway: Gateway
    private let log: Logger
    /// Nil until there are keys to fetch.
    private var loop: EventLoop?
    private var running: [ObjectIdentifier: (fetcher: KeyFetcher, task: Task<Void, Never>)] = [:]
    private var isStopped = false

    init(_ gateway: Gateway, log: Logger) {
        self.gateway = gateway
        self.log = log
    }

    /// What the plan in use wants, is fetched from now on; what it does not want is not.
    func follow() async {
        let wanted = gateway.currentPlan.fetchedKeys
        guard !isStopped, !wanted.isEmpty || !running.isEmpty else { return }
        let identifiers = Set(wanted.map { ObjectIdentifier($0.keys) })
        for (identifier, (fetcher, task)) in running where !identifiers.contains(identifier) {
            running[identifier] = nil
            await fetcher.stop()
            await task.value
        }
        for (keys, refresh) in wanted {
            if let known = running[ObjectIdentifier(keys)] {
                await known.fetcher.use(refresh: refresh)
            } else if let loop = startedLoop() {
                let fetcher = KeyFetcher(keys, refresh: refresh, loop: loop, log: log)
                running[ObjectIdentifier(keys)] = (fetcher, Task(executorPreference: loop) { await fetcher.run() })
            }
        }
    }

    private func startedLoop() -> EventLoop? {
        if let loop { return loop }
        do throws(SystemError) {
            let loop = try EventLoop()
            try loop.start(name: "jwks", yields: true)
            self.loop = loop
        } catch {
            log.error("no keys for tokens can be fetched", metadata: ["reason": "\(error)"])
        }
        return loop
    }

    /// Returns when nothing is under way any more.
    func stop() async {
        isStopped = true
        let all = running.values
        running = [:]
        for (fetcher, task) in all {
            await fetcher.stop()
            await task.value
        }
        loop?.stop()
        loop = nil
    }
}
