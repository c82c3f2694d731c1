import ACME
package import EventLoop
package import Logging

/// This gateway as one of a fleet, on a thread of its own: no request waits for it.
///
/// It looks at what the fleet agrees on in etcd every few seconds, and at once when a watch tells of a change. What it has
/// learned is kept on the disk: without etcd everything goes on as it was, also after a start.
package actor FleetMember {
    package nonisolated let loop: EventLoop
    let settings: FleetMemberSettings
    let deployment: any FleetDeployment
    let log: Logger
    /// Of the task that looks, and of the one that watches.
    let waiter: Waiter
    private let watchWaiter: Waiter
    let client: EtcdClient
    private let watchClient: EtcdClient
    /// Of whoever gets certificates.
    let sharingWaiter: Waiter
    let sharingClient: EtcdClient
    let board: SharedFleetStatus
    /// Seconds since 1970.
    let started = Int64(realtimeNanoseconds() / 1_000_000_000)
    let instance: MemberInstance
    private(set) var isStopped = false
    /// Of etcd, at the last look; nil before the first one.
    private var revision: Int64?
    /// Is there something that the look under way may not have seen? A call within it hears the waiter's words, too.
    private var isDue = false
    /// Looks that failed, in a row.
    private(set) var failures = 0
    /// This member as etcd has it, and is to have it.
    var presence = Presence()
    /// The keys in use; nil: there are none yet.
    var ring: TicketKeyRing?
    var rotation = TicketRotation()
    /// The fleet's configurations, as far as they have come here.
    var configurations = Configurations()
    /// The roll-out as it was seen last; nil: there is none.
    var rollout: FleetRollout?
    /// What is ordered about servers, and the revision of the document that was looked at last.
    var orders = FleetOrders()
    var seenOrders: Int64 = 0
    var purges = PurgeProgress()
    /// What members say of the servers that they probe, and of certificates on demand.
    let probeReports: MemberReports<FleetProbes>
    let demandReports: MemberReports<SharedDemands>
    var demands = Demands()
    /// Of who gets certificates for all.
    var leadership = Leadership()
    /// Hears what others have done about certificates; nil: nobody here does.
    var eventHandler: (@Sendable (RenewalEvent) async -> Void)?
    var sharedFiles = SharedFiles()
    /// The revision of others' proofs that are shown; nil: none are.
    var proofsInUse: Int64?
    var complaints = Complaints()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Between two looks, in nanoseconds: what a watch that has died without a word costs, at most.
    private static let pause: UInt64 = 5_000_000_000
    /// The same, of who looks whether a step of a roll-out is due.
    private static let pauseOfRollout: UInt64 = 1_000_000_000
    /// The same, whatever changes meanwhile: what comes at once costs one look.
    private static let minPause: UInt64 = 100_000_000
    /// Between two tries, the longest.
    private static let maxPause: UInt64 = 15_000_000_000
    /// A watch is begun anew so often: whoever is at its other end may be gone.
    private static let watchTime: UInt64 = 120_000_000_000

    /// - Parameters:
    ///   - loop: started, and this actor's alone.
    ///   - board: where the member says how it stands.
    package init(
        _ settings: FleetMemberSettings, _ deployment: any FleetDeployment, loop: EventLoop,
        board: SharedFleetStatus = SharedFleetStatus(),
        log: Logger
    ) {
        self.settings = settings
        self.deployment = deployment
        self.loop = loop
        self.board = board
        self.log = log
        instance = MemberInstance(settings)
        probeReports = MemberReports(settings.probes)
        demandReports = MemberReports(settings.demands)
        waiter = Waiter(loop: loop)
        watchWaiter = Waiter(loop: loop)
        sharingWaiter = Waiter(loop: loop)
        client = EtcdClient(settings.etcd, waiter)
        watchClient = EtcdClient(settings.etcd, watchWaiter)
        sharingClient = EtcdClient(settings.etcd, sharingWaiter)
    }

    /// The keys for session tickets that were in use last, from the disk; nil if there are none, or they cannot be read.
    package static func lastTicketKeys(of settings: FleetMemberSettings) -> [UInt8]? { keptRing(settings)?.bytes }

    /// Until `stop()`.
    package func run() async {
        board.begin(FleetStatus(settings, now: loop.now)) { [weak self] in
            guard let self else { return }
            Task { await self.lookSoon() }
        }
        ring = Self.keptRing(settings)
        if let ring { await deployment.use(ticketKeys: ring.bytes) }
        useKeptConfiguration()
        await useKeptOrders()
        async let watching: Void = watch()
        while !isStopped {
            let began = loop.now
            let pause = await look()
            if !isStopped, !isDue { _ = await waiter.wait(timeout: pause) }
            await rest(until: began &+ Self.minPause)
        }
        watchWaiter.notify()
        await watching
        await leave()
        client.close()
        watchClient.close()
        sharingClient.close()
        waiter.retire()
        watchWaiter.retire()
        sharingWaiter.retire()
    }

    /// Ends what is under way.
    package func stop() {
        isStopped = true
        client.stop()
        watchClient.stop()
        sharingClient.stop()
        sharingWaiter.notify()
        waiter.notify()
        watchWaiter.notify()
    }

    /// Shows all what is wrong here, as `gatehouse fleet status` shows it.
    /// - Parameter problem: nil: nothing is.
    package func note(_ problem: String?, of subject: String) {
        complaints.note(problem, of: subject)
        lookSoon()
    }

    /// Makes the next look come at once.
    package func lookSoon() {
        isDue = true
        waiter.notify()
    }

    // MARK: -

    private func rest(until moment: UInt64) async {
        while !isStopped, loop.now < moment { _ = await waiter.wait(timeout: moment - loop.now) }
    }

    /// - Returns: nanoseconds until the next look.
    private func look() async -> UInt64 {
        waiter.dropNotification()
        isDue = false
        complaints.beginLook()
        do throws(EtcdError) {
            let wasLeader = leadership.term != nil
            try await keepLease()
            let (began, looksAtRollout) = (loop.now, looksAtRollout())
            let hasMembers = looksAtRollout || board.wantsOthers
            let known = FleetSnapshot.Known(
                configuration: configurations.seenRevision, recentChanges: sharedFiles.seenRevision, probes: probeReports.seen,
                demands: demandReports.seen)
            let ranges = FleetSnapshot.ranges(settings, since: known, hasMembers: hasMembers)
            let snapshot = FleetSnapshot(try await client.read(ranges), hasMembers: hasMembers)
            let isFirst = revision == nil
            noteRevision(snapshot.revision)
            if isFirst { watchWaiter.notify() }
            try await follow(tickets: snapshot.tickets, hold: snapshot.ticketsHold)
            try await follow(leader: snapshot.leader)
            try await follow(files: snapshot.recentChanges, revision: snapshot.revision, wasLeader: wasLeader)
            await follow(proofs: snapshot.proofs)
            try await follow(rollout: snapshot.rollout, isHeld: snapshot.rolloutHold != nil, members: snapshot.members)
            follow(configuration: snapshot.configuration)
            keepConfiguration()
            await follow(orders: snapshot.orders)
            try await follow(purges: snapshot.purges)
            try await tellOfOurselves(snapshot.ourselves)
            try await follow(probes: snapshot.probes, count: snapshot.probeCount, revision: snapshot.revision)
            try await follow(demands: snapshot.demands, count: snapshot.demandCount, revision: snapshot.revision)
            publishStatus(snapshot, began: began)
            if failures > 0 || isFirst { logContact() }
            failures = 0
            let pause = looksAtRollout ? Self.pauseOfRollout : Self.pause - UInt64.random(in: 0..<Self.pause / 5)
            let due = [rotation.due, probeReports.due, demandReports.due].compactMap(\.self).min()
            return due.map { min(pause, $0 - min($0, loop.now)) } ?? pause
        } catch {
            guard !isStopped else { return 0 }
            logLoss(error)
            failures += 1
            let pause = min(1_000_000_000 << UInt64(min(failures - 1, 8)), Self.maxPause)
            return pause - UInt64.random(in: 0..<pause / 2)
        }
    }

    private func noteRevision(_ found: Int64) {
        defer { revision = found }
        guard let revision, found < revision else { return }
        // What was changed since a revision is asked for: of this etcd nothing is known.
        log.warning("etcd has begun anew: all of it is read", metadata: ["fleet": "\(settings.name)"])
        configurations.seenRevision = 0
        probeReports.forget()
        forgetDemands()
        sharedFiles = SharedFiles()
        lookSoon()
    }

    /// Hears of changes, so that the next look comes at once.
    private func watch() async {
        while !isStopped {
            guard let revision else {
                _ = await watchWaiter.wait(timeout: nil)
                continue
            }
            do throws(EtcdError) {
                try await watchClient.watch(settings.documents, from: revision + 1, timeout: Self.watchTime) {
                    self.lookSoon()
                }
            } catch {
                if isStopped { return }
                log.debug("the fleet's watch begins anew", metadata: ["reason": "\(error)"])
                lookSoon()
            }
            _ = await watchWaiter.wait(timeout: 500_000_000 + UInt64.random(in: 0..<1_000_000_000))
        }
    }

    private func logContact() {
        log.notice(
            failures > 0 ? "the fleet is in touch with etcd again" : "a member of the fleet",
            metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)", "tickets": "\(ring?.number ?? 0)"])
    }

    private func logLoss(_ error: EtcdError) {
        log.log(
            level: failures == 0 ? .warning : .info, "the fleet has lost etcd: what is known goes on",
            metadata: ["fleet": "\(settings.name)", "reason": "\(error)", "key": "fleet.endpoints"])
    }
}
