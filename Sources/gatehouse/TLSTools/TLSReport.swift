import Gateway
import TLS

/// What a survey has found, for people and for programs.
struct TLSReport: Encodable {
    struct Phase: Encodable {
        let name: String
        let milliseconds: Double

        init(_ name: String, _ duration: Duration) {
            self.name = name
            // To a hundredth.
            milliseconds = (Double(duration / .microseconds(10))).rounded() / 100
        }
    }

    struct Version: Encodable {
        let version: String
        let accepted: Bool
        var reason: String?
    }

    struct Suites: Encodable {
        let version: String
        let suites: [String]
    }

    struct Resumption: Encodable {
        let version: String
        let ticket: Bool
        let resumed: Bool
    }

    let server: String
    let serverName: String
    var address: String?
    /// Why there was no handshake as any client makes it.
    var failure: String?
    var explanation: String?
    /// Why not all was asked; nil if it was.
    var unfinished: String?
    var phases: [Phase] = []
    var agreedVersion: String?
    var agreedSuite: String?
    var agreedGroup: String?
    var agreedProtocol: String?
    var versions: [Version] = []
    var suites: [Suites] = []
    var groups: [String] = []
    var protocols: [String] = []
    var resumption: [Resumption] = []
    var staple: String?
    var asksForCertificate = false
    /// Why OpenSSL does not believe the certificate; nil if it does, or there is none.
    var verification: String?
    /// All for which it does not.
    var faults: [String] = []
    var certificates: [CertificateReport] = []
    /// The `openssl s_client` line that shows the same.
    var command = ""

    init(server: String, serverName: String) {
        self.server = server
        self.serverName = serverName
    }

    var isWell: Bool { failure == nil && verification == nil && !certificates.contains { $0.isBad } }

    func accepts(_ version: ProbeOffer.Version) -> Bool { versions.contains { $0.version == version.rawValue && $0.accepted } }

    mutating func take(_ answer: ProbeAnswer) {
        agreedVersion = answer.facts.version
        agreedSuite = answer.facts.cipher
        agreedGroup = answer.facts.group
        agreedProtocol = answer.facts.alpn
        staple = answer.staple.rawValue
        asksForCertificate = answer.asksForCertificate
        verification = answer.verification
        faults = answer.faults
        certificates = CertificateReport.all(in: answer.chain)
        // Whom it does not know was told by file.
        if verification == nil, !certificates.isEmpty { certificates[0].notes = [] }
    }

    // MARK: Text

    var text: String {
        var rows: [(String, String)] = [("server", address.map { "\(server), \($0)" } ?? server), ("name", serverName)]
        if let failure { rows.append(("no handshake", failure)) }
        if let explanation { rows.append(("", explanation)) }
        if let agreedVersion {
            let group = agreedGroup.map { ", \($0)" } ?? ""
            rows.append(("agreed on", "\(agreedVersion), \(agreedSuite ?? "-")\(group), ALPN \(agreedProtocol ?? "none")"))
        }
        if !phases.isEmpty {
            rows.append(("time", phases.map { "\($0.name) \($0.milliseconds) ms" }.joined(separator: ", ")))
        }
        for version in versions { rows.append((version.version, version.accepted ? "yes" : "no: \(version.reason ?? "")")) }
        for list in suites { rows.append(("suites", "\(list.version): \(list.suites.joined(separator: " "))")) }
        if !groups.isEmpty { rows.append(("groups", groups.joined(separator: " "))) }
        if failure == nil { rows += serving }
        if let unfinished { rows.append(("unfinished", unfinished)) }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
        let chain = CertificateReport.text(certificates)
        return (lines + (chain.isEmpty ? [] : ["", chain]) + ["", "The same by hand:", "  \(command)"]).joined(separator: "\n")
    }

    private var serving: [(String, String)] {
        let resumed = resumption.map { "\($0.version) \($0.resumed ? "yes" : $0.ticket ? "no, though it gives tickets" : "no")" }
        var rows = [
            ("ALPN", protocols.isEmpty ? "none of h2 and http/1.1" : protocols.joined(separator: " ")),
            ("resumption", resumed.joined(separator: ", ")),
            ("OCSP staple", staple ?? "none"),
            ("client certificate", asksForCertificate ? "asked for" : "not asked for"),
        ]
        if faults.isEmpty { rows.append(("trusted", "yes")) }
        for (index, fault) in faults.enumerated() {
            rows.append((index == 0 ? "trusted" : "", "\(index == 0 ? "no" : "nor"): \(fault)"))
            if let known = TLSExplanation.first(in: fault) { rows.append(("", known.remedy)) }
        }
        return rows
    }
}
