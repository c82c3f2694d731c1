import EventLoop
import Fleet
import Gateway
import Logging

/// Has rate limits count over the fleet, on a thread that is there as soon as the configuration names Redis.
actor RateSharing {
    private let gateway: Gateway
    private let log: Logger
    private var running: (link: RateLink, task: Task<Void, Never>, settings: RedisSettings)?
    private var isStopped = false

    init(_ gateway: Gateway, log: Logger) {
        self.gateway = gateway
        self.log = log
    }

    /// - Parameter settings: of the configuration in use from now on; nil: it names no Redis.
    func follow(_ settings: RedisSettings?) async {
        guard !isStopped, settings != running?.settings else { return }
        await end()
        guard let settings else { return }
        do throws(SystemError) {
            let loop = try EventLoop()
            try loop.start(name: "rates")
            let link = try RateLink(settings, gateway.sharedRates, loop: loop, log: log)
            running = (link, Task(executorPreference: loop) { await link.run() }, settings)
        } catch {
            log.error("rate limits cannot count over the fleet", metadata: ["reason": "\(error)"])
        }
    }

    /// Returns when nothing is under way any more.
    func stop() async {
        isStopped = true
        await end()
    }

    private func end() async {
        guard let (link, task, _) = running else { return }
        running = nil
        await link.stop()
        await task.value
        link.loop.stop()
    }
}
