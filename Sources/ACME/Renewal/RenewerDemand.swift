import EventLoop
import HTTP
import Logging
import Messages
import TLS
import Transport

/// Whom to ask whether a name may be had.
package struct DemandQuestion: Sendable, Equatable {
    package var host: String
    package var port: UInt16
    /// The value of `Host`.
    package var authority: String
    /// Path and query, to which the name is added.
    package var target: String
    package var isTLS: Bool

    package init(host: String, port: UInt16, authority: String, target: String, isTLS: Bool) {
        self.host = host
        self.port = port
        self.authority = authority
        self.target = target
        self.isTLS = isTLS
    }
}

/// Certificates that somebody asks for while the program runs.
extension Renewer {
    private static let questionTimeout: UInt64 = 5_000_000_000
    /// So long, in seconds, the leader has for a renewal before it is reminded.
    private static let reminderDelay: Int64 = 600

    /// Gets a certificate, and renews it for as long as `key` is wanted.
    /// - Parameter key: whose it is; `want` says which of them there are.
    /// - Returns: false if it has failed, and its next try is not yet due.
    package func demand(_ certificate: ManagedCertificate, for key: String) -> Bool {
        guard let status = status(of: certificate) else { return false }
        let known = wanted.demanded[certificate.name]
        let number = known?.key == key ? known?.number : nil
        wanted.demand(Demanded(certificate: certificate, key: key, number: number ?? notes.nextNumber()))
        hasChanged = true
        waiter.notify()
        publishSoon()
        return status.notAfter.map { $0 > Self.now } ?? false || status.nextTry <= Self.now
    }

    /// A name that was demanded is wanted no more, unless its certificate is there.
    package func withdraw(_ name: String, for key: String) {
        guard let known = wanted.demanded[name], known.key == key else { return }
        // Read from the disk where it is not known here, as after another gateway has led: it may well be there.
        guard let status = status(of: known.certificate), (status.notAfter ?? 0) <= Self.now else { return }
        wanted.withdraw(name)
        // Nobody is told from now on what becomes of it.
        statuses[name] = nil
    }

    // MARK: Several gateways

    /// An authority is asked for this name: others count it, too.
    package func noteOrder(_ name: String, for key: String) {
        notes.order(name, for: key, now: loop.now)
        publishSoon()
    }

    /// Others need not ask whether this name may be had.
    package func noteDecision(on name: String, for key: String, isAllowed: Bool) {
        notes.decide(name, for: key, isAllowed: isAllowed, now: loop.now)
        publishSoon()
    }

    /// Whoever waits for this name elsewhere is told why it does not come.
    package func refuse(_ name: String, for key: String, reason: String) {
        notes.refuse(name, for: key, reason: reason, now: loop.now)
        publishSoon()
    }

    func refuse(_ certificate: ManagedCertificate, _ reason: String) {
        guard let key = wanted.demanded[certificate.name]?.key else { return }
        refuse(certificate.name, for: key, reason: reason)
    }

    func publishSoon() {
        guard let sharing else { return }
        Task { await sharing.demandsHaveChanged() }
    }

    /// Why nothing can be had from others at the moment; nil: it can.
    package var obstacle: String? { get async { await sharing?.obstacle } }

    /// What others are to know.
    var sharedDemands: SharedDemands {
        notes.shared(wishes: wasLeader ? [] : wishes, isLeader: wasLeader, now: loop.now)
    }

    /// What is due and is not done here. The leader renews by itself what it has got, and is only reminded.
    private var wishes: [SharedDemands.Name] {
        wanted.demanded.values.compactMap { demanded -> SharedDemands.Name? in
            guard let status = statuses[demanded.certificate.name] else { return nil }
            var due = status.nextTry
            if let end = status.notAfter, end > Self.now { due += min(Self.reminderDelay, max(0, end - due) / 4) }
            guard due <= Self.now else { return nil }
            return SharedDemands.Name(key: demanded.key, name: demanded.certificate.name, number: demanded.number)
        }.sorted { $0.number < $1.number }
    }

    func apply(_ shared: SharedDemands) async {
        for wish in await deployment.apply(shared) {
            refuse(wish.name, for: wish.key, reason: "the member that gets certificates has no such site")
        }
    }

    // MARK: Asking

    /// Asks whether a name may be had: the answer's status is 2xx, or not.
    /// - Returns: nil if there is no answer.
    package func ask(_ question: DemandQuestion, about name: String) async -> Bool? {
        do {
            // Its steps look and wait in one go: nothing may come in between (ARCHITECTURE.md, both executors).
            return try await withTaskExecutorPreference(loop) { try await send(question, name) }
        } catch {
            log.warning("a name could not be asked about", metadata: ["name": "\(name)", "reason": "\(error)"])
            return nil
        }
    }

    private func send(_ question: DemandQuestion, _ name: String) async throws -> Bool {
        let own = Waiter(loop: loop)
        defer { own.retire() }
        let addresses: [SocketAddress]
        if let address = SocketAddress(literal: question.host, port: question.port) {
            addresses = [address]
        } else if let loopback = SocketAddress.loopback(question.host, port: question.port) {
            addresses = loopback
        } else {
            throw ACMEError.settings("\(question.host) is no address: on_demand.ask takes addresses, and localhost")
        }
        let tls = question.isTLS ? try TLSClientContext(TLSClientContext.Settings(serverName: question.host)) : nil
        var request = Call.Request(.get, Array((question.target + name).utf8), authority: Array(question.authority.utf8))
        request.fields.append("User-Agent", "gatehouse")
        var limits = Call.Limits()
        limits.timeout = Self.questionTimeout
        limits.maxBodyBytes = nil
        let answer = try await Call(waiter: own, buffers: buffers)
            .send(request, to: Call.Server(addresses: addresses, tls: tls), limits: limits)
        return (200..<300).contains(answer.status)
    }
}
