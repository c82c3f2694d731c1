import EventLoop
import Gateway
import TLS
import Transport

/// All handshakes with one server that tell what it speaks, one after another.
struct TLSSurvey {
    private let server: ProbedServer
    private let timeout: Int
    /// When nothing more is asked.
    private let deadline: ContinuousClock.Instant
    private var address: SocketAddress?

    /// A server that takes its whole time for each answer would hold up for ten minutes who asks it: all together may take as
    /// long as this many such answers.
    private static let slowestAnswers = 24

    /// - Parameter timeout: seconds that a connection, and each answer, may take.
    init(_ server: ProbedServer, timeout: Int) {
        self.server = server
        self.timeout = timeout
        deadline = ContinuousClock.now + .seconds(timeout * Self.slowestAnswers)
    }

    consuming func run() -> TLSReport {
        var report = TLSReport(server: server.address, serverName: server.target.serverName)
        report.command = command
        let clock = ContinuousClock()
        let start = clock.now
        let addresses = BlockingConnection.addresses(of: server.host, port: server.port)
        guard !addresses.isEmpty else {
            report.failure = "the name \(server.host) has no address"
            return report
        }
        report.phases.append(TLSReport.Phase("name", clock.now - start))
        do throws(ProbeFailure) {
            try reach(addresses, &report)
        } catch {
            report.failure = error.reason
            report.explanation = TLSExplanation.first(in: error.reason)?.remedy
            // Nobody listens: there is nothing to ask.
            if !error.hasConnected { return report }
        }
        askVersions(&report)
        askSuites(&report)
        askGroups(&report)
        askProtocols(&report)
        askResumption(&report)
        if clock.now >= deadline { report.unfinished = unfinished }
        return report
    }

    private var unfinished: String {
        "the server is slow: not all was asked within \(timeout * Self.slowestAnswers) seconds; --timeout allows more"
    }

    /// The `openssl s_client` line that shows the same.
    private var command: String {
        var arguments = ["openssl s_client -connect \(server.address)"]
        let name = server.target.serverName
        if SocketAddress(literal: name, port: 0) == nil {
            arguments += ["-servername \(name) -verify_hostname \(name)"]
        } else {
            arguments += ["-noservername -verify_ip \(name)"]
        }
        if let file = server.target.caFile { arguments.append("-CAfile \(file)") }
        if let file = server.target.clientCertificateFile {
            arguments.append("-cert \(file) -key \(server.target.clientKeyFile ?? file)")
        }
        return (arguments + ["-alpn h2,http/1.1 -status -showcerts </dev/null"]).joined(separator: " ")
    }

    // MARK: One handshake

    private struct ProbeFailure: Error {
        let reason: String
        var hasConnected = true
    }

    private func connect(_ address: SocketAddress) throws(ProbeFailure) -> BlockingConnection {
        do throws(SystemError) {
            return try BlockingConnection.connect(to: address, timeout: timeout)
        } catch {
            throw ProbeFailure(reason: "no connection to \(address): \(error.reason)", hasConnected: false)
        }
    }

    /// Connects anew and makes a handshake.
    /// - Parameter request: is sent afterwards if there is one, and the answer read.
    private func performHandshake(
        _ offer: ProbeOffer, request: String? = nil
    ) throws(ProbeFailure) -> (answer: ProbeAnswer, session: ProbeSession?) {
        guard let address else { throw ProbeFailure(reason: "no address", hasConnected: false) }
        guard ContinuousClock.now < deadline else { throw ProbeFailure(reason: "not asked: the server is slow") }
        let connection = try connect(address)
        do throws(TLSError) {
            let probe = try TLSProbe(connection.descriptor, server.target, offer, timeout: .seconds(timeout))
            let answer = try probe.performHandshake()
            if let request { probe.exchange(request) }
            return (answer, request == nil ? nil : probe.takeSession())
        } catch {
            throw ProbeFailure(reason: error.reason)
        }
    }

    // MARK: The first, as any client makes it

    private mutating func reach(_ addresses: [SocketAddress], _ report: inout TLSReport) throws(ProbeFailure) {
        let clock = ContinuousClock()
        var refused: ProbeFailure?
        for candidate in addresses {
            do throws(ProbeFailure) {
                let start = clock.now
                let connection = try connect(candidate)
                report.phases.append(TLSReport.Phase("connect", clock.now - start))
                address = candidate
                report.address = candidate.description
                try handshake(connection, &report)
                return
            } catch {
                if error.hasConnected { throw error }
                refused = error
            }
        }
        if let refused { throw refused }
    }

    private func handshake(_ connection: borrowing BlockingConnection, _ report: inout TLSReport) throws(ProbeFailure) {
        let clock = ContinuousClock()
        var offer = ProbeOffer()
        offer.protocols = ["h2", "http/1.1"]
        do throws(TLSError) {
            let start = clock.now
            let answer = try TLSProbe(connection.descriptor, server.target, offer, timeout: .seconds(timeout)).performHandshake()
            report.phases.append(TLSReport.Phase("handshake", clock.now - start))
            report.take(answer)
        } catch {
            throw ProbeFailure(reason: error.reason)
        }
    }

    // MARK: What it speaks

    private func askVersions(_ report: inout TLSReport) {
        for version in ProbeOffer.Version.allCases {
            var offer = ProbeOffer()
            offer.version = version
            offer.isPermissive = true
            offer.suites = "ALL:@SECLEVEL=0"
            do throws(ProbeFailure) {
                _ = try performHandshake(offer)
                report.versions.append(TLSReport.Version(version: version.rawValue, accepted: true))
            } catch {
                report.versions.append(TLSReport.Version(version: version.rawValue, accepted: false, reason: error.reason))
            }
        }
    }

    private func askSuites(_ report: inout TLSReport) {
        for version in ProbeOffer.Version.allCases.reversed() where report.accepts(version) {
            var offer = ProbeOffer()
            offer.version = version
            offer.isPermissive = true
            let suites: [String]
            if version == .tls13 {
                suites = ProbeRange.suites13.filter { suite in
                    offer.suites13 = suite
                    return (try? performHandshake(offer)) != nil
                }
            } else {
                suites = chosen(&offer)
            }
            report.suites.append(TLSReport.Suites(version: version.rawValue, suites: suites))
        }
    }

    /// The server's choice of all suites, then of those that are left, and so on: in its order, if it has one.
    private func chosen(_ offer: inout ProbeOffer) -> [String] {
        var suites: [String] = []
        while suites.count < Self.maxSuites {
            offer.suites = (["ALL"] + suites.map { "!\($0)" } + ["@SECLEVEL=0"]).joined(separator: ":")
            guard let made = try? performHandshake(offer), !suites.contains(made.answer.facts.cipher) else { break }
            suites.append(made.answer.facts.cipher)
        }
        return suites
    }

    /// No server takes more than OpenSSL has.
    private static let maxSuites = 100

    private func askGroups(_ report: inout TLSReport) {
        guard let version = [ProbeOffer.Version.tls13, .tls12].first(where: report.accepts) else { return }
        for (name, word) in ProbeRange.groups {
            var offer = ProbeOffer()
            offer.version = version
            offer.group = name
            if let made = try? performHandshake(offer), made.answer.facts.group == word { report.groups.append(word) }
        }
    }

    private func askProtocols(_ report: inout TLSReport) {
        for name in ["h2", "http/1.1"] {
            var offer = ProbeOffer()
            offer.protocols = [name]
            if let made = try? performHandshake(offer), made.answer.facts.alpn == name { report.protocols.append(name) }
        }
    }

    private func askResumption(_ report: inout TLSReport) {
        let host = server.target.serverName
        let request = "HEAD / HTTP/1.1\r\nHost: \(host.contains(":") ? "[\(host)]" : host)\r\nConnection: close\r\n\r\n"
        for version in [ProbeOffer.Version.tls12, .tls13] where report.accepts(version) {
            var offer = ProbeOffer()
            offer.version = version
            offer.protocols = ["http/1.1"]
            guard let first = try? performHandshake(offer, request: request) else { continue }
            offer.session = first.session
            let isResumed = first.session != nil && (try? performHandshake(offer))?.answer.facts.isResumed == true
            report.resumption.append(
                TLSReport.Resumption(version: version.rawValue, ticket: first.session != nil, resumed: isResumed))
        }
    }
}
