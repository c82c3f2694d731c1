package import Configuration
package import TLS
import Transport

/// What is wrong with a certificate, in words.
package struct CertificateMessage {
    package let severity: Problem.Severity
    package let message: String
    package let hint: String?

    /// - Parameter now: seconds since 1970.
    package init(_ fault: CertificateFault, now: Int64) {
        switch fault {
        case .expired(let position, let end):
            severity = .warning
            message = "\(Self.text(position))expired on \(Timestamp.text(seconds: end)), \(Self.age(now - end)) ago"
            hint = "clients refuse it; renew it"
        case .expiresSoon(let position, let end):
            severity = .warning
            message = "\(Self.text(position))expires on \(Timestamp.text(seconds: end)), in \(Self.age(end - now))"
            hint = "renew it"
        case .notYetValid(let position, let start):
            severity = .warning
            message = "\(Self.text(position))is not valid before \(Timestamp.text(seconds: start)), in \(Self.age(start - now))"
            hint = "clients refuse it until then; or is this machine's clock wrong?"
        case .issuerMissing(let issuer, isCertain: true):
            severity = .warning
            message = "the chain is incomplete: the certificate of its issuer, \"\(issuer)\", is missing"
            hint =
                "append the intermediate certificates, each behind the one that it has signed; clients without it refuse the site"
        case .issuerMissing(let issuer, isCertain: false):
            severity = .note
            message = "this system does not know its issuer, \"\(issuer)\""
            hint = "right if that is a root of your own, which clients trust; if it is an intermediate, append its certificate"
        case .weakKey(let algorithm, let bits):
            severity = .error
            message = "its key is too weak: \(algorithm) of \(bits) bits"
            hint = "make a new one: RSA of 2048 bits or more, or P-256"
        case .unfit(for: .server):
            severity = .warning
            message = "it is not for servers (keyUsage, extendedKeyUsage)"
            hint = "clients refuse it; issue it with keyUsage = digitalSignature and extendedKeyUsage = serverAuth"
        case .unfit(for: .client):
            severity = .warning
            message = "it is not for clients (keyUsage, extendedKeyUsage)"
            hint = "servers refuse it; public authorities issue for servers alone by now: take one of an authority of your own"
        case .subjectMissing:
            severity = .warning
            message = "it has no subject, and its subjectAltName is not critical (RFC 5280 §4.2.1.6)"
            hint = "Java and newer Pythons refuse it; issue it with a subject, or with subjectAltName = critical,DNS:..."
        case .rareKey(let algorithm):
            severity = .note
            message = "Chrome, Android and most clients of gRPC cannot verify its key, which is one of \(algorithm)"
            hint = "add another one in [[sites.ssl.certificates]], of P-256 or RSA, unless all clients are known to take it"
        case .oversized(let bytes):
            severity = .warning
            message = "its chain of \(bytes / 1024) KiB is more than many clients read: Java 32 KiB, Rust's rustls 64 KiB"
            hint = "leave those certificates in it that lead from the first one to a root; is it a bundle of roots by mistake?"
        }
    }

    /// Which of a site's names a certificate is not for; nil if it is for all.
    static func uncovered(_ names: CertificateNames, of hostnames: [String]) -> String? {
        let missing = missing(names, of: hostnames)
        guard !missing.isEmpty else { return nil }
        let addresses = names.addresses.map { SocketAddress(family: $0.count == 4 ? .ipv4 : .ipv6, bytes: $0, port: 0).host }
        let covered = list(names.hosts + addresses)
        let isFor = covered.isEmpty ? "it names no host (subjectAltName)" : "it is for \(covered)"
        return "does not cover \(list(missing)): \(isFor)"
    }

    /// Those of a site's names that a certificate is not for.
    static func missing(_ names: CertificateNames, of hostnames: [String]) -> [String] {
        hostnames.filter { name in
            let literal = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
            if let address = SocketAddress(literal: literal, port: 0) { return !names.cover(address: address.bytes) }
            return !names.cover(host: name)
        }
    }

    private static func text(_ position: CertificateFault.Position) -> String {
        switch position {
        case .leaf: ""
        case .behind(let subject): "the certificate of \"\(subject)\" in it "
        }
    }

    /// The first few of some names.
    private static func list(_ names: [String]) -> String {
        let most = 5
        let quoted = names.prefix(most).map { "\"\($0)\"" }.joined(separator: ", ")
        return names.count > most ? "\(quoted) and \(names.count - most) more" : quoted
    }

    /// A time as people say it, in the largest unit that it has two of.
    private static func age(_ seconds: Int64) -> String {
        for (unit, size) in [("day", 86_400), ("hour", 3600), ("minute", 60)] as [(String, Int64)] where seconds >= 2 * size {
            return "\(seconds / size) \(unit)s"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
