import ACME
import EventLoop
import Logging
import Synchronization
import TestSupport

@testable import Fleet

/// What a member has been told to use.
final class Deployed: FleetDeployment {
    let configurations = Journal<FleetConfiguration>("configurations")
    /// What is to be told that answers have become bad.
    let watches = Journal<@Sendable (String) async -> Void>("watches")

    func use(ticketKeys: [UInt8]) async {}

    func use(configuration: FleetConfiguration) async -> String? {
        configurations.append(configuration)
        return configuration.text.hasPrefix("wrong") ? "it is wrong" : nil
    }

    func watch(_ rule: String, _ onRegression: @escaping @Sendable (String) async -> Void) async { watches.append(onRegression) }

    func endWatch() async {}

    let orders = Journal<FleetOrder>("orders")
    let purges = Journal<FleetPurge>("purges")

    func carryOut(_ wanted: [FleetOrder]) async { for order in wanted { orders.append(order) } }

    func purge(_ purge: FleetPurge) async { purges.append(purge) }

    let words = Journal<[String: FleetProbes]>("what members say of servers")
    let ownWord = Guarded<FleetProbes?>(nil)

    var probes: FleetProbes? { ownWord.withLock { $0 } }

    func use(_ probes: [String: FleetProbes], as member: String, until: UInt64) async { words.append(probes) }

    var figures: MemberFigures {
        get async {
            MemberFigures(connections: 1, tunnels: 2, certificates: 3, certificatesInTrouble: 0, configuration: "abc")
        }
    }
}

/// A member that runs, and what it hears.
struct RunningMember {
    let member: FleetMember
    let deployed = Deployed()
    let board = SharedFleetStatus()
    let task: Task<Void, Never>
    let terms = Journal<Bool>("terms as the leader")
    let files = Journal<Set<String>>("files")
    let demands = Journal<SharedDemands>("what others tell of certificates on demand")
    let log = Journal<String>("log")

    static func settings(
        _ name: String, _ etcd: Etcd, in directory: TemporaryDirectory, place: String? = nil, proxy: LosingProxy? = nil
    ) throws -> FleetMemberSettings {
        try settings(name, proxy.map { [$0.url] } ?? etcd.urls, in: directory, place: place ?? name)
    }

    /// - Parameter urls: of etcd, or of who speaks in its place.
    static func settings(
        _ name: String, _ urls: [String], in directory: TemporaryDirectory, place: String
    ) throws -> FleetMemberSettings {
        FleetMemberSettings(
            name: "test", member: name, etcd: EtcdSettings(endpoints: urls.compactMap { ServiceURL($0, allowsPlain: true) }),
            secret: try FleetSecret(text: String(repeating: "ab", count: 32), file: "f"),
            stateDirectory: "\(directory.path)/\(place)", ticketRotation: 7200)
    }

    /// - Parameters:
    ///   - place: of its state directory; nil: its name.
    ///   - proxy: on its way to etcd; nil: there is none.
    init(
        _ name: String, _ etcd: Etcd, in directory: TemporaryDirectory, place: String? = nil, proxy: LosingProxy? = nil
    ) async throws {
        try await self.init(Self.settings(name, etcd, in: directory, place: place, proxy: proxy))
    }

    init(_ settings: FleetMemberSettings) async throws {
        let name = settings.member
        let loop = try EventLoop()
        try loop.start(name: "fleet", yields: true)
        let log = log
        let member = FleetMember(
            settings, deployed, loop: loop, board: board, log: Logger(label: name) { _ in JournalLog(journal: log) })
        self.member = member
        task = Task(executorPreference: loop) { await member.run() }
        await member.onEvent { [terms, files, demands] event in
            switch event {
            case .leadership: terms.append(true)
            case .files(let paths): files.append(paths)
            case .proofs: break
            case .demands(let told): demands.append(told)
            }
        }
    }

    /// One that leads already.
    static func leading(_ name: String, _ etcd: Etcd, in directory: TemporaryDirectory) async throws -> RunningMember {
        let running = try await RunningMember(name, etcd, in: directory)
        _ = await running.member.isLeader()
        _ = try await running.terms.first(1)
        return running
    }

    /// From now on it tells others of certificates on demand what is told to it here.
    func tells(_ demands: Guarded<SharedDemands>) async {
        await member.provideDemands { demands.withLock { $0 } }
    }

    func stop() async {
        await member.stop()
        await task.value
        member.loop.stop()
    }
}

/// Log lines as they are said, with their facts.
private struct JournalLog: LogHandler {
    let journal: Journal<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = (event.metadata ?? [:]).map { " \($0)=\($1)" }.sorted().joined()
        journal.append("\(event.message)\(facts)")
    }
}
