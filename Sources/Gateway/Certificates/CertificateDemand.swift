package import ACME
import EventLoop
package import Logging
import Protection
import Synchronization
package import TLS

/// The certificates of one site that are got when a client first asks for a name.
///
/// The handshake waits here, and nothing else does. All that strangers can cause is bounded: which names, how many of them, how
/// many in a minute, how many handshakes wait, and for how long.
package actor CertificateDemand: CertificateSource {
    /// What the configuration says.
    package struct Settings: Sendable, Equatable {
        /// The site's, for log lines.
        var site: String
        /// Names of the site itself: nobody need be asked about them.
        var own: [String]
        /// Lower case: an asterisk is any part of a label. Empty: all names that `question` allows.
        var patterns: [String]
        var question: DemandQuestion?
        var perMinute: Int
        var maxNames: Int
        var maxWaiting: Int
        /// Nanoseconds.
        var wait: UInt64
        /// How a certificate is got, but for its names.
        package var template: ManagedCertificate
        var policy: TLSPolicy
    }

    package nonisolated let settings: Settings
    /// Where certificates are kept.
    let store: CertificateStore
    /// The contexts that handshakes can use, by name. A handshake looks once.
    private nonisolated let contexts = Mutex<[String: TLSServerContext]>([:])
    /// Nil until the process gets certificates.
    private(set) var renewer: Renewer?
    private(set) var log: Logger?
    private var waiting: [String: [Int: CheckedContinuation<Bool, Never>]] = [:]
    private var waitingCount = 0
    private var lastNumber = 0
    /// What `ask` has said of names, and until when that counts.
    private var decisions: [String: (isAllowed: Bool, until: ContinuousClock.Instant)] = [:]
    /// How many names `ask` is asked about, and when it may be asked as often as at first again, in monotonic nanoseconds.
    private let questions: RateLimit
    private var questionsDue: UInt64 = 0
    /// Names that authorities were asked for lately, by this gateway and by others of its fleet.
    private var orders = RecentNames(Duration.seconds(60))
    /// Names that others have certificates of, as far as it was heard, and those that were got for them.
    private var others: Set<String> = []
    /// Names that others wish for, while it is found out whether they may have them.
    private var judged: Set<String> = []

    /// Of how many names it is remembered what was said of them, and for how long.
    private static let maxDecisions = 1000
    private static let decisionTime = Duration.seconds(60)

    init(_ settings: Settings, stateDirectory: String) {
        self.settings = settings
        store = CertificateStore(StateDirectory(stateDirectory))
        // Names that are refused cost a question each.
        let count = UInt64(max(1, settings.perMinute)) * 10
        questions = RateLimit(requests: count, per: 60_000_000_000, burst: count)
    }

    /// Which names may be had, for people.
    package nonisolated var summary: String {
        let names = settings.patterns.isEmpty ? "names" : settings.patterns.joined(separator: ", ")
        let question = settings.question.map { " that \($0.authority) allows" } ?? ""
        return "\(names)\(question), at most \(settings.maxNames)"
    }

    /// What tells the site's names from another site's.
    package nonisolated var key: String { settings.template.key(for: settings.site) }

    /// From now on it is this one that gets them.
    package func use(_ renewer: Renewer, log: Logger) { (self.renewer, self.log) = (renewer, log) }

    /// The certificate of a name that is there; see `CertificateSource`.
    package nonisolated func context(for name: String) -> TLSServerContext? { contexts.withLock { $0[name] } }

    /// Of the certificates that are there, those that are shown with an OCSP answer, or are to be when there is one.
    nonisolated var staples: [OCSPStaple] { contexts.withLock { Array($0.values) }.flatMap(\.staples) }

    /// Gets a certificate for a name, within the limits; see `CertificateSource`.
    package func obtain(_ name: String) async -> Bool {
        if context(for: name) != nil { return true }
        guard let renewer, settings.allows(name) else { return false }
        guard waitingCount < settings.maxWaiting else {
            logRefusal(of: name, "max_waiting handshakes wait already")
            return false
        }
        lastNumber += 1
        let number = lastNumber
        let isFirst = waiting[name]?.isEmpty ?? true
        waitingCount += 1
        return await withCheckedContinuation { continuation in
            waiting[name, default: [:]][number] = continuation
            Task {
                try? await Task.sleep(for: .nanoseconds(settings.wait))
                await giveUp(number, name)
            }
            if isFirst { Task { await begin(name, renewer) } }
        }
    }

    /// Handshakes that ask for the name show what is in the file from now on.
    /// - Returns: nil, also if it is none of its names; or why the file cannot be used.
    func use(_ name: String, file: String) -> String? {
        guard waiting[name] != nil || context(for: name) != nil else { return nil }
        do throws(TLSError) {
            try load(name, file)
        } catch {
            return error.reason
        }
        return nil
    }

    /// A try to get it has failed. If there is none, nobody goes on to try: who asks for the name once more has the next try,
    /// when that is due. Names of strangers for which an authority does not answer would be more and more.
    func failed(_ name: String) async {
        forgetOthers(name)
        // One that is shown, though it has expired, is demanded by no client any more.
        if context(for: name) == nil, let renewer { await renewer.withdraw(name, for: key) }
        finish(name, isThere: false)
    }

    // MARK: -

    private func begin(_ name: String, _ renewer: Renewer) async {
        if store.isGood(name, now: Self.now), (try? load(name, store.file(of: name))) != nil {
            _ = await renewer.demand(certificate(name), for: key)
            return
        }
        if let reason = await judge(name, renewer) {
            logRefusal(of: name, reason)
            return finish(name, isThere: false)
        }
        // Another gateway may have got it in between.
        if store.isGood(name, now: Self.now) { try? load(name, store.file(of: name)) }
    }

    private func certificate(_ name: String) -> ManagedCertificate {
        var certificate = settings.template
        certificate.names = [name]
        return certificate
    }

    /// Seconds since 1970.
    private static var now: Int64 { Int64(realtimeNanoseconds() / 1_000_000_000) }

    /// Gets a certificate for a name, unless it may not be had.
    /// - Returns: why it is not; nil if it is.
    private func judge(_ name: String, _ renewer: Renewer) async -> String? {
        let names = contexts.withLock { $0.count } + others.count + Set(waiting.keys).union(judged).subtracting(others).count
        guard others.contains(name) || names <= settings.maxNames else { return "there are max_names names already" }
        if let reason = await denial(of: name, renewer) { return reason }
        guard orders.take(name, atMost: settings.perMinute) else {
            return "per_minute certificates were asked for in this minute"
        }
        // Its next try may not be due yet: the authority is not asked more often because strangers ask.
        guard await renewer.demand(certificate(name), for: key) else { return "it has failed before, and is not tried again yet" }
        await renewer.noteOrder(name, for: key)
        return nil
    }

    /// Why a name may not be had; nil if it may.
    private func denial(of name: String, _ renewer: Renewer) async -> String? {
        guard let question = settings.question, !settings.own.contains(name) else { return nil }
        let refusal = "on_demand.ask does not allow it"
        if let known = decisions[name], known.until > .now { return known.isAllowed ? nil : refusal }
        guard takeQuestion() else { return "ten times per_minute names were asked about in this minute" }
        guard let isAllowed = await renewer.ask(question, about: name) else { return "on_demand.ask does not answer" }
        keepDecision(on: name, isAllowed: isAllowed)
        await renewer.noteDecision(on: name, for: key, isAllowed: isAllowed)
        return isAllowed ? nil : refusal
    }

    private func takeQuestion() -> Bool {
        let (due, verdict) = questions.decide(due: questionsDue, now: monotonicNanoseconds())
        if let due { questionsDue = due }
        return verdict.isAdmitted
    }

    private func keepDecision(on name: String, isAllowed: Bool) {
        if decisions.count >= Self.maxDecisions { decisions.removeAll() }
        decisions[name] = (isAllowed, .now + Self.decisionTime)
    }

    // MARK: Of a fleet

    /// Goes by what other gateways have told of this site.
    func apply(_ shared: SharedDemands) {
        for decision in shared.decisions where (decisions[decision.name.name]?.until ?? .now) <= .now {
            keepDecision(on: decision.name.name, isAllowed: decision.isAllowed)
        }
        for order in shared.orders {
            orders.note(order.name)
            keepAsOthers(order.name)
        }
        for refusal in shared.refusals { apply(refusal) }
        for wish in shared.wishes { Task { await carryOut(wish.name) } }
    }

    /// What it has waited for does not come.
    private func apply(_ refusal: SharedDemands.Refusal) {
        let name = refusal.name.name
        forgetOthers(name)
        if waiting[name] != nil {
            logRefusal(of: name, "the member that gets certificates: \(refusal.reason)")
            finish(name, isThere: false)
        }
        // One that is shown, though it has expired, is demanded by no client any more.
        guard context(for: name) == nil, let renewer else { return }
        Task { await renewer.withdraw(name, for: key) }
    }

    /// Gets a name that a client has asked another gateway for, within the limits that hold for all of them.
    private func carryOut(_ name: String) async {
        guard let renewer, !judged.contains(name) else { return }
        let reason: String?
        if !settings.allows(name) {
            reason = "on_demand.names does not allow it"
        } else if judged.count >= settings.maxWaiting {
            reason = "max_waiting names are looked at already"
        } else if store.isGood(name, now: Self.now) {
            // It is to be renewed, or whoever wishes has not heard of it yet.
            _ = await renewer.demand(certificate(name), for: key)
            reason = nil
        } else {
            judged.insert(name)
            reason = await judge(name, renewer)
            judged.remove(name)
        }
        guard let reason else { return keepAsOthers(name) }
        logRefusal(of: name, "asked for by another member: \(reason)")
        await renewer.refuse(name, for: key, reason: reason)
    }

    /// It counts among `max_names`.
    private func keepAsOthers(_ name: String) {
        if context(for: name) == nil, others.count < settings.maxNames { others.insert(name) }
    }

    /// Not if only its renewal has failed.
    private func forgetOthers(_ name: String) {
        if others.contains(name), !store.isGood(name, now: Self.now) { others.remove(name) }
    }

    private func load(_ name: String, _ file: String) throws(TLSError) {
        if let known = context(for: name) {
            try known.replaceCertificate(certificateFile: file, keyFile: file)
        } else {
            let made = try TLSServerContext(certificateFile: file, keyFile: file, settings.policy)
            contexts.withLock { $0[name] = made }
            others.remove(name)
        }
        for flaw in context(for: name)?.staples.compactMap(\.flaw) ?? [] {
            log?.warning("a certificate on demand cannot be stapled", metadata: ["name": "\(name)", "reason": "\(flaw)"])
        }
        finish(name, isThere: true)
    }

    /// Tells the handshakes that wait for the name whether it has a certificate now.
    private func finish(_ name: String, isThere: Bool) {
        for continuation in (waiting.removeValue(forKey: name) ?? [:]).values {
            waitingCount -= 1
            continuation.resume(returning: isThere)
        }
    }

    /// It has waited for long enough; the certificate may come all the same, for the next client.
    private func giveUp(_ number: Int, _ name: String) async {
        guard let continuation = waiting[name]?.removeValue(forKey: number) else { return }
        waitingCount -= 1
        continuation.resume(returning: false)
        logRefusal(of: name, await renewer?.obstacle ?? "it has not come in time: on_demand.wait")
    }

    private func logRefusal(of name: String, _ reason: String) {
        log?.info(
            "no certificate on demand", metadata: ["site": "\(settings.site)", "name": "\(name)", "reason": "\(reason)"])
    }
}
