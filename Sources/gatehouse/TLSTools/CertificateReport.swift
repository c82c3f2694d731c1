import Configuration
import EventLoop
import Gateway
import TLS
import Transport

/// A certificate of a chain, and what is wrong with it.
struct CertificateReport: Encodable {
    let subject: String
    let issuer: String
    let from: String
    let to: String
    let key: String
    let signature: String
    let sha256: String
    /// The host names and addresses that the leaf is for.
    var names: [String] = []
    var problems: [String] = []
    /// What is wrong only if clients do not know the issuer by other ways.
    var notes: [String] = []
    /// Is there a problem that makes clients refuse it?
    var isBad = false

    init(_ certificate: CertificateDescription) {
        subject = certificate.subject
        issuer = certificate.isSelfSigned ? "itself" : certificate.issuer
        from = certificate.from.map { Timestamp.text(seconds: $0) } ?? "?"
        to = certificate.to.map { Timestamp.text(seconds: $0) } ?? "?"
        key = certificate.key
        signature = certificate.signature
        sha256 = certificate.fingerprint
    }

    /// - Parameter pem: the chain, the leaf first.
    static func all(in pem: String) -> [CertificateReport] {
        guard let chain = CertificateChain(pem: pem) else { return [] }
        return all(of: chain)
    }

    static func all(of chain: CertificateChain, authorities: SystemAuthorities = SystemAuthorities()) -> [CertificateReport] {
        var reports = chain.descriptions.map(CertificateReport.init)
        guard !reports.isEmpty else { return [] }
        reports[0].names =
            chain.names.hosts
            + chain.names.addresses.map { SocketAddress(family: $0.count == 4 ? .ipv4 : .ipv6, bytes: $0, port: 0).host }
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        for fault in chain.facts({ authorities }).faults(now: now) {
            let said = CertificateMessage(fault, now: now)
            let text = [said.message, said.hint].compactMap { $0 }.joined(separator: "; ")
            // Nobody has said here what it is for, and an authority's is told below.
            if fault.isAboutShowing {
                if chain.descriptions.first?.isAuthority != true { reports[0].notes.append(text) }
                continue
            }
            if said.severity == .note { reports[0].notes.append(text) } else { reports[0].problems.append(text) }
            if fault.isRefused { reports[0].isBad = true }
        }
        if !chain.isLinked {
            reports[0].problems.append("not in order: each certificate must be signed by the one behind it")
        }
        if chain.names.hosts.isEmpty, chain.names.addresses.isEmpty, chain.descriptions.first?.isAuthority == true {
            reports[0].notes.append("it is an authority's, which signs others: clients trust it, and no site shows it as its own")
        } else if chain.names.hosts.isEmpty, chain.names.addresses.isEmpty {
            reports[0].problems.append("it names no host (subjectAltName), and clients no longer look at the common name")
            reports[0].isBad = true
        }
        return reports
    }

    /// - Parameters:
    ///   - remarks: what is right with the leaf, beside what its report says.
    ///   - problems: what is wrong with it, likewise.
    static func text(
        _ reports: [CertificateReport], remarks: ArraySlice<String> = [], problems: ArraySlice<String> = []
    ) -> String {
        reports.enumerated().map { index, report in
            var lines = ["\(index == 0 ? "certificate" : "behind it") \(report.subject)", "  issued by   \(report.issuer)"]
            if !report.names.isEmpty { lines.append("  names       \(printable(report.names.joined(separator: " ")))") }
            lines.append("  valid       \(report.from) to \(report.to)")
            lines.append("  key         \(report.key), signed with \(report.signature)")
            lines.append("  SHA-256     \(report.sha256)")
            // Names are of whoever made the certificate: a line end in one must not look like a finding.
            lines += report.notes.map { "  note        \(printable($0))" }
            lines += report.problems.map { "  problem     \(printable($0))" }
            if index == 0 { lines += remarks.map { "  right       \($0)" } + problems.map { "  problem     \($0)" } }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension CertificateFault {
    /// Does it matter to those alone who are shown the certificate?
    fileprivate var isAboutShowing: Bool {
        switch self {
        case .unfit, .rareKey, .oversized: true
        default: false
        }
    }

    /// Will clients refuse the certificate because of it?
    fileprivate var isRefused: Bool {
        switch self {
        case .expired, .notYetValid, .weakKey, .issuerMissing(issuer: _, isCertain: true): true
        case .expiresSoon, .issuerMissing, .unfit, .subjectMissing, .rareKey, .oversized: false
        }
    }
}
