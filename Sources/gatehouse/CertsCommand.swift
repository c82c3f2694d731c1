import ACME
import ArgumentParser
import Configuration
import EventLoop
import Gateway

/// `gatehouse certs`
struct CertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs", abstract: "Show the certificates that ACME has got: until when, and what is next.",
        discussion: """
            It reads the state directory, whether a gateway runs or not, and changes nothing.
            Exit code 1 if one is missing or over.
            """)

    @Option(name: [.short, .long], help: "The configuration that names the state directory (default: config.toml).")
    var config: String?

    @Option(help: "The state directory, in place of a configuration.")
    var stateDir: String?

    @Flag(help: "As JSON: times in seconds since 1970.")
    var json = false

    func validate() throws {
        if stateDir != nil, config != nil { throw ValidationError("Give --config or --state-dir, not both.") }
    }

    func run() throws {
        guard let directory = stateDir ?? Self.stateDirectory(config ?? "config.toml") else { throw ExitCode(1) }
        let statuses = CertificateStore(StateDirectory(directory)).statuses()
        if json {
            Console.say(CertificateStore.json(statuses))
        } else if statuses.isEmpty {
            Console.say("no certificate of ACME in \(directory)")
        } else {
            Console.say(Table.text([Self.heading] + statuses.map(Self.row)))
        }
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        if statuses.contains(where: { ($0.notAfter ?? 0) <= now }) { throw ExitCode(1) }
    }

    /// The one that a configuration names; nil, after having said why, if it cannot be read.
    static func stateDirectory(_ file: String) -> String? {
        let result = Configuration.read(path: file, mode: .lenient)
        if result.configuration == nil { Console.report(result.problems, source: result.source) }
        return result.configuration?.server.stateDir
    }

    private static let heading = ["names", "issuer", "valid until", "renewal window", "next try", "failures", "last error"]

    private static func row(_ status: CertificateStatus) -> [String] {
        [
            status.names.joined(separator: " "), status.issuer ?? "-",
            status.notAfter.map { Timestamp.text(seconds: $0) } ?? "none yet",
            status.window.map { "\(Timestamp.text(seconds: $0))/\(Timestamp.text(seconds: $1))" } ?? "-",
            status.nextTry == 0 ? "at once" : Timestamp.text(seconds: status.nextTry), "\(status.failures)",
            // An authority's words stay on their line.
            String(status.lastError.map { $0.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) } } ?? ["-"]),
        ]
    }
}
