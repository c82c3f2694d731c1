import ACME
import Configuration
import TLS
import Transport

/// The part of making a plan that knows of certificates which are got by ACME.
extension PlanBuilder {
    /// Such a site's context: with the certificate that there is, or without one until it comes.
    mutating func managedContext(_ index: Int) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        let keyPath = "sites[\(index)].ssl"
        guard let name = want(site, ssl, keyPath) else { return nil }
        let file = CertificateStore(StateDirectory(configuration.server.stateDir)).file(of: name)
        let context = TLSServerContext(
            minimumVersion: ssl.minVersion == .tls13 ? .tls13 : .tls12, protocols: ssl.alpn, records: records)
        if let chain = CertificateChain(file: file) {
            do throws(TLSError) {
                try context.replaceCertificate(certificateFile: file, keyFile: file)
                judge(chain, file, at: "\(keyPath).auto_cert")
            } catch {
                problem(.warning, at: "\(keyPath).auto_cert", error.reason, hint: "another one is asked for")
            }
        }
        certificates.append(
            SiteCertificate(
                site: site.name, keyPath: "sites[\(index)]", certificateFile: file, keyFile: file, managedName: name,
                context: context, loaded: nil, hostnames: site.allHostnames))
        return context
    }

    /// For every name that may have to be proved: whichever site has it, authorities look at port 443.
    func makeChallengeContexts() -> [String: TLSServerContext] {
        var contexts: [String: TLSServerContext] = [:]
        for site in configuration.sites {
            guard let ssl = site.ssl, ssl.autoCert, ssl.acme.dnsHook == nil else { continue }
            for name in site.allHostnames + ssl.domains where contexts[name] == nil {
                contexts[name] = TLSServerContext(protocols: ["acme-tls/1"], records: records)
            }
        }
        return contexts
    }

    /// Puts the site's certificate on the list of those that are wanted; sites of one first name share one.
    /// - Returns: its name; nil after an error.
    private mutating func want(_ site: Site, _ ssl: TLSSettings, _ keyPath: String) -> String? {
        let names = site.allHostnames + ssl.domains
        var isRight = true
        for name in names {
            let place = site.allHostnames.contains(name) ? "\(keyPath).auto_cert" : "\(keyPath).domains"
            guard let reason = Self.flaw(of: name, byDNS: ssl.acme.dnsHook != nil) else { continue }
            problem(at: place, "\"\(name)\" cannot be had by auto_cert: \(reason)", hint: "name cert_file and key_file for it")
            isRight = false
        }
        guard isRight, let name = names.first else { return nil }
        checkHook(ssl.acme, keyPath)
        let authority = authority(ssl.acme)
        guard let place = managed.firstIndex(where: { $0.name == name }) else {
            checkStateDirectory()
            managed.append(
                ManagedCertificate(
                    names: Self.once(names), authority: authority, fallbacks: fallbacks(ssl.acme),
                    challengeFolder: ssl.acme.challengeDir, dnsHook: ssl.acme.dnsHook, keyKind: Self.keyKind(ssl.acme.keyType),
                    preferredRoot: ssl.acme.preferredChain))
            return name
        }
        if managed[place].authority != authority {
            problem(
                at: "\(keyPath).acme", "another site asks another authority, or as somebody else, for a certificate of \(name)",
                hint: "write the same [sites.ssl.acme] for both")
            return nil
        }
        managed[place].names = Self.once(managed[place].names + names)
        managed[place].challengeFolder = managed[place].challengeFolder ?? ssl.acme.challengeDir
        return name
    }

    private func authority(_ acme: ACMESettings) -> Authority {
        var authority = Authority(
            directory: acme.directory ?? (acme.staging ? Self.staging : Self.production), email: acme.email, caFile: acme.caFile)
        if let identifier = acme.eabKid, let key = acme.eabHmacKey {
            authority.externalAccount = Authority.ExternalAccount(identifier: identifier, key: key)
        }
        return authority
    }

    private func fallbacks(_ acme: ACMESettings) -> [Authority] {
        acme.fallback.map { Authority(directory: $0, email: acme.email, caFile: acme.caFile) }
    }

    private static func keyKind(_ type: ACMESettings.KeyType) -> PrivateKey.Kind {
        switch type {
        case .p256: .p256
        case .p384: .p384
        case .rsa: .rsa
        }
    }

    private mutating func checkHook(_ acme: ACMESettings, _ keyPath: String) {
        guard let hook = acme.dnsHook else { return }
        if let reason = StateDirectory.problem(running: hook) {
            problem(
                at: "\(keyPath).acme.dns_hook", "\(hook) cannot be run: \(reason)",
                hint: "a program that is executable, by its whole path")
        }
    }

    /// Without a place to keep them, certificates would be asked for at each start, until the authority's limits are reached.
    private mutating func checkStateDirectory() {
        guard managed.isEmpty, let reason = StateDirectory.problem(writing: configuration.server.stateDir) else { return }
        problem(
            at: "server.state_dir", "certificates cannot be kept in \(configuration.server.stateDir): \(reason)",
            hint: "write state_dir = \"…\" in [server]: a directory that whoever runs Gatehouse may write, and that stays")
    }

    /// Says how names will be proved where the authority cannot be answered.
    mutating func checkChallenges(_ listeners: [ListenerPlan]) {
        guard let first = managed.first(where: { $0.challengeFolder == nil && $0.dnsHook == nil }) else { return }
        if listeners.contains(where: { $0.address.port == ($0.tls == nil ? 80 : 443) }) { return }
        let index = configuration.sites.firstIndex { $0.ssl?.autoCert == true } ?? 0
        problem(
            .warning, at: "sites[\(index)].ssl.auto_cert",
            "no plain site listens on port 80, and no TLS site on 443, where authorities look before they issue a certificate "
                + "for \(first.name)", hint: "add a site of the same name with port = 80 and redirect_to_https = true")
    }

    private static func flaw(of name: String, byDNS: Bool) -> String? {
        if name.hasPrefix("*."), !byDNS { return "authorities issue wildcards by DNS alone: acme.dns_hook" }
        let literal = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        if SocketAddress(literal: literal, port: 0) != nil { return "it is an address" }
        return nil
    }

    private static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// Let's Encrypt's directories.
    private static let production = "https://acme-v02.api.letsencrypt.org/directory"
    private static let staging = "https://acme-staging-v02.api.letsencrypt.org/directory"
}
