import ACME
import Configuration
import EventLoop
import Fleet
import Gateway
import Logging

/// Makes the gateway a member of the fleet that its configuration names, on a thread that is there as soon as it names one.
actor FleetMembership {
    /// How this gateway stands to its fleet.
    nonisolated let board = SharedFleetStatus()
    private let gateway: Gateway
    private let log: Logger
    /// Nil if there is no file to read again: then the fleet's configuration is not taken up.
    private let reloader: Reloader?
    private var running: (member: FleetMember, task: Task<Void, Never>, settings: FleetMemberSettings)?
    private var isStopped = false
    /// What is wrong with rate limits that count over the fleet; nil: nothing.
    private var rateProblem: String?
    /// Who gets certificates, and hears of what others have got.
    private var eventHandler: (@Sendable (RenewalEvent) async -> Void)?
    private var demands: (@Sendable () async -> SharedDemands)?

    init(_ gateway: Gateway, _ reloader: Reloader?, log: Logger) {
        self.gateway = gateway
        self.reloader = reloader
        self.log = log
    }

    /// Before the gateway listens: what the fleet is known to have agreed on, from the disk.
    static func prepare(_ loaded: LoadedPlan) {
        guard let keys = loaded.fleet.flatMap(FleetMember.lastTicketKeys) else { return }
        loaded.plan.begin(withFleetTicketKeys: keys)
    }

    /// - Parameter settings: of the configuration in use from now on; nil: it names no fleet.
    func follow(_ settings: FleetMemberSettings?) async {
        guard !isStopped else { return }
        if let running, settings == running.settings { return await running.member.orderAgain() }
        guard settings != nil || running != nil else { return }
        let former = running?.settings
        await end()
        if former?.name != settings?.name { gateway.use(fleetTicketKeys: settings.flatMap(FleetMember.lastTicketKeys) ?? []) }
        guard let settings else { return }
        do throws(SystemError) {
            let loop = try EventLoop()
            try loop.start(name: "fleet", yields: true)
            let target = FleetTarget(gateway, reloader)
            let member = FleetMember(settings, target, loop: loop, board: board, log: log)
            gateway.onProbeWordChange { Task { await member.lookSoon() } }
            running = (member, Task(executorPreference: loop) { await member.run() }, settings)
            if let eventHandler { await member.onEvent(eventHandler) }
            if let demands { await member.provideDemands(demands) }
            if let rateProblem { await member.note(rateProblem, of: "rate limits") }
        } catch {
            log.error("the gateway cannot be of a fleet", metadata: ["reason": "\(error)"])
        }
    }

    /// - Parameter problem: of rate limits that count over the fleet; nil: there is none.
    func note(rates problem: String?) async {
        rateProblem = problem
        await running?.member.note(problem, of: "rate limits")
    }

    /// Returns when nothing is under way any more.
    func stop() async {
        isStopped = true
        await end()
    }

    private func end() async {
        guard let (member, task, _) = running else { return }
        running = nil
        await member.stop()
        await task.value
        member.loop.stop()
        gateway.probeAlone()
        board.clear()
    }

    /// Makes all members follow an order, or forget stored answers.
    /// - Throws: why they could not be told.
    func publish(_ order: FleetOrder) async throws(FleetMember.NotPublished) { try await member().publish(order) }
    func publish(_ purge: FleetPurge) async throws(FleetMember.NotPublished) { try await member().publish(purge) }

    private func member() throws(FleetMember.NotPublished) -> FleetMember {
        guard let running else { throw FleetMember.NotPublished(description: "this gateway is of no fleet") }
        return running.member
    }

    /// The gateway has gone back to another configuration by its own rule.
    /// - Parameter hash: of what was in use.
    func rolledBack(from hash: String, _ reason: String) async { await running?.member.rolledBack(from: hash, reason) }

    /// How many members a gateway shows; `gatehouse fleet status` shows all.
    static let maxShown = 100
}

/// Whichever fleet it is.
extension FleetMembership: RenewalSharing {
    var isMember: Bool { running != nil }

    func onEvent(_ body: (@Sendable (RenewalEvent) async -> Void)?) async {
        eventHandler = body
        await running?.member.onEvent(body)
    }

    func provideDemands(_ demands: (@Sendable () async -> SharedDemands)?) async {
        self.demands = demands
        await running?.member.provideDemands(demands)
    }

    func demandsHaveChanged() async { await running?.member.demandsHaveChanged() }

    var obstacle: String? { get async { await running?.member.obstacle } }

    func isLeader() async -> Bool {
        guard let member = running?.member else { return !isStopped }
        return await member.isLeader()
    }

    func resign(_ reason: String) async { await running?.member.resign(reason) }

    func share(_ files: [String: [UInt8]?]) async throws(ACMEError) { try await running?.member.share(files) }

    func show(_ proofs: SharedProofs) async throws(ACMEError) { try await running?.member.show(proofs) }
}
