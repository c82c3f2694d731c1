import Buffers
package import EventLoop
package import Logging
import TLS

/// Gets certificates and renews them, one after the other, on a thread of its own: no request waits for it.
///
/// What it knows stands in the state directory, so that a process that ends at any moment loses nothing and asks for nothing
/// twice.
package actor Renewer {
    package nonisolated let loop: EventLoop
    let log: Logger
    let directory: StateDirectory
    let store: CertificateStore
    let deployment: any CertificateDeployment
    /// The fleet with which certificates are got; nil: this gateway gets them alone.
    let sharing: (any RenewalSharing)?
    /// The files of the state directory whose change others have not been told of.
    let changes = ChangedFiles()
    /// Did this gateway lead at the last look?
    var wasLeader = false
    /// States that the disk has not taken, in a row.
    var unkept = 0
    let waiter: Waiter
    let buffers = BufferPool(smallCapacity: 16_384)
    var wanted = WantedCertificates()
    /// What others are to know of those that were asked for while the program runs.
    var notes: DemandNotes
    /// The statuses that are known, by name.
    var statuses: [String: CertificateStatus] = [:]
    let proofs: Proofs
    private var lock = StateLock()
    /// What was said last of a state that cannot be used, by the certificate's name.
    var reported: [String: String] = [:]
    private(set) var isStopped = false
    var hasChanged = false
    /// Has a state been read since the last look that tells of failures of a process before this one?
    var hasFoundFailures = false
    var callsUnderWay: AuthorityCalls?

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// The longest sleep: clocks are set, the lock of another process ends, and operators wish, without anybody telling.
    private static let maxSleep: UInt64 = 10_000_000_000

    /// - Parameters:
    ///   - sharing: with whom certificates are got; nil: alone.
    ///   - loop: started, and this actor's alone.
    package init(
        stateDirectory: String, deployment: any CertificateDeployment, sharing: (any RenewalSharing)? = nil, loop: EventLoop,
        log: Logger
    ) {
        self.sharing = sharing
        self.loop = loop
        self.log = log
        self.deployment = deployment
        directory = StateDirectory(stateDirectory, changes: sharing == nil ? nil : changes)
        store = CertificateStore(directory)
        waiter = Waiter(loop: loop)
        notes = DemandNotes(now: loop.now)
        proofs = Proofs(deployment, sharing, store: directory, waiter: waiter, log: log)
    }

    /// All that are to be got and renewed.
    var certificates: [ManagedCertificate] { wanted.all }

    /// These are wanted from now on. Those that are there already are used at once.
    /// - Parameter keys: who may have asked for others meanwhile; see `demand`.
    package func want(_ certificates: [ManagedCertificate], and keys: Set<String> = []) async {
        wanted.configure(certificates, and: keys)
        // A plan that was made while a certificate came may have the one before, and knows of no failures.
        await tellStandings()
        hasChanged = true
        waiter.notify()
    }

    /// Until `stop()`.
    package func run() async {
        await sharing?.onEvent { [weak self] event in await self?.handle(event) }
        await sharing?.provideDemands { [weak self] in await self?.sharedDemands ?? SharedDemands() }
        while !isStopped {
            hasChanged = false
            if !certificates.isEmpty, lock.take(in: directory, log: log), await isLeader() {
                takeWishes()
                await tryWhatIsDue()
                if hasFoundFailures {
                    hasFoundFailures = false
                    await tellStandings()
                }
                await lookAtWindows()
                await shareSoon()
            } else if sharing != nil {
                for certificate in certificates { _ = status(of: certificate) }
            }
            await proofs.forgetEnded()
            if !hasChanged, !isStopped { _ = await waiter.wait(timeout: sleep) }
        }
        await sharing?.onEvent(nil)
        await sharing?.provideDemands(nil)
        waiter.retire()
        lock.release()
    }

    /// Ends what is under way; an order goes on when a process runs the next time.
    package func stop() {
        isStopped = true
        callsUnderWay?.stop()
        proofs.stop()
        waiter.notify()
    }

    // MARK: -

    private var sleep: UInt64 {
        let now = Self.now
        let next = certificates.compactMap { statuses[$0.name]?.nextEvent }.min() ?? .max
        guard next > now else { return lock.isHeld ? 1_000_000_000 : Self.maxSleep }
        return min(UInt64(clamping: min(next - now, 3600)) * 1_000_000_000, Self.maxSleep)
    }

    /// Seconds since 1970.
    static var now: Int64 { Int64(realtimeNanoseconds() / 1_000_000_000) }

    private func tellStandings() async {
        var known: [String: CertificateStanding] = [:]
        for certificate in certificates {
            guard let status = statuses[certificate.name] else { continue }
            known[certificate.name] = CertificateStanding(notAfter: status.notAfter, fails: status.failures > 0)
        }
        await deployment.follow(known)
    }

    /// Of an authority that does not answer one certificate is tried, and its others with the next looks: each may take minutes,
    /// and those of other authorities do not wait behind all of them.
    private func tryWhatIsDue() async {
        var silent: Set<String> = []
        for certificate in certificates {
            guard !isStopped, !hasChanged else { return }
            guard let status = status(of: certificate), status.nextTry <= Self.now else { continue }
            let directory = certificate.authority(afterFailures: status.failures).directory
            guard !silent.contains(directory) else { continue }
            if await !attempt(certificate, status) { silent.insert(directory) }
            await shareSoon()
            if await resignIfUseless() { return }
        }
    }
}
