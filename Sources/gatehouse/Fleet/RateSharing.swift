import EventLoop
import Fleet
import Gateway
import Logging

/// Makes rate limits count over the fleet, on a thread that is there as soon as the configuration names Redis.
actor RateSharing {
    private let gateway: Gateway
    private let log: Logger
    private let fleet: FleetMembership
    private var running: (link: RateLink, task: Task<Void, Never>, settings: RedisSettings)?
    private var isStopped = false

    /// - Parameter fleet: shows what is wrong to all.
    init(_ gateway: Gateway, _ fleet: FleetMembership, log: Logger) {
        self.gateway = gateway
        self.fleet = fleet
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
            let link = try RateLink(settings, gateway.sharedRates, loop: loop, log: log) { [fleet] in
                await fleet.note(rates: $0)
            }
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
        await fleet.note(rates: nil)
    }
}
