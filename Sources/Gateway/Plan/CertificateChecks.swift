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
        let source = LoadedCertificate.Source(
            certificateFile: ssl.certFile, keyFile: ssl.keyFile, minimumVersion: ssl.minVersion == .tls13 ? .tls13 : .tls12,
            protocols: ssl.alpn, records: records)
        guard let loaded = takeKnown(source) ?? load(source, for: site, at: keyPath) else { return nil }
        if let facts = loaded.facts { judge(facts, of: site, ssl.certFile, at: keyPath) }
        certificates.append(
            SiteCertificate(
                site: site.name, keyPath: "sites[\(index)]", certificateFile: ssl.certFile, keyFile: ssl.keyFile,
                managedName: nil, context: loaded.context, loaded: loaded, hostnames: site.allHostnames))
        return loaded.context
    }

    /// The one of the plan before, if its files are as they were.
    private mutating func takeKnown(_ source: LoadedCertificate.Source) -> LoadedCertificate? {
        while let known = knownCertificates[source]?.popLast() {
            if known.isCurrent() { return known }
        }
        return nil
    }

    private mutating func load(_ source: LoadedCertificate.Source, for site: Site, at keyPath: String) -> LoadedCertificate? {
        var isReadable = true
        for (key, file) in [("cert_file", source.certificateFile), ("key_file", source.keyFile)] {
            guard let error = FileAccess.problem(reading: file) else { continue }
            problem(at: "\(keyPath).\(key)", "\(file): \(error.reason)")
            isReadable = false
        }
        guard isReadable else { return nil }
        do throws(TLSError) {
            return try LoadedCertificate(source) { authorities }
        } catch {
            if let chain = CertificateChain(file: source.certificateFile) {
                judge(chain.facts(authorities), of: site, source.certificateFile, at: keyPath)
            }
            problem(at: "\(keyPath).\(error.file == .key ? "key_file" : "cert_file")", error.reason)
            return nil
        }
    }

    /// Without a certificate: its handshakes end with an alert until it is given one.
    mutating func missingContext(_ index: Int) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        certificates.removeAll { $0.keyPath == "sites[\(index)]" }
        let context = TLSServerContext(
            minimumVersion: ssl.minVersion == .tls13 ? .tls13 : .tls12, protocols: ssl.alpn, records: records)
        // Where ACME gets it there is no file to wait for.
        guard !ssl.autoCert else { return context }
        certificates.append(
            SiteCertificate(
                site: site.name, keyPath: "sites[\(index)]", certificateFile: ssl.certFile, keyFile: ssl.keyFile,
                managedName: nil, context: context, loaded: nil, hostnames: site.allHostnames))
        return context
    }

    /// A certificate that is shown to an upstream.
    mutating func checkClientCertificate(_ file: String, at keyPath: String) {
        guard let chain = CertificateChain(file: file) else { return }
        judge(chain, file, at: keyPath)
    }

    mutating func judge(_ chain: CertificateChain, _ file: String, at keyPath: String) {
        judge(chain.facts(authorities), file, at: keyPath)
    }

    private mutating func judge(_ facts: CertificateFacts, _ file: String, at keyPath: String) {
        for fault in facts.faults(now: now) {
            let words = CertificateWords(fault, now: now)
            problem(words.severity, at: keyPath, "\(file): \(words.message)", hint: words.hint)
        }
    }

    /// A site's names are what its clients ask for, so its certificate must be for them, too.
    private mutating func judge(_ facts: CertificateFacts, of site: Site, _ file: String, at keyPath: String) {
        judge(facts, file, at: "\(keyPath).cert_file")
        guard let words = CertificateWords.uncovered(facts.names, of: site.allHostnames) else { return }
        problem(
            .warning, at: "\(keyPath).cert_file", "\(file): \(words)",
            hint: "clients that ask for another name than the certificate's refuse it")
    }
}
