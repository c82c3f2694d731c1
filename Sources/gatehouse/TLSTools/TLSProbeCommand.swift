import ArgumentParser
import Configuration
import TLS

/// `gatehouse tls probe`
struct TLSProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Ask a server what it speaks, and what is wrong with its certificates.",
        usage: """
            gatehouse tls probe HOST[:PORT] [--name NAME] [--ca FILE] [--json]
            gatehouse tls probe --upstream NAME [--config FILE] [--json]
            """,
        discussion: """
            It makes some thirty handshakes, one after another: each version, suite, group
            and protocol, and a resumption. It ends with the openssl s_client line that
            shows the same.
            Exit code 1 if there is no handshake, or the certificate is not to be trusted.
            """)

    @Argument(help: "Whom to ask: www.example.com, 192.0.2.1:8443, [2001:db8::1]:443. The port is 443 unless it is said.")
    var server: String?

    @Option(help: "The name to ask for (SNI) and to check (default: the host).")
    var name: String?

    @Option(name: .customLong("ca"), help: "Trust these authorities (PEM) in place of the system's.")
    var authorities: String?

    @Option(help: "Ask the servers of this upstream, with the names, authorities and certificates that the configuration has.")
    var upstream: String?

    @Option(name: [.short, .long], help: "The configuration with the upstream (default: gatehouse.toml, else config.toml).")
    var config: String?

    @Option(help: "Seconds that a connection, and each answer, may take.")
    var timeout = 5

    @Flag(help: "As JSON.")
    var json = false

    func validate() throws {
        guard (server == nil) != (upstream == nil) else { throw ValidationError("Give a host, or --upstream NAME.") }
        if upstream != nil, name != nil || authorities != nil {
            throw ValidationError("With --upstream the configuration says the name and the authorities.")
        }
        if upstream == nil, config != nil { throw ValidationError("--config is for --upstream.") }
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds.") }
        if let server, ProbedServer(server) == nil {
            throw ValidationError(
                "\"\(server)\" is no HOST[:PORT], nor a URL of https; ports end at 65535, IPv6 addresses stand in brackets.")
        }
    }

    func run() throws {
        var isWell = true
        for server in try servers() {
            let report = TLSSurvey(server, timeout: timeout).run()
            Console.say(json ? try AdminClient.text(report) : report.text)
            isWell = isWell && report.isWell
        }
        if !isWell { throw ExitCode(1) }
    }

    private func servers() throws -> [ProbedServer] {
        if let upstream { return try ProbedServer.servers(of: upstream, in: DefaultConfiguration.path(config)) }
        guard let server, var probed = ProbedServer(server) else { return [] }
        if let name { probed.target.serverName = name }
        probed.target.caFile = authorities
        return [probed]
    }
}

/// A server to be asked.
struct ProbedServer {
    var host: String
    var port: UInt16
    var target: ProbeTarget

    /// "host:port", "[address]:port".
    var address: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// - Parameter text: "host", "host:port", "[address]:port"; or a URL, of which the rest is nothing to a handshake.
    init?(_ text: String) {
        let text = Self.authority(text)
        var host = Substring(text)
        var port: UInt16 = 443
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            if !rest.isEmpty { guard let number = UInt16(rest.dropFirst()) else { return nil }; port = number }
        } else if let colon = text.firstIndex(of: ":") {
            guard text.lastIndex(of: ":") == colon, let number = UInt16(text[text.index(after: colon)...]) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        guard !host.isEmpty, port != 0, host.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "/" }) else { return nil }
        (self.host, self.port, target) = (String(host), port, ProbeTarget(serverName: String(host)))
    }

    /// What stands between the scheme and the path of a URL of https or wss; all of another text.
    private static func authority(_ text: String) -> String {
        let schemes = ["https://", "wss://"]
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else { return text }
        return String(text.dropFirst(scheme.count).prefix { !["/", "?", "#"].contains($0) })
    }

    /// The servers of an upstream that speak TLS.
    static func servers(of upstream: String, in file: String) throws -> [ProbedServer] {
        let result = Configuration.read(path: file, mode: .lenient)
        guard let configuration = result.configuration else {
            Console.report(result.problems, source: result.source)
            throw ExitCode(1)
        }
        let all = configuration.servers.map(\.upstream)
        let named = all.filter { $0.name == upstream }
        let servers = named.filter { $0.url.scheme.isTLS }.compactMap(ProbedServer.init(of:))
        if servers.isEmpty {
            let names = Set(all.map(\.name)).sorted().joined(separator: ", ")
            Console.error(
                named.isEmpty
                    ? "gatehouse: \(file) has no upstream named \"\(upstream)\"; it has: \(names.isEmpty ? "none" : names)"
                    : "gatehouse: no server of the upstream \"\(upstream)\" speaks TLS: their URLs are not https:// or wss://")
            throw ExitCode(1)
        }
        return servers
    }

    /// - Returns: nil for a Unix socket.
    init?(of upstream: Upstream) {
        if case .unix = upstream.url.host { return nil }
        host = upstream.url.hostText
        port = UInt16(clamping: upstream.url.port)
        target = ProbeTarget(serverName: upstream.tlsServerName ?? upstream.url.hostText)
        target.caFile = upstream.caFile
        target.clientCertificateFile = upstream.clientCertFile
        target.clientKeyFile = upstream.clientKeyFile
    }
}
