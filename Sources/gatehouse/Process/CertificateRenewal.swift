import ACME
import EventLoop
import Gateway
import Logging

/// Gets and renews what the configuration in use needs from elsewhere: certificates by ACME, OCSP answers, keys of tokens.
/// Each on a thread that is there as soon as one is wanted.
actor CertificateRenewal {
    private nonisolated let loop: EventLoop
    private let gateway: Gateway
    private let log: Logger
    private let keys: KeyFetching
    private let fleet: FleetMembership
    /// Nil until a certificate is stapled.
    private var stapling: (stapler: Stapler, task: Task<Void, Never>)?
    private var running: (renewer: Renewer, task: Task<Void, Never>, stateDirectory: String)?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - fleet: with which certificates are got, if the gateway is of one when the first is wanted.
    ///   - loop: whose thread runs.
    init(_ gateway: Gateway, _ fleet: FleetMembership, on loop: EventLoop, log: Logger) {
        self.fleet = fleet
        self.loop = loop
        self.gateway = gateway
        self.log = log
        keys = KeyFetching(gateway, log: log)
    }

    /// What the plan in use wants, is wanted from now on.
    func follow() async {
        await keys.follow()
        await followStaples(gateway.currentPlan)
        let isMember = await fleet.isMember
        // Another one may have come into use meanwhile, and whoever has followed that one must not be overtaken.
        let plan = gateway.currentPlan
        guard let running = running ?? start(plan, isMember ? fleet : nil) else { return }
        if running.stateDirectory != plan.stateDirectory {
            log.warning("a change of server.state_dir waits for the next start")
        }
        await running.renewer.want(plan.managed, and: Set(plan.demands.map(\.key)))
        for demand in plan.demands { await demand.use(running.renewer, log: log) }
    }

    private func followStaples(_ plan: Plan) async {
        if let stapling { return await stapling.stapler.look() }
        guard plan.mayStaple else { return }
        do {
            let loop = try EventLoop()
            try loop.start(name: "ocsp", yields: true)
            let stapler = Stapler(gateway, stateDirectory: plan.stateDirectory, loop: loop, log: log)
            stapling = (stapler, Task(executorPreference: loop) { await stapler.run() })
        } catch {
            log.error("no OCSP answer can be fetched", metadata: ["reason": "\(error)"])
        }
    }

    private func start(
        _ plan: Plan, _ sharing: FleetMembership?
    ) -> (renewer: Renewer, task: Task<Void, Never>, stateDirectory: String)? {
        guard !plan.managed.isEmpty || !plan.demands.isEmpty else { return nil }
        do throws(SystemError) {
            let loop = try EventLoop()
            try loop.start(name: "acme", yields: true)
            let renewer = Renewer(
                stateDirectory: plan.stateDirectory, deployment: gateway, sharing: sharing, loop: loop, log: log)
            let task = Task(executorPreference: loop) { await renewer.run() }
            running = (renewer, task, plan.stateDirectory)
        } catch {
            log.error("certificates cannot be got or renewed", metadata: ["reason": "\(error)"])
        }
        return running
    }

    /// Returns when nothing is under way any more. What was goes on at the next start.
    func stop() async {
        await keys.stop()
        if let stapling {
            self.stapling = nil
            await stapling.stapler.stop()
            await stapling.task.value
            stapling.stapler.loop.stop()
        }
        guard let running else { return }
        self.running = nil
        await running.renewer.stop()
        await running.task.value
        running.renewer.loop.stop()
    }
}
