import ACME
import ArgumentParser
import EventLoop
import Gateway
import Glibc
import Logging

/// What `gatehouse certs` does besides showing.
struct CertsActions {
    let plan: Plan
    private let log: Logger

    /// Nobody's handshakes change in this process.
    private struct NoDeployment: CertificateDeployment {
        func answer(_ answers: [String: String]) async {}
        func use(_ name: String, file: String) async -> String? { nil }
        func failed(_ name: String) async {}
        func follow(_ known: [String: CertificateStanding]) async {}
        func apply(_ shared: SharedDemands) async -> [SharedDemands.Name] { [] }
        func prove(_ name: String, file: String?) async -> String? { nil }
        var challengeTypes: [ChallengeType] { get async { [] } }
    }

    /// The reasons for a revocation (RFC 5280 §5.3.1) that an authority takes from an account.
    enum Reason: String, ExpressibleByArgument, CaseIterable {
        case unspecified
        case keyCompromise
        case affiliationChanged
        case superseded
        case cessationOfOperation

        var code: Int {
            switch self {
            case .unspecified: 0
            case .keyCompromise: 1
            case .affiliationChanged: 3
            case .superseded: 4
            case .cessationOfOperation: 5
            }
        }
    }

    init(_ plan: Plan) {
        self.plan = plan
        log = Logger(label: "gatehouse", factory: { _ in SwiftLogNoOpLogHandler() })
    }

    /// The certificate that has this name.
    /// - Throws: `ExitCode(1)`, after having said that there is none.
    func certificate(_ name: String) throws -> ManagedCertificate {
        if let found = plan.managed.first(where: { $0.names.contains(name.lowercased()) }) { return found }
        Console.error("gatehouse: no certificate of the configuration that is got by itself has the name \(name)")
        throw ExitCode(1)
    }

    func renew(_ name: String) async throws {
        let certificate = try certificate(name)
        try await perform { renewer in try await renewer.wish(for: certificate.name) }
        Console.say("\(certificate.name): the gateway that runs renews it within a minute, or the next one that starts does")
        Self.tellOwner(of: plan.stateDirectory)
    }

    func revoke(_ name: String, _ reason: Reason) async throws {
        let certificate = try certificate(name)
        try await perform { renewer in
            try await renewer.revoke(certificate, reason: reason.code)
            try await renewer.wish(for: certificate.name)
        }
        Console.say("\(certificate.name): revoked, and another one is asked for within a minute")
        Self.tellOwner(of: plan.stateDirectory)
    }

    func changeAccountKeys() async throws {
        var authorities: [Authority] = []
        for certificate in plan.managed + plan.demands.map(\.settings.template) {
            for authority in certificate.authorities where !authority.isLocal && !authorities.contains(authority) {
                authorities.append(authority)
            }
        }
        for authority in authorities {
            try await perform { renewer in try await renewer.changeKey(with: authority) }
            Console.say("\(authority.directory): the account has another key")
        }
        Self.tellOwner(of: plan.stateDirectory)
    }

    /// What is root's in another user's directory that one cannot read: its gateway would see nothing of it. What is written now
    /// is that user's, where the system lets it be given away; not so what earlier versions have written.
    static func tellOwner(of directory: String) {
        guard geteuid() == 0, FileAccess.owner(of: "\(directory)/acme") == 0, FileAccess.owner(of: directory) != 0 else { return }
        Console.error(
            "warning: \(directory)/acme is root's, and \(directory) is another user's, whose gateway cannot read it\n"
                + "  help: chown -R --reference=\(directory) \(directory)")
    }

    func take(from folder: String) throws {
        let directory = StateDirectory(plan.stateDirectory)
        do {
            guard let lock = try directory.lock("acme/lock") else {
                Console.error("gatehouse: a gateway uses \(plan.stateDirectory): stop it, or it would not see what is imported")
                throw ExitCode(1)
            }
            defer { close(lock) }
            let found = CertificateImport(from: folder, into: directory, now: Int64(realtimeNanoseconds() / 1_000_000_000))
            guard found.count > 0 else {
                Console.error(
                    "gatehouse: \(folder) has no certificate with its key that can be used, as certbot (live/NAME/), Caddy "
                        + "(certificates/AUTHORITY/NAME/) and lego (certificates/) keep them\n"
                        + "  help: name their own directory; as a rule root alone may read it")
                throw ExitCode(1)
            }
            Console.say("\(folder): \(found.count) certificates with their keys")
            for certificate in plan.managed {
                switch try found.take(for: certificate.names) {
                case .taken(let file, let end):
                    Console.say("\(certificate.name): taken from \(file), valid until \(Timestamp.text(seconds: end))")
                case .kept: Console.say("\(certificate.name): the one that is there lasts as long")
                case .missing: Console.say("\(certificate.name): none for \(certificate.names.joined(separator: ", "))")
                }
            }
            Self.tellOwner(of: plan.stateDirectory)
        } catch let error as ACMEError {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }

    func perform<Result: Sendable>(_ body: @Sendable (Renewer) async throws -> Result) async throws -> Result {
        let loop = try EventLoop()
        try loop.start(name: "acme")
        defer { loop.stop() }
        let renewer = Renewer(stateDirectory: plan.stateDirectory, deployment: NoDeployment(), loop: loop, log: log)
        do {
            // Its steps look and wait in one go: nothing may come in between (ARCHITECTURE.md, both executors).
            return try await withTaskExecutorPreference(loop) { try await body(renewer) }
        } catch let error as ACMEError {
            Console.error("gatehouse: \(error)\n  help: \(error.hint)")
            throw ExitCode(1)
        }
    }
}
