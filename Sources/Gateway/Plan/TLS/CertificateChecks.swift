import Configuration
import EventLoop
import Glibc
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
            certificates: ssl.allCertificates.map {
                CertificateFiles(certificate: $0.certFile, key: $0.keyFile, passphraseFile: $0.passphraseFile)
            }, policy: policy(ssl, at: keyPath))
        judgeRevocations(source.policy.clientAuthentication, at: keyPath)
        guard let loaded = knownCertificates.take(source) ?? load(source, for: site, at: keyPath) else { return nil }
        for (number, facts) in loaded.facts.enumerated() {
            judge(
                facts, of: site, source.certificates[number].certificate, at: Self.certificateKeyPath(number, keyPath),
                isAlone: loaded.facts.count == 1)
        }
        checkKeyModes(source.certificates, at: keyPath)
        checkStapling(loaded.context, source.certificates, ssl.stapling, keyPath)
        certificates.append(
            SiteCertificate(
                site: site.name, keyPath: "sites[\(index)]", certificateFile: ssl.certFile, keyFile: ssl.keyFile,
                managedName: nil, context: loaded.context, loaded: loaded, hostnames: site.allHostnames))
        return loaded.context
    }

    private mutating func load(_ source: LoadedCertificate.Source, for site: Site, at keyPath: String) -> LoadedCertificate? {
        var files: [(key: String, file: String)] = []
        for (number, pair) in source.certificates.enumerated() {
            let certificateKeyPath = Self.certificateKeyPath(number, keyPath)
            files.append(("\(certificateKeyPath).cert_file", pair.certificate))
            if !pair.isKeyInStore { files.append(("\(certificateKeyPath).key_file", pair.key)) }
            if let file = pair.passphraseFile { files.append(("\(certificateKeyPath).key_passphrase_file", file)) }
        }
        if let clients = source.policy.clientAuthentication {
            files.append(("\(keyPath).client_ca_file", clients.caFile))
            if let file = clients.crlFile { files.append(("\(keyPath).client_crl_file", file)) }
        }
        var isReadable = true
        for (key, file) in files {
            guard let error = FileAccess.problem(reading: file) else { continue }
            problem(
                at: key, "\(file): \(error.reason)",
                hint: error.code == EACCES
                    ? "whoever runs Gatehouse must be allowed to read it, as by chgrp gatehouse FILE and chmod 640 FILE" : nil)
            isReadable = false
        }
        guard isReadable else { return nil }
        do throws(TLSError) {
            return try LoadedCertificate(source, mayKeep: mayKeep(source.policy)) { authorities }
        } catch {
            for (number, pair) in source.certificates.enumerated() {
                guard let chain = CertificateChain(pair) else { continue }
                judge(
                    chain.facts { authorities }, of: site, pair.certificate, at: Self.certificateKeyPath(number, keyPath),
                    isAlone: source.certificates.count == 1)
            }
            let isOfClients = [.clientAuthorities, .strayRevocations, .revocations].contains(error.file)
            let certificateKeyPath = isOfClients ? keyPath : Self.certificateKeyPath(error.certificate, keyPath)
            problem(at: "\(certificateKeyPath).\(Self.key(of: error.file))", error.reason, hint: Self.hint(of: error.file))
            return nil
        }
    }

    /// Warns of keys that whoever is on this machine can read; of one that many sites have, once.
    private mutating func checkKeyModes(_ certificates: [CertificateFiles], at keyPath: String) {
        for (number, pair) in certificates.enumerated() where !pair.isKeyInStore && pair.passphraseFile == nil {
            guard let mode = FileAccess.modeOpenToAll(pair.key), report.isNew("mode of \(pair.key)") else { continue }
            problem(
                .warning, at: "\(Self.certificateKeyPath(number, keyPath)).key_file",
                "everybody on this machine can read \(pair.key) (mode \(String(mode, radix: 8))): who has it can be this site",
                hint: "chmod o-r \(pair.key)")
        }
    }

    /// What clients are verified by on a site whose certificate is got by itself: that is read when it is there, and this now.
    /// - Returns: false after an error.
    mutating func checkClientAuthentication(_ policy: TLSPolicy, at keyPath: String) -> Bool {
        judgeRevocations(policy.clientAuthentication, at: keyPath)
        do throws(TLSError) {
            try TLSServerContext.checkClientAuthentication(of: policy)
            return true
        } catch {
            problem(at: "\(keyPath).\(Self.key(of: error.file))", error.reason, hint: Self.hint(of: error.file))
            return false
        }
    }

    private static func hint(of file: TLSError.File?) -> String? {
        guard file == .strayRevocations else { return nil }
        return "name their file in client_crl_file: it may be this one; or take them out of it"
    }

    /// See `TLSServerContext.mayKeepCertificates`.
    private mutating func mayKeep(_ policy: TLSPolicy) -> Bool {
        if let known = keepingPolicies[policy] { return known }
        let isAllowed = TLSServerContext.mayKeepCertificates(policy)
        keepingPolicies[policy] = isAllowed
        return isAllowed
    }

    /// Where the configuration names a certificate: the first one in the table itself.
    private static func certificateKeyPath(_ number: Int, _ keyPath: String) -> String {
        number == 0 ? keyPath : "\(keyPath).certificates[\(number - 1)]"
    }

    /// The key of `[sites.ssl]` that names a file.
    private static func key(of file: TLSError.File?) -> String {
        switch file {
        case .key: "key_file"
        case .clientAuthorities, .strayRevocations: "client_ca_file"
        case .revocations: "client_crl_file"
        case .passphrase: "key_passphrase_file"
        case .certificate, .authorities, nil: "cert_file"
        }
    }

    /// Makes a context without a certificate: its handshakes end with an alert until it is given one.
    mutating func missingContext(_ index: Int) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        certificates.removeAll { $0.keyPath == "sites[\(index)]" }
        let context = TLSServerContext(policy(ssl))
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
        judge(chain.facts(for: .client) { authorities }, file, at: keyPath)
    }

    mutating func judge(_ chain: CertificateChain, _ file: String, at keyPath: String) {
        judge(chain.facts { authorities }, file, at: keyPath)
    }

    /// - Parameter isAlone: is no other certificate shown to clients that cannot verify this one?
    private mutating func judge(_ facts: CertificateFacts, _ file: String, at keyPath: String, isAlone: Bool = true) {
        for fault in facts.faults(now: now) {
            if case .rareKey = fault, !isAlone { continue }
            let said = CertificateMessage(fault, now: now)
            // A certificate of many sites is noted once.
            if said.severity == .note, !report.isNew("\(file): \(said.message)") { continue }
            problem(said.severity, at: keyPath, "\(file): \(said.message)", hint: said.hint)
        }
    }

    /// A site's names are what its clients ask for, so its certificate must be for them, too.
    private mutating func judge(
        _ facts: CertificateFacts, of site: Site, _ file: String, at keyPath: String, isAlone: Bool
    ) {
        judge(facts, file, at: "\(keyPath).cert_file", isAlone: isAlone)
        guard let message = CertificateMessage.uncovered(facts.names, of: site.allHostnames) else { return }
        problem(
            .warning, at: "\(keyPath).cert_file", "\(file): \(message)",
            hint: "clients that ask for another name than the certificate's refuse it")
    }
}
