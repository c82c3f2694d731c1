import ACME
import ArgumentParser
import EventLoop
import TLS

/// `gatehouse trust`
struct TrustCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Have this machine trust the internal CA, or no longer.",
        discussion: """
            Puts the root of the internal CA, which is made if there is none, into the
            stores of the system, of this user's browsers (NSS) and of Java. Those of the
            system and of Java need root's rights.
            Exit code 1 if a store could not be changed.
            """)

    /// Which stores.
    enum Store: String, ExpressibleByArgument, CaseIterable {
        case system, nss, java

        var store: any TrustStore {
            switch self {
            case .system: SystemStore()
            case .nss: BrowserStore()
            case .java: JavaStore()
            }
        }
    }

    @Option(
        name: [.short, .long],
        help: "The configuration that names the state directory (default: gatehouse.toml, else config.toml).")
    var config: String?

    @Option(help: "The state directory, in place of a configuration.")
    var stateDir: String?

    @Option(help: "A root's certificate, PEM, in place of both: of a gateway of another machine, or of another user.")
    var root: String?

    @Option(help: "One store alone; may be given several times.")
    var only: [Store] = []

    @Flag(help: "Take it out again.")
    var remove = false

    func validate() throws {
        if [stateDir, config, root].compactMap({ $0 }).count > 1 {
            throw ValidationError("Give one of --config, --state-dir and --root.")
        }
    }

    func run() throws {
        let root = try findRoot()
        Console.say("\(remove ? "no longer trusting" : "trusting") \(root.file), SHA-256 \(root.fingerprint)")
        var hasFailed = false
        // Java follows the system by itself on Debian, so it comes last.
        for kind in Store.allCases where only.isEmpty || only.contains(kind) {
            let store = kind.store
            do throws(TrustFailure) {
                for change in try remove ? store.remove(root) : store.install(root) {
                    Console.say(text(of: change, store))
                    if case .absent = change, only.contains(kind) { hasFailed = true }
                }
            } catch {
                Console.error("gatehouse: \(store.name): \(error.reason)")
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode(1) }
    }

    private func text(of change: TrustChange, _ store: any TrustStore) -> String {
        switch change {
        case .done(let place): "\(store.name): \(remove ? "taken out of" : "put into") \(place)"
        case .nothingToDo(let place): "\(store.name): \(remove ? "not in" : "already in") \(place)"
        case .absent(let reason): "\(store.name): nothing done: \(reason)"
        }
    }

    private func findRoot() throws -> TrustedRoot {
        // Not asked for where the root itself is named.
        let state = try root == nil ? stateDirectory() : ""
        do throws(ACMEError) {
            if let root { return try Self.trusted(root, CertificateChain(file: root)) }
            let directory = StateDirectory(state)
            if remove {
                let chain = try LocalAuthority.certificate(in: directory)
                return try Self.trusted(LocalAuthority.file(in: directory), chain)
            }
            let now = Int64(realtimeNanoseconds() / 1_000_000_000)
            let authority = try LocalAuthority(in: directory, now: now)
            CertsActions.tellOwner(of: state)
            return try Self.trusted(authority.certificateFile, CertificateChain(pem: authority.certificate))
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }

    /// - Throws: `ExitCode`, having said why, if no configuration can be read that would name it.
    private func stateDirectory() throws -> String {
        if let stateDir { return stateDir }
        guard let found = try CertsCommand.stateDirectory(DefaultConfiguration.path(config)) else { throw ExitCode(1) }
        return found
    }

    private static func trusted(_ file: String, _ chain: CertificateChain?) throws(ACMEError) -> TrustedRoot {
        guard let chain else {
            throw .storage("\(file): \(FileAccess.problem(reading: file)?.reason ?? "there is no certificate in it")")
        }
        return TrustedRoot(file: file, pem: chain.leafPEM, fingerprint: chain.fingerprint)
    }
}
