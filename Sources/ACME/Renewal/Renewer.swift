import Buffers
package import EventLoop
import Glibc
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
    private let waiter: Waiter
    private let buffers = BufferPool(smallCapacity: 16_384)
    private var certificates: [ManagedCertificate] = []
    /// By name; those that are known.
    var statuses: [String: CertificateStatus] = [:]
    private let proofs: Proofs
    /// Of the state directory; nil while another process has it.
    private var lock: Int32?
    private var saidIsLocked = false
    private var isStopped = false
    private var hasChanged = false
    private var callsUnderWay: AuthorityCalls?

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// The longest sleep: clocks are set, and the lock of another process may end, without anybody telling.
    private static let longestSleep: UInt64 = 60_000_000_000

    /// - Parameter loop: started, and this actor's alone.
    package init(
        stateDirectory: String, deployment: any CertificateDeployment, loop: EventLoop, log: Logger
    ) {
        self.loop = loop
        self.log = log
        self.deployment = deployment
        directory = StateDirectory(stateDirectory)
        store = CertificateStore(directory)
        waiter = Waiter(loop: loop)
        proofs = Proofs(deployment, store: directory, waiter: waiter, log: log)
    }

    /// These are wanted from now on. Those that are there already are used at once.
    package func want(_ wanted: [ManagedCertificate]) async {
        // A plan that was made while a certificate came may have the one before.
        for certificate in wanted where statuses[certificate.name]?.notAfter != nil {
            _ = await deployment.use(certificate.name, file: store.file(of: certificate.name))
        }
        await proofs.showAgain()
        certificates = wanted
        hasChanged = true
        waiter.tell()
    }

    /// Until `stop()`.
    package func run() async {
        while !isStopped {
            hasChanged = false
            if !certificates.isEmpty, takeLock() { await tryWhatIsDue() }
            await proofs.forgetEnded()
            if !hasChanged, !isStopped { _ = await waiter.wait(timeout: sleep) }
        }
        waiter.retire()
        if let lock { close(lock) }
    }

    /// Ends what is under way; an order goes on when a process runs the next time.
    package func stop() {
        isStopped = true
        callsUnderWay?.stop()
        proofs.stop()
        waiter.tell()
    }

    // MARK: -

    private var sleep: UInt64 {
        let now = Self.now
        let next = certificates.compactMap { statuses[$0.name]?.nextTry }.min() ?? .max
        guard next > now else { return lock == nil ? Self.longestSleep : 1_000_000_000 }
        return min(UInt64(clamping: min(next - now, 3600)) * 1_000_000_000, Self.longestSleep)
    }

    /// Seconds since 1970.
    static var now: Int64 { Int64(realtimeNanoseconds() / 1_000_000_000) }

    private func takeLock() -> Bool {
        if lock != nil { return true }
        do throws(ACMEError) {
            lock = try directory.lock(StatePath.lock)
        } catch {
            log.error("certificates cannot be kept", metadata: ["reason": "\(error)", "help": "\(error.hint)"])
            return false
        }
        if lock == nil, !saidIsLocked {
            saidIsLocked = true
            log.warning(
                "another process uses the state directory: it renews the certificates",
                metadata: ["lock": "\(directory.location(of: StatePath.lock))"])
        }
        return lock != nil
    }

    private func tryWhatIsDue() async {
        for certificate in certificates {
            guard !isStopped, !hasChanged else { return }
            guard let status = status(of: certificate), status.nextTry <= Self.now else { continue }
            await attempt(certificate, status)
        }
    }

    /// What is known of a certificate; nil if it must be left alone.
    private func status(of certificate: ManagedCertificate) -> CertificateStatus? {
        do throws(ACMEError) {
            var status = statuses[certificate.name]
            if status == nil { status = try load(certificate) }
            guard var known = status else { return nil }
            if known.names != certificate.names || known.directory != certificate.authority.directory {
                try change(&known, to: certificate)
            } else if known.failures > 0, known.settings != certificate.settings {
                known.nextTry = 0
            }
            known.settings = certificate.settings
            statuses[certificate.name] = known
            return known
        } catch {
            log.error("a certificate's state cannot be read", metadata: facts(certificate, error))
            return nil
        }
    }

    /// Something else is wanted than before: at once, unless the present certificate is just that, and without what the former
    /// had to wait for.
    private func change(_ status: inout CertificateStatus, to certificate: ManagedCertificate) throws(ACMEError) {
        status.names = certificate.names
        status.directory = certificate.authority.directory
        (status.nextTry, status.failures, status.order, status.lastError) = (0, 0, nil, nil)
        guard certificate.accepts(status.issuedBy), let chain = try store.certificate(of: certificate.name),
            let lifetime = chain.lifetime
        else { return }
        let covered = chain.names
        guard status.names.allSatisfy({ covered.cover(host: $0) }) else { return }
        status.nextTry = RenewalSchedule.renewal(notBefore: lifetime.start, notAfter: lifetime.end, draw: .random(in: 0..<1000))
    }

    private func load(_ certificate: ManagedCertificate) throws(ACMEError) -> CertificateStatus? {
        var status = CertificateStatus()
        switch try store.status(of: certificate.name) {
        case .none: break
        case .status(let found): status = found
        case .setAside(let name):
            log.error("a certificate's state could not be read, and is set aside", metadata: ["file": "\(name)"])
        case .newer(let version):
            log.error(
                "a certificate's state is of a newer version of this program: it is left alone",
                metadata: ["name": "\(certificate.name)", "version": "\(version)"])
            return nil
        }
        // The certificate itself is what counts: a status may be lost, or of another certificate, after a restore.
        guard let lifetime = try store.certificate(of: certificate.name)?.lifetime else {
            if status.notAfter != nil { status.nextTry = 0 }
            (status.notBefore, status.notAfter, status.issuedBy) = (nil, nil, nil)
            return status
        }
        if status.notAfter != lifetime.end {
            (status.notBefore, status.notAfter) = (lifetime.start, lifetime.end)
            (status.names, status.directory) = (certificate.names, certificate.authority.directory)
            status.issuedBy = status.issuedBy ?? status.directory
            status.nextTry = RenewalSchedule.renewal(
                notBefore: lifetime.start, notAfter: lifetime.end, draw: .random(in: 0..<1000))
        }
        return status
    }

    // MARK: A try

    private func attempt(_ certificate: ManagedCertificate, _ before: CertificateStatus) async {
        var status = before
        status.lastTry = Self.now
        let authority = certificate.authority(afterFailures: before.failures)
        log.notice(
            before.notAfter == nil ? "asking for a certificate" : "renewing a certificate",
            metadata: ["names": "\(certificate.names.joined(separator: " "))", "authority": "\(authority.directory)"])
        do throws(ACMEError) {
            try await issue(certificate, authority, &status)
        } catch {
            guard !isStopped else { return }
            status = statuses[certificate.name] ?? status
            status.lastTry = Self.now
            status.failures += 1
            status.lastError = error.description
            status.nextTry = RenewalSchedule.retry(
                now: Self.now, failures: status.failures, retryAfter: error.retryAfter, draw: .random(in: 0..<1000))
            var facts = facts(certificate, error)
            facts["authority"] = "\(authority.directory)"
            facts["failures"] = "\(status.failures)"
            facts["next_try_in"] = "\(status.nextTry - Self.now) s"
            log.error("no certificate", metadata: facts)
            // An order that has failed is not asked for again; one that could not be asked for is.
            if case .unreachable = error {} else { status.order = nil }
            keep(status, certificate)
        }
    }

    private func issue(
        _ certificate: ManagedCertificate, _ authority: Authority, _ status: inout CertificateStatus
    ) async throws(ACMEError) {
        let name = certificate.name
        let key = try store.nextKey(of: name, certificate.keyKind)
        let calls = try AuthorityCalls(
            waiter, buffers: buffers, caFile: authority.caFile, wallClock: { Self.now })
        callsUnderWay = calls
        defer {
            callsUnderWay = nil
            calls.close()
        }
        if isStopped { calls.stop() }
        let client = ACMEClient(authority, calls: calls, store: directory)
        let issuance = Issuance(
            client: client, names: certificate.names, key: key,
            kinds: await ways(of: certificate, status.failures), preferredRoot: certificate.preferredRoot,
            prove: { proofs throws(ACMEError) in try await self.proofs.publish(proofs, certificate) },
            began: { url throws(ACMEError) in
                var begun = self.statuses[name] ?? CertificateStatus()
                (begun.order, begun.orderedFrom) = (url, authority.directory)
                self.statuses[name] = begun
                try self.store.save(begun, of: name)
                self.log.info("an order has begun", metadata: ["name": "\(name)", "order": "\(url)"])
            })
        let pem = try await run(issuance, resumed: status.orderedFrom == authority.directory ? status.order : nil)
        let (chain, start, end) = try CertificateCheck.chain(pem, for: certificate.names, key: key, now: Self.now)
        try store.save(pem, key, of: name)
        try store.forgetNextKey(of: name)
        status = CertificateStatus()
        status.settings = certificate.settings
        (status.names, status.directory) = (certificate.names, certificate.authority.directory)
        (status.notBefore, status.notAfter, status.issuer) = (start, end, chain.issuer)
        status.issuedBy = authority.directory
        status.lastTry = Self.now
        status.nextTry = RenewalSchedule.renewal(notBefore: start, notAfter: end, draw: .random(in: 0..<1000))
        keep(status, certificate)
        await use(certificate, status)
    }

    private func run(_ issuance: Issuance, resumed: String?) async throws(ACMEError) -> String {
        do throws(ACMEError) {
            let pem = try await issuance.run(resumed: resumed)
            await proofs.takeOutRecords()
            return pem
        } catch {
            await proofs.takeOutRecords()
            throw error
        }
    }

    private func use(_ certificate: ManagedCertificate, _ status: CertificateStatus) async {
        var facts: Logger.Metadata = ["names": "\(certificate.names.joined(separator: " "))"]
        if let reason = await deployment.use(certificate.name, file: store.file(of: certificate.name)) {
            facts["reason"] = "\(reason)"
            return log.error("a new certificate cannot be used", metadata: facts)
        }
        facts["issuer"] = "\(status.issuer ?? "?")"
        facts["days"] = "\(((status.notAfter ?? 0) - Self.now) / 86_400)"
        facts["renewal_in"] = "\(status.nextTry - Self.now) s"
        log.notice("a new certificate is in use", metadata: facts)
    }

    private func keep(_ status: CertificateStatus, _ certificate: ManagedCertificate) {
        statuses[certificate.name] = status
        do throws(ACMEError) {
            try store.save(status, of: certificate.name)
        } catch {
            log.error("a certificate's state cannot be written", metadata: facts(certificate, error))
        }
    }

    private func facts(_ certificate: ManagedCertificate, _ error: ACMEError) -> Logger.Metadata {
        [
            "names": "\(certificate.names.joined(separator: " "))", "authority": "\(certificate.authority.directory)",
            "reason": "\(error)", "help": "\(error.hint)",
        ]
    }

    /// How this certificate's names can be proved, the best way first; after failures another one.
    private func ways(of certificate: ManagedCertificate, _ failures: Int) async -> [ProofKind] {
        if certificate.dnsHook != nil { return [.dns01] }
        var ways = await deployment.ways
        if certificate.challengeFolder != nil, !ways.contains(.http01) { ways.insert(.http01, at: 0) }
        let start = ways.isEmpty ? 0 : failures % ways.count
        return Array(ways[start...] + ways[..<start])
    }
}
