import Configuration
import EventLoop
import Fleet
import FoundationEssentials
import Gateway

/// Makes a snapshot each second while somebody watches, once for all who do. Whoever does not take one in time gets the next: for
/// nobody is anything kept.
actor SnapshotFeed {
    /// How many may watch at once, at all listeners together.
    static let maxWatchers = 512
    /// Nanoseconds.
    private static let interval: UInt64 = 1_000_000_000
    /// How long a worker has to answer, in nanoseconds: a snapshot does not wait for one that is stuck.
    private static let answerTimeout: UInt64 = 200_000_000
    /// How many are given a snapshot at once, and the pause before the next so many, in nanoseconds: with hundreds of watchers
    /// the work of a second is done in pieces of a tenth of a millisecond, between which the workers find the processor free.
    /// Pieces four times as large raised p99 of traffic by three quarters (docs/dashboard.md). The last of 512 waits 0.64 s.
    private static let maxAtOnce = 4
    private static let pause: UInt64 = 5_000_000
    /// Points of plots that are kept for those who come later: five minutes.
    private static let maxPoints = 300

    nonisolated let loop: EventLoop
    private let gateway: Gateway
    private let reloader: Reloader?
    private let fleet: SharedFleetStatus
    private let server: ServerIdentity
    private let beginning = monotonicNanoseconds()
    private let waiter: Waiter
    /// For pauses, which are shorter than the loop's deadlines are exact.
    private let alarm: Alarm
    /// Rings when the alarm goes off; nil where no descriptor is left for it.
    private lazy var bell = openBell()
    private var watchers = 0
    private let frames = NextValue<Frame>()
    private var newest: Frame?
    private var points: [Snapshot.Point] = []
    private var builder = SnapshotBuilder()
    /// What each worker said last.
    private var statuses: [WorkerStatus?]
    /// Workers that are being asked.
    private var asked: Set<Int> = []
    private var isStopped = false

    /// A snapshot, as the event stream has it.
    struct Frame: Sendable {
        var number: UInt64
        /// One event.
        var event: [UInt8]
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameter loop: whose thread runs.
    /// - Throws: the failed system call.
    init(
        _ gateway: Gateway, _ reloader: Reloader?, _ fleet: SharedFleetStatus, server: ServerIdentity, on loop: EventLoop
    ) throws(SystemError) {
        self.gateway = gateway
        self.reloader = reloader
        self.fleet = fleet
        self.server = server
        self.loop = loop
        waiter = Waiter(loop: loop)
        alarm = try Alarm()
        statuses = Array(repeating: nil, count: gateway.workerCount)
    }

    // MARK: Watchers

    /// Takes a place; who has one leaves it again.
    /// - Returns: false: there is none.
    func enter() -> Bool {
        guard watchers < Self.maxWatchers, !isStopped else { return false }
        watchers += 1
        if watchers == 1 { waiter.notify() }
        return true
    }

    func leave() { watchers -= 1 }

    /// Waits for a snapshot after the one of that number.
    /// - Parameter number: nil: the newest there is will do.
    /// - Returns: nil once there will be no more.
    func next(after number: UInt64?) async -> Frame? {
        await frames.wait {
            guard let newest, newest.number > number ?? 0 else { return nil }
            return newest
        }
    }

    /// What a plot shows of the time before: an event.
    var history: [UInt8] { Self.event("history", points) }

    // MARK: Snapshots

    /// Makes them until `stop`.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !isStopped {
                guard watchers > 0 else {
                    forget()
                    _ = await waiter.wait(timeout: nil)
                    continue
                }
                let began = loop.now
                // Whoever has not said anything since the snapshot before is not asked again.
                let silent = asked
                for worker in statuses.indices where asked.insert(worker).inserted {
                    group.addTask { await self.ask(worker) }
                }
                if asked != silent { _ = await waiter.wait(timeout: Self.answerTimeout) }
                await publish(await snapshot(silent))
                let passed = loop.now &- began
                if passed < Self.interval, !isStopped { _ = await waiter.wait(timeout: Self.interval - passed) }
            }
        }
        waiter.retire()
    }

    func stop() {
        isStopped = true
        waiter.notify()
        frames.end()
    }

    private func ask(_ worker: Int) async {
        statuses[worker] = await gateway.status(ofWorker: worker)
        asked.remove(worker)
        if asked.isEmpty { waiter.notify() }
    }

    /// - Parameter silent: workers that do not answer.
    private func snapshot(_ silent: Set<Int>) async -> Snapshot {
        fleet.wantOthers()
        let sources = SnapshotBuilder.Sources(
            name: server.name, version: server.version ?? Gatehouse.version,
            uptime: (monotonicNanoseconds() &- beginning) / 1_000_000_000,
            certificates: AdminStatus.Certificate.all(of: gateway),
            configuration: String(await reloader?.hashInUse.prefix(12) ?? ""),
            statuses: statuses, answers: statuses.indices.map { !silent.contains($0) },
            caches: gateway.caches(statuses), watchers: watchers,
            fleet: fleet.status.map { AdminFleet($0, of: gateway, most: Snapshot.maxRows) })
        return builder.next(gateway.traffic, gateway.servers, sources)
    }

    private func publish(_ snapshot: Snapshot) async {
        if let point = snapshot.point {
            if points.count == Self.maxPoints { points.removeFirst() }
            points.append(point)
        }
        let frame = Frame(number: snapshot.number, event: Self.event("snapshot", snapshot))
        newest = frame
        while frames.give(frame, toAtMost: Self.maxAtOnce) { await pause() }
    }

    private func openBell() -> Socket? {
        let bell = try? alarm.socket(on: loop)
        bell?.waiter = waiter
        return bell
    }

    private func pause() async {
        alarm.set(after: Self.pause)
        bell?.interest = .read
        // Where there is no bell the loop ends the pause, some time later.
        _ = await waiter.wait(timeout: Self.pause)
        bell?.interest = .none
    }

    /// Nobody watches: what is known would be old when somebody does.
    private func forget() {
        newest = nil
        points = []
        builder.forget()
    }

    /// The HTML standard, "Server-sent events": a name, one line of data, and an empty line.
    private static func event(_ name: StaticString, _ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // These types hold nothing that JSON has no form for, and JSON without pretty printing has no line ends.
        guard let data = try? encoder.encode(value) else { return [] }
        return Array("event: \(name)\ndata: ".utf8) + Array(data) + [0x0A, 0x0A]
    }
}
