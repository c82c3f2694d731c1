import ACME
import ArgumentParser
import Configuration
import EventLoop
import Gateway
import Glibc

/// `gatehouse certs`
struct CertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs", abstract: "Show the certificates that ACME has got: until when, and what is next.",
        discussion: """
            It reads the state directory, whether a gateway runs or not, and changes
            nothing unless it is told to. Exit code 1 if one is missing or over.
            """)

    @Option(
        name: [.short, .long],
        help: "The configuration that names the state directory (default: gatehouse.toml, else config.toml).")
    var config: String?

    @Option(help: "The state directory, in place of a configuration.")
    var stateDir: String?

    @Flag(help: "As JSON: times in seconds since 1970.")
    var json = false

    @Option(help: ArgumentHelp("Exit code 1 also if one ends within so many days.", valueName: "days"))
    var within = 0

    @Option(help: ArgumentHelp("Have the certificate of this name renewed now.", valueName: "name"))
    var renew: String?

    @Option(help: ArgumentHelp("Have the certificate of this name revoked, and another one got.", valueName: "name"))
    var revoke: String?

    @Option(help: ArgumentHelp("Why it is revoked, for --revoke.", valueName: "reason"))
    var reason = CertsActions.Reason.unspecified

    @Flag(help: "Have the accounts with the authorities use other keys.")
    var newAccountKey = false

    @Option(help: ArgumentHelp("See whether a certificate of this name could be had, without asking for one.", valueName: "name"))
    var dryRun: String?

    @Option(
        name: .customLong("import"),
        help: ArgumentHelp("Take over what certbot, Caddy or lego have there.", valueName: "directory"))
    var source: String?

    func validate() throws {
        let actions = [renew, revoke, source, dryRun].compactMap { $0 }.count + (newAccountKey ? 1 : 0)
        if actions > 1 {
            throw ValidationError("One thing at a time: --renew, --revoke, --new-account-key, --dry-run, or --import.")
        }
        if actions == 1, stateDir != nil || json && dryRun == nil {
            throw ValidationError("It is the configuration that says whom to ask: give --config alone.")
        }
        guard (0...3650).contains(within) else { throw ValidationError("--within takes up to 3650 days.") }
        if revoke == nil, reason != .unspecified { throw ValidationError("--reason is for --revoke.") }
        if stateDir != nil, config != nil { throw ValidationError("Give --config or --state-dir, not both.") }
    }

    func run() async throws {
        if let action = try await act() { return action }
        try show()
    }

    /// - Returns: nil if it is only to show.
    private func act() async throws -> Void? {
        guard renew != nil || revoke != nil || source != nil || dryRun != nil || newAccountKey else { return nil }
        let actions = CertsActions(try LoadedPlan.load(DefaultConfiguration.path(config), mode: .strict).plan)
        if let renew { try await actions.renew(renew) }
        if let revoke { try await actions.revoke(revoke, reason) }
        if let source { try actions.take(from: source) }
        if let dryRun { try await actions.dryRun(dryRun, json: json) }
        if newAccountKey { try await actions.changeAccountKeys() }
        return ()
    }

    private func show() throws {
        let configuration = try stateDir == nil ? Self.readConfiguration(DefaultConfiguration.path(config)) : nil
        guard let directory = stateDir ?? configuration?.server.stateDir else { throw ExitCode(1) }
        // Where a configuration names one that is not there yet, what it wants is missing.
        if let stateDir, let problem = FileAccess.problem(reading: stateDir), problem.code == ENOENT {
            Console.error("gatehouse: \(stateDir): \(problem.reason)")
            throw ExitCode(1)
        }
        // None would be listed, as where there are none.
        if let problem = FileAccess.problem(reading: "\(directory)/acme/certificates"), problem.code != ENOENT {
            Console.error(
                "gatehouse: \(directory)/acme/certificates: \(problem.reason)\n  help: run it as root, or as the gateway's user")
            throw ExitCode(1)
        }
        let wanted = configuration.map(Self.wantedNames) ?? []
        let statuses = CertificateStore(StateDirectory(directory)).statuses(wanted: wanted)
        if json {
            Console.say(CertificateStore.json(statuses))
        } else if statuses.isEmpty {
            Console.say("no certificate of ACME in \(directory)")
        } else {
            Console.say(Table.text([Self.heading] + statuses.map(Self.row)))
        }
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        if statuses.contains(where: { ($0.notAfter ?? 0) <= now + Int64(within) * 86_400 }) { throw ExitCode(1) }
    }

    /// The names of each certificate that is to be there; what is got on demand need not be.
    private static func wantedNames(of configuration: Configuration) -> [[String]] {
        configuration.sites.compactMap { site -> [String]? in
            guard let ssl = site.ssl, ssl.autoCert, ssl.onDemand == nil else { return nil }
            return PlanBuilder.certificateNames(of: site, ssl)
        }
    }

    /// The one that a configuration names; nil, after having said why, if it cannot be read.
    static func stateDirectory(_ file: String) -> String? { readConfiguration(file)?.server.stateDir }

    private static func readConfiguration(_ file: String) -> Configuration? {
        let result = Configuration.read(path: file, mode: .lenient)
        if result.configuration == nil { Console.report(result.problems, source: result.source) }
        return result.configuration
    }

    private static let heading = ["names", "issuer", "valid until", "renewal window", "next try", "failures", "last error"]

    private static func row(_ status: CertificateStatus) -> [String] {
        [
            printable(status.names.joined(separator: " ")), printable(status.issuer ?? "-"),
            status.notAfter.map { Timestamp.text(seconds: $0) } ?? "none yet",
            status.window.map { "\(Timestamp.text(seconds: $0))/\(Timestamp.text(seconds: $1))" } ?? "-",
            status.nextTry == 0 ? "at once" : Timestamp.text(seconds: status.nextTry), "\(status.failures)",
            // An authority's words stay on their line.
            printable(status.lastError ?? "-"),
        ]
    }
}
