import EventLoop
import Logging
import TLS

/// What an authority can find of the names that are being proved, and where.
final class Proofs {
    /// A text that plain listeners answer with.
    private struct Answer {
        var text: String
        /// Where it stands as a file too; nil: nowhere.
        var folder: String?
        /// Monotonic nanoseconds.
        var until: UInt64
    }

    private let deployment: any CertificateDeployment
    /// Who shows them besides; nil: nobody.
    private let sharing: (any RenewalSharing)?
    /// The names that handshakes prove for other members.
    private var others: Set<String> = []
    private let store: StateDirectory
    private let waiter: Waiter
    private let log: Logger
    /// The answers to challenges, by token.
    private var answers: [String: Answer] = [:]
    /// Names that handshakes prove, and until when, in monotonic nanoseconds.
    private var handshakes: [String: UInt64] = [:]
    /// Records that are to be taken out again.
    private var records: [(certificate: ManagedCertificate, proof: Issuance.Proof)] = []
    private var isStopped = false

    /// Authorities look several times, also after one look has been enough (RFC 8555 §8.2).
    private static let lifetime: UInt64 = 120_000_000_000

    /// - Parameter waiter: the calling task's.
    init(
        _ deployment: any CertificateDeployment, _ sharing: (any RenewalSharing)?, store: StateDirectory, waiter: Waiter,
        log: Logger
    ) {
        self.deployment = deployment
        self.sharing = sharing
        self.store = store
        self.waiter = waiter
        self.log = log
    }

    /// Puts proofs where the authority will look; they are there when this returns.
    nonisolated(nonsending) func publish(
        _ proofs: [Issuance.Proof], _ certificate: ManagedCertificate
    ) async throws(ACMEError) {
        let until = waiter.loop.now &+ Self.lifetime
        for proof in proofs {
            switch proof.kind {
            case .http01:
                let folder = certificate.challengeFolder
                if let folder {
                    try StateDirectory(folder, isPublic: true).write(Array(proof.keyAuthorization.utf8), to: proof.token)
                }
                answers[proof.token] = Answer(text: proof.keyAuthorization, folder: folder, until: until)
            case .tlsALPN01:
                try await show(proof)
                handshakes[proof.serverName] = until
            case .dns01:
                records.append((certificate, proof))
                try await change(.add, proof, certificate) { isStopped }
            }
            log.info("a name can be proved", metadata: ["name": "\(proof.name)", "by": "\(proof.kind.rawValue)"])
        }
        if !answers.isEmpty { await deployment.answer(answers.mapValues(\.text)) }
        if proofs.contains(where: { $0.kind != .dns01 }) { try await sharing?.show(shared) }
    }

    /// All that there are, for others.
    private var shared: SharedProofs {
        var shared = SharedProofs()
        shared.answers = answers.mapValues(\.text)
        for name in handshakes.keys {
            guard let pem = try? store.read(Self.file(of: name)) else { continue }
            shared.handshakes[name] = String(decoding: pem, as: UTF8.self)
        }
        return shared
    }

    /// Shows what others prove names with, and nothing of before.
    nonisolated(nonsending) func show(_ shared: SharedProofs) async {
        await deployment.answer(shared.answers)
        for name in others where shared.handshakes[name] == nil { await hide(name) }
        others = Set(shared.handshakes.keys)
        for (name, pem) in shared.handshakes {
            do throws(ACMEError) { try store.write(Array(pem.utf8), to: Self.file(of: name)) } catch {
                log.warning("a challenge cannot be answered", metadata: ["name": "\(name)", "reason": "\(error)"])
                continue
            }
            guard let reason = await deployment.prove(name, file: store.location(of: Self.file(of: name))) else { continue }
            log.warning("a challenge cannot be answered", metadata: ["name": "\(name)", "reason": "\(reason)"])
        }
    }

    private nonisolated(nonsending) func hide(_ name: String) async {
        _ = await deployment.prove(name, file: nil)
        try? store.remove(Self.file(of: name))
    }

    private nonisolated(nonsending) func show(_ proof: Issuance.Proof) async throws(ACMEError) {
        let file = Self.file(of: proof.serverName)
        do throws(TLSError) {
            let key = try PrivateKey(.p256)
            let certificate = try key.challengeCertificate(for: proof.name, digest: proof.digest)
            let pem = Array((key.pem + certificate).utf8)
            do throws(ACMEError) { try store.write(pem, to: file) } catch { throw TLSError(.system, error.description) }
        } catch {
            throw .storage("no certificate for a challenge: \(error.reason)")
        }
        if let reason = await deployment.prove(proof.serverName, file: store.location(of: file)) { throw .storage(reason) }
    }

    /// An order has ended: what others would have to store for us is taken out.
    nonisolated(nonsending) func takeOutRecords() async {
        for (certificate, proof) in records {
            do throws(ACMEError) {
                try await change(.remove, proof, certificate) { false }
            } catch {
                log.warning("a record may be left", metadata: ["name": "\(proof.recordName)", "reason": "\(error)"])
            }
        }
        records = []
    }

    private nonisolated(nonsending) func change(
        _ change: DNSUpdateMessage.Change, _ proof: Issuance.Proof, _ certificate: ManagedCertificate, givesUp: () -> Bool
    ) async throws(ACMEError) {
        let (name, value) = (proof.recordName, proof.recordValue)
        if let update = certificate.dnsUpdate {
            try await update.make(change, name, value, now: Renewer.now, on: waiter, givesUp: givesUp)
        } else if let path = certificate.dnsHook {
            try await HookProgram(path: path, timeout: certificate.dnsHookTimeout, log: log)
                .run(change == .add ? "add" : "remove", name, value, on: waiter, givesUp: givesUp)
        }
    }

    /// A program under way is killed.
    func stop() { isStopped = true }

    nonisolated(nonsending) func forgetEnded() async {
        let now = waiter.loop.now
        let ended = answers.filter { $0.value.until <= now }
        for (token, answer) in ended {
            answers[token] = nil
            // What is left there is a public text.
            if let folder = answer.folder { try? StateDirectory(folder).remove(token) }
        }
        if !ended.isEmpty { await deployment.answer(answers.mapValues(\.text)) }
        var isLess = !ended.isEmpty
        for (name, until) in handshakes where until <= now {
            handshakes[name] = nil
            await hide(name)
            isLess = true
        }
        // Whoever leads by now shows no proofs of ours any more.
        if isLess { try? await sharing?.show(shared) }
    }

    private static func file(of name: String) -> String { "acme/challenges/\(StatePath.component(name)).pem" }
}
