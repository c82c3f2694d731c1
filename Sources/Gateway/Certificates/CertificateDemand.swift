package import ACME
import EventLoop
package import Logging
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
        package var way: ManagedCertificate
        var policy: TLSPolicy
    }

    package nonisolated let settings: Settings
    /// Where certificates are kept.
    private let store: CertificateStore
    /// By name, those that handshakes can use. A handshake looks; it does so once.
    private nonisolated let contexts = Mutex<[String: TLSServerContext]>([:])
    /// Nil until the process gets certificates.
    private var renewer: Renewer?
    private var log: Logger?
    private var waiting: [String: [Int: CheckedContinuation<Bool, Never>]] = [:]
    private var waitingCount = 0
    private var lastNumber = 0
    /// Names that were refused, and until when.
    private var refused: [String: ContinuousClock.Instant] = [:]
    private var questions: Allowance
    private var orders: Allowance

    /// How many names are remembered as refused.
    private static let maxRefused = 1000
    private static let refusal = Duration.seconds(60)

    init(_ settings: Settings, stateDirectory: String) {
        self.settings = settings
        store = CertificateStore(StateDirectory(stateDirectory))
        orders = Allowance(perMinute: settings.perMinute)
        // Names that are refused cost a question each.
        questions = Allowance(perMinute: settings.perMinute * 10)
    }

    /// Which names may be had, for people.
    package nonisolated var words: String {
        let names = settings.patterns.isEmpty ? "names" : settings.patterns.joined(separator: ", ")
        let question = settings.question.map { " that \($0.authority) allows" } ?? ""
        return "\(names)\(question), at most \(settings.maxNames)"
    }

    /// What it is told apart by.
    package nonisolated var key: String { "\(settings.site) \(settings.way.settings)" }

    /// From now on it is this one that gets them.
    package func use(_ renewer: Renewer, log: Logger) { (self.renewer, self.log) = (renewer, log) }

    /// The certificate of a name that is there; see `CertificateSource`.
    package nonisolated func context(for name: String) -> TLSServerContext? { contexts.withLock { $0[name] } }

    /// Of the certificates that are there, those that are shown with an OCSP answer, or are to be when there is one.
    nonisolated var staples: [OCSPStaple] { contexts.withLock { Array($0.values) }.flatMap(\.staples) }

    /// Has a certificate got for a name, within the limits; see `CertificateSource`.
    package func obtain(_ name: String) async -> Bool {
        if context(for: name) != nil { return true }
        guard let renewer, mayBeHad(name) else { return false }
        guard waitingCount < settings.maxWaiting else { return refuse(name, "max_waiting handshakes wait already") }
        lastNumber += 1
        let number = lastNumber
        let isFirst = waiting[name]?.isEmpty ?? true
        waitingCount += 1
        return await withCheckedContinuation { continuation in
            waiting[name, default: [:]][number] = continuation
            Task {
                try? await Task.sleep(for: .nanoseconds(settings.wait))
                give(up: number, name)
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

    /// A try to get it has failed.
    func failed(_ name: String) { finish(name, false) }

    // MARK: -

    private func begin(_ name: String, _ renewer: Renewer) async {
        var certificate = settings.way
        certificate.names = [name]
        let file = store.file(of: name)
        if store.isGood(name, now: Int64(realtimeNanoseconds() / 1_000_000_000)), (try? load(name, file)) != nil {
            _ = await renewer.demand(certificate, for: key)
            return
        }
        let count = contexts.withLock { $0.count } + waiting.count
        if let until = refused[name], until > .now { return finish(name, false) }
        guard count <= settings.maxNames else { return finish(name, refuse(name, "there are max_names names already")) }
        guard await isAllowed(name, renewer) else { return finish(name, false) }
        guard orders.take() else { return finish(name, refuse(name, "per_minute certificates were asked for in this minute")) }
        // Its next try may not be due yet: the authority is not asked more often because strangers ask.
        if await !renewer.demand(certificate, for: key) { finish(name, false) }
    }

    private func isAllowed(_ name: String, _ renewer: Renewer) async -> Bool {
        guard let question = settings.question, !settings.own.contains(name) else { return true }
        guard questions.take() else { return refuse(name, "ten times per_minute names were asked about in this minute") }
        guard let isAllowed = await renewer.ask(question, about: name) else { return false }
        if !isAllowed {
            if refused.count >= Self.maxRefused { refused.removeAll() }
            refused[name] = .now + Self.refusal
            return refuse(name, "on_demand.ask does not allow it")
        }
        return true
    }

    /// Is it a host name that the configuration allows? What clients send can be anything.
    private func mayBeHad(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
            } && labels.last?.first?.isNumber == false
        guard isName, !settings.way.authority.isLocal || LocalNames.contain(name) else { return false }
        if settings.own.contains(name) { return true }
        return settings.patterns.isEmpty ? labels.count > 1 : settings.patterns.contains { Self.matches(labels, $0) }
    }

    /// Label by label: an asterisk is any part of one.
    static func matches(_ labels: [Substring], _ pattern: String) -> Bool {
        let patterns = pattern.split(separator: ".", omittingEmptySubsequences: false)
        guard patterns.count == labels.count else { return false }
        return zip(labels, patterns).allSatisfy { label, pattern in
            let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
            guard parts.count > 1, let first = parts.first, let last = parts.last else { return label == pattern }
            guard label.count >= first.count + last.count, label.hasPrefix(first), label.hasSuffix(last) else { return false }
            var rest = label.dropFirst(first.count).dropLast(last.count)
            for part in parts.dropFirst().dropLast() where !part.isEmpty {
                guard let found = rest.firstRange(of: part) else { return false }
                rest = rest[found.upperBound...]
            }
            return true
        }
    }

    private func load(_ name: String, _ file: String) throws(TLSError) {
        if let known = context(for: name) {
            try known.replaceCertificate(certificateFile: file, keyFile: file)
        } else {
            let made = try TLSServerContext(certificateFile: file, keyFile: file, settings.policy)
            contexts.withLock { $0[name] = made }
        }
        for flaw in context(for: name)?.staples.compactMap(\.flaw) ?? [] {
            log?.warning("a certificate on demand cannot be stapled", metadata: ["name": "\(name)", "reason": "\(flaw)"])
        }
        finish(name, true)
    }

    private func finish(_ name: String, _ isThere: Bool) {
        for continuation in (waiting.removeValue(forKey: name) ?? [:]).values {
            waitingCount -= 1
            continuation.resume(returning: isThere)
        }
    }

    /// It has waited for long enough; the certificate may come all the same, for the next client.
    private func give(up number: Int, _ name: String) {
        guard let continuation = waiting[name]?.removeValue(forKey: number) else { return }
        waitingCount -= 1
        continuation.resume(returning: false)
    }

    private func refuse(_ name: String, _ reason: String) -> Bool {
        log?.info(
            "no certificate on demand", metadata: ["site": "\(settings.site)", "name": "\(name)", "reason": "\(reason)"])
        return false
    }
}

/// So many in a minute, in any minute; all at once if need be.
private struct Allowance {
    private let perMinute: Double
    private var left: Double
    private var last = ContinuousClock.Instant.now

    init(perMinute: Int) {
        self.perMinute = Double(perMinute)
        left = Double(perMinute)
    }

    mutating func take() -> Bool {
        let now = ContinuousClock.Instant.now
        left = min(perMinute, left + (now - last) / .seconds(60) * perMinute)
        last = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
