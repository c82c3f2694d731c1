import Configuration
import EventLoop
import Fleet
import FoundationEssentials
import Gateway
import Glibc
import Logging
import Messages
import Transport

/// What the admin API answers with, and does.
struct AdminResources: Sendable {
    let gateway: Gateway
    /// Nil if there is no configuration file: `gatehouse DIRECTORY`, `gatehouse demo`.
    let reloader: Reloader?
    /// Nil for what another process cannot take over.
    let upgrader: Upgrader?
    let feed: SnapshotFeed
    let recorder: RecorderDumps
    let fleet: FleetMembership
    let taps = AdminTap()
    let log: Logger
    private let server: ServerIdentity
    /// The one in use where there is no file to read again; else nil.
    private let onlyConfiguration: Configuration?
    /// The one in use.
    var configuration: Configuration? { get async { await reloader?.configuration ?? onlyConfiguration } }
    /// When the gateway began, as RFC 3339 writes times.
    private let started: String
    private let beginning = monotonicNanoseconds()

    var name: String { server.name }
    var version: String { server.version ?? Gatehouse.version }
    /// Seconds.
    var uptime: UInt64 { (monotonicNanoseconds() &- beginning) / 1_000_000_000 }

    /// Makes the resources of a gateway that begins to serve now.
    init(
        of gateway: Gateway, reloader: Reloader?, upgrader: Upgrader?, feed: SnapshotFeed, recorder: RecorderDumps,
        fleet: FleetMembership, log: Logger, configuration: Configuration
    ) {
        self.gateway = gateway
        self.reloader = reloader
        self.upgrader = upgrader
        self.feed = feed
        self.recorder = recorder
        self.fleet = fleet
        self.log = log
        server = configuration.server
        onlyConfiguration = reloader == nil ? configuration : nil
        started = Date.now.formatted(.iso8601)
    }

    func status() async -> ServiceAnswer {
        let generations = await gateway.generations
        let activity = await gateway.activity()
        let numbers = Set(generations.joined())
        let current = numbers.max()
        return .json(
            AdminStatus(
                name: name, version: version, pid: getpid(),
                configuration: reloader?.source.path ?? "", configurationHash: await reloader?.hashInUse,
                configurationDeviation: await reloader?.deviation, started: started, workers: generations.count,
                addresses: gateway.addresses.map(\.description), connections: activity.total.connections,
                requests: activity.total.requests, tunnels: activity.total.tunnels,
                handshakes: AdminStatus.Handshakes(await gateway.handshakes), memory: AdminStatus.Memory(),
                generations: numbers.sorted(by: >).map { number in
                    AdminStatus.Generation(
                        number: number, isCurrent: number == current,
                        workers: generations.indices.filter { generations[$0].contains(number) },
                        holders: activity.holders.filter { $0.generation == number }.map { AdminStatus.Holder($0) })
                },
                certificates: certificateList, degraded: faults,
                fleet: fleet.board.status.map { AdminFleet($0, of: gateway, most: 0) }, successor: await upgrader?.successor))
    }

    /// What sites lack.
    private var faults: [AdminStatus.Fault] {
        gateway.currentPlan.faults.flatMap { fault in
            fault.problems.map { AdminStatus.Fault(site: fault.name, key: $0.keyPath, problem: $0.message) }
        }
    }

    /// How it stands to its fleet; of the members, what was seen of them last.
    func fleetStanding() -> ServiceAnswer {
        guard let status = fleet.board.status else {
            return .problem(409, "This gateway is of no fleet: its configuration has no table [fleet].")
        }
        fleet.board.wantOthers()
        return .json(AdminFleet(status, of: gateway, most: FleetMembership.maxShown))
    }

    /// The answer to what is about the configuration file, where there is none.
    static var noFile: ServiceAnswer { .problem(409, "There is no configuration file: this gateway runs without one.") }

    func plan(_ candidate: Reloader.Candidate?) async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        switch await reloader.plan(candidate) {
        case .done(let plan): return .json(AdminPlan(plan))
        case .refused(let problems):
            return .problem(
                AdminProblem(
                    title: "the configuration would be refused", status: 422, problems: problems.map { AdminRemark($0) }))
        }
    }

    func history() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        let (history, current) = (await reloader.history, await reloader.hashInUse)
        return .json(
            AdminHistory(
                directory: history.directory,
                entries: history.entries.map { entry in
                    AdminHistory.Entry(
                        hash: entry.hash, time: Timestamp.text(seconds: entry.time / 1000), file: entry.path,
                        isCurrent: entry.hash == current, problem: history.problem(of: entry))
                }, problem: await reloader.historyFailure))
    }

    /// - Parameter hash: its beginning; nil: of the one before the one in use.
    func rollBack(to hash: String?) async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        log.notice("going back", metadata: ["by": "the admin socket"])
        do throws(ConfigurationHistory.Failure) {
            return answer(try await reloader.rollBack(to: hash))
        } catch {
            return .problem(422, "the rollback is refused: \(error)")
        }
    }

    /// - Parameter way: how it was asked for.
    func reload(by way: String = "the admin socket") async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        log.notice("reloading", metadata: ["by": "\(way)"])
        return answer(await reloader.reload())
    }

    private func answer(_ outcome: Reloader.Outcome) -> ServiceAnswer {
        switch outcome {
        case .done(let done):
            return .json(
                AdminReload(
                    changes: done.changes.changes.map { AdminReload.Change($0) }, restored: done.restored,
                    generation: done.generation,
                    olderInUse: done.olderInUse, warnings: done.warnings.map { AdminRemark($0) }))
        case .refused(let problems):
            return .problem(
                AdminProblem(
                    title: "the reload is refused: what was in use goes on", status: 422,
                    problems: problems.map { AdminRemark($0) }))
        }
    }

    func upgrade(_ wanted: AdminUpgrade.Wanted) async -> ServiceAnswer {
        if let program = wanted.program, !program.hasPrefix("/") || program.utf8.contains(0) {
            return .problem(400, "\"program\" is to be an absolute path.")
        }
        guard let upgrader else { return .problem(409, "no other process can take the place of this one") }
        switch await upgrader.upgrade(to: wanted.program) {
        case .done(let successor, let connections):
            return .json(AdminUpgrade(successor: successor, connections: connections))
        case .refused(let reason): return .problem(409, "the upgrade has failed, and what was in use goes on: \(reason)")
        }
    }
}
