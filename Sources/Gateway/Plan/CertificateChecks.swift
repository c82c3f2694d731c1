import Configuration
import EventLoop
import TLS
import Transport

/// The part of making a plan that judges certificates.
///
/// An error is what cannot be served, and what would protect nobody: a file that is missing, a key of another certificate, a
/// weak key. A warning is what clients will refuse by themselves: one site's certificate that has expired must not keep all
/// others from starting, and nobody is less protected by it. A note is what depends on whom the clients trust.
extension PlanBuilder {
    /// A site's certificate, ready to serve; nil if there is an error.
    mutating func serverContext(_ index: Int) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        if ssl.autoCert { return managedContext(index) }
        let keyPath = "sites[\(index)].ssl"
        var isReadable = true
        for (key, file) in [("cert_file", ssl.certFile), ("key_file", ssl.keyFile)] {
            guard let error = FileAccess.problem(reading: file) else { continue }
            problem(at: "\(keyPath).\(key)", "\(file): \(error.reason)")
            isReadable = false
        }
        guard isReadable else { return nil }
        if let chain = CertificateChain(file: ssl.certFile) {
            judge(chain, ssl.certFile, at: "\(keyPath).cert_file")
            checkNames(of: site, chain.names, ssl.certFile, at: "\(keyPath).cert_file")
        }
        do throws(TLSError) {
            let context = newContext(index, ssl)
            try context.replaceCertificate(certificateFile: ssl.certFile, keyFile: ssl.keyFile)
            return context
        } catch {
            problem(at: "\(keyPath).\(error.file == .key ? "key_file" : "cert_file")", error.reason)
            return nil
        }
    }

    /// Among the plan's certificates, and without one so far.
    private mutating func newContext(_ index: Int, _ ssl: TLSSettings) -> TLSServerContext {
        let context = TLSServerContext(
            minimumVersion: ssl.minVersion == .tls13 ? .tls13 : .tls12, protocols: ssl.alpn, records: records)
        // Where ACME gets it there is no file to wait for.
        guard !ssl.autoCert else { return context }
        certificates.append(
            SiteCertificate(
                site: configuration.sites[index].name, keyPath: "sites[\(index)]", certificateFile: ssl.certFile,
                keyFile: ssl.keyFile, managedName: nil, context: context))
        return context
    }

    /// Without a certificate: its handshakes end with an alert until it is given one.
    mutating func missingContext(_ index: Int) -> TLSServerContext? {
        guard let ssl = configuration.sites[index].ssl else { return nil }
        certificates.removeAll { $0.keyPath == "sites[\(index)]" }
        return newContext(index, ssl)
    }

    /// A certificate that is shown to an upstream.
    mutating func checkClientCertificate(_ file: String, at keyPath: String) {
        guard let chain = CertificateChain(file: file) else { return }
        judge(chain, file, at: keyPath)
    }

    mutating func judge(_ chain: CertificateChain, _ file: String, at keyPath: String) {
        for fault in chain.faults(now: now, authorities: authorities) {
            let (severity, message, hint) = describe(fault)
            problem(severity, at: keyPath, "\(file): \(message)", hint: hint)
        }
    }

    private func describe(_ fault: CertificateFault) -> (Problem.Severity, message: String, hint: String?) {
        switch fault {
        case .expired(let place, let end):
            (
                .warning, "\(Self.words(place))expired on \(Timestamp.text(seconds: end)), \(Self.age(now - end)) ago",
                "clients refuse it; renew it"
            )
        case .expiresSoon(let place, let end):
            (.warning, "\(Self.words(place))expires on \(Timestamp.text(seconds: end)), in \(Self.age(end - now))", "renew it")
        case .notYetValid(let place, let start):
            (
                .warning,
                "\(Self.words(place))is not valid before \(Timestamp.text(seconds: start)), in \(Self.age(start - now))",
                "clients refuse it until then; or is this machine's clock wrong?"
            )
        case .issuerMissing(let issuer, isCertain: true):
            (
                .warning, "the chain is incomplete: the certificate of its issuer, \"\(issuer)\", is missing",
                "append the intermediate certificates, each behind the one that it has signed; clients without it refuse the site"
            )
        case .issuerMissing(let issuer, isCertain: false):
            (
                .note, "this system does not know its issuer, \"\(issuer)\"",
                "right if that is a root of your own, which clients trust; if it is an intermediate, append its certificate"
            )
        case .weakKey(let algorithm, let bits):
            (
                .error, "its key is too weak: \(algorithm) of \(bits) bits",
                "make a new one: RSA of 2048 bits or more, or P-256"
            )
        }
    }

    /// A site's names are what its clients ask for, so its certificate must be for them.
    private mutating func checkNames(of site: Site, _ names: CertificateNames, _ file: String, at keyPath: String) {
        let missing = site.hostnames.filter { name in
            let literal = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
            if let address = SocketAddress(literal: literal, port: 0) { return !names.cover(address: address.bytes) }
            return !names.cover(host: name)
        }
        guard !missing.isEmpty else { return }
        let addresses = names.addresses.map { SocketAddress(family: $0.count == 4 ? .ipv4 : .ipv6, bytes: $0, port: 0).host }
        let covered = Self.list(names.hosts + addresses)
        let isFor = covered.isEmpty ? "it names no host (subjectAltName)" : "it is for \(covered)"
        problem(
            .warning, at: keyPath, "\(file): does not cover \(Self.list(missing)): \(isFor)",
            hint: "clients that ask for another name than the certificate's refuse it")
    }

    // MARK: Words

    private static func words(_ place: CertificateFault.Place) -> String {
        switch place {
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
    static func age(_ seconds: Int64) -> String {
        for (unit, size) in [("day", 86_400), ("hour", 3600), ("minute", 60)] as [(String, Int64)] where seconds >= 2 * size {
            return "\(seconds / size) \(unit)s"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
