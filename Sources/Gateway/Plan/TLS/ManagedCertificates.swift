import ACME
package import Configuration
import TLS
import Transport

/// The part of making a plan that knows of certificates which are got by ACME.
extension PlanBuilder {
    /// The context of a site with a managed certificate: with the one that there is, or without one until it comes.
    mutating func managedContext(_ index: Int) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        if let onDemand = ssl.onDemand { return onDemandContext(index, onDemand) }
        let keyPath = "sites[\(index)].ssl"
        guard let name = want(site, ssl, keyPath) else { return nil }
        let store = CertificateStore(StateDirectory(configuration.server.stateDir))
        let file = store.file(of: name)
        let policy = policy(ssl, at: keyPath)
        guard checkClientAuthentication(policy, at: keyPath) else { return nil }
        // Its file is looked at once here, and read again by the first handshake that needs it.
        let chain = judgeStored(name, store, file, at: "\(keyPath).auto_cert")
        let context = chain.flatMap { knownCertificates.managed(name, showing: $0, policy) } ?? stored(file, chain, policy)
        if let chain {
            if TLSServerContext.isStapled(chain, policy), !context.shows(chain) {
                // Its OCSP answer is fetched before a client asks for it, so it is in memory from the start, and stays.
                do throws(TLSError) {
                    try context.replaceCertificate(certificateFile: file, keyFile: file)
                } catch {
                    problem(.warning, at: "\(keyPath).auto_cert", error.reason, hint: "another one is asked for")
                }
            }
            checkStapling(context, [CertificateFiles(certificate: file, key: file)], ssl.stapling, keyPath)
        }
        certificates.append(
            SiteCertificate(
                site: site.name, keyPath: "sites[\(index)]", certificateFile: file, keyFile: file, managedName: name,
                context: context, loaded: nil, hostnames: site.allHostnames))
        return context
    }

    private func stored(_ file: String, _ chain: CertificateChain?, _ policy: TLSPolicy) -> TLSServerContext {
        let stored = StoredCertificate(file: file, isThere: chain != nil, owner: carried.storedCertificates)
        stored.note(chain?.lifetime)
        return TLSServerContext(policy, stored: stored)
    }

    /// The certificate that is there, if it can be used. What clients would say of it is told.
    private mutating func judgeStored(
        _ name: String, _ store: CertificateStore, _ file: String, at keyPath: String
    ) -> CertificateChain? {
        guard StateDirectory.exists(file) else { return nil }
        guard let chain = store.usable(name) else {
            problem(.warning, at: keyPath, "\(file) holds no certificate with its key", hint: "another one is asked for")
            return nil
        }
        judge(chain, file, at: keyPath)
        return chain
    }

    /// Puts the site's certificate on the list of those that are wanted; sites of one first name share one.
    /// - Returns: its name; nil after an error.
    private mutating func want(_ site: Site, _ ssl: TLSSettings, _ keyPath: String) -> String? {
        let own = site.allHostnames.map(Self.withoutBrackets)
        let names = Self.certificateNames(of: site, ssl)
        var isRight = true
        let issuer = Self.issuer(of: names, ssl)
        for name in names {
            let key = own.contains(name) ? "\(keyPath).auto_cert" : "\(keyPath).domains"
            guard let reason = Self.flaw(of: name, ssl, issuer) else { continue }
            problem(at: key, "\"\(name)\" cannot be had by auto_cert: \(reason)", hint: "or name cert_file and key_file")
            isRight = false
        }
        guard isRight, let name = names.first else { return nil }
        if issuer == .internalCA, ssl.acme.isWritten {
            problem(
                ssl.issuer == nil ? .warning : .error, at: "\(keyPath).acme",
                "is not used: \(name) gets its certificate from the internal CA",
                hint: "issuer = \"acme\" asks an authority by ACME; acme.directory then names one of your own")
        }
        checkHook(ssl.acme, keyPath)
        let update = issuer == .internalCA ? nil : dnsUpdate(ssl.acme, keyPath)
        let authority = issuer == .internalCA ? .local : authority(ssl.acme)
        checkAuthorities(authority.caFile, at: "\(keyPath).acme.ca_file")
        switch wanted.join(name, names: names, authority: authority, challengeFolder: ssl.acme.challengeDir) {
        case .joined: return name
        case .unknown:
            checkStateDirectory(for: authority)
            wanted.add(managedCertificate(for: WantedCertificates.once(names), ssl, authority, update), named: name)
            return name
        case .askedElsewhere:
            problem(
                at: "\(keyPath).acme", "another site asks another authority, or as somebody else, for a certificate of \(name)",
                hint: "write the same [sites.ssl.acme] for both")
            return nil
        }
    }

    /// The names of the certificate that a site with `auto_cert` has got; it is known by the first.
    package static func certificateNames(of site: Site, _ ssl: TLSSettings) -> [String] {
        // An address has brackets in a host name alone.
        (site.allHostnames + ssl.domains).map(withoutBrackets)
    }

    /// A certificate for these names as the site wants it.
    func managedCertificate(
        for names: [String], _ ssl: TLSSettings, _ authority: Authority, _ update: DNSUpdate?
    ) -> ManagedCertificate {
        let acme = ssl.acme
        var certificate = ManagedCertificate(
            names: names, authority: authority, fallbacks: authority.isLocal ? [] : fallbacks(acme),
            challengeFolder: acme.challengeDir, dnsHook: acme.dnsHook, dnsUpdate: update, keyKind: Self.keyKind(acme.keyType),
            preferredRoot: acme.preferredChain, profile: acme.profile)
        certificate.dnsHookTimeout = acme.dnsHookTimeout.nanoseconds
        return certificate
    }

    func authority(_ acme: ACMESettings) -> Authority {
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

    mutating func checkHook(_ acme: ACMESettings, _ keyPath: String) {
        guard let hook = acme.dnsHook else { return }
        if let reason = StateDirectory.problem(running: hook) {
            problem(
                at: "\(keyPath).acme.dns_hook", "\(hook) cannot be run: \(reason)",
                hint: "a program that is executable, by its whole path")
        }
    }

    /// Says how names will be proved where the authority cannot be answered.
    ///
    /// The sites' ports count: a listener may be missing for another fault, which is told by itself.
    mutating func checkChallenges() {
        let managedName = wanted.all.first { !$0.isAnsweredElsewhere }?.name
        let demand = demands.first { !$0.settings.template.isAnsweredElsewhere }
        guard let name = managedName ?? demand.map({ "names on demand of \($0.settings.site)" }) else { return }
        if configuration.sites.contains(where: { $0.port == ($0.ssl == nil ? 80 : 443) }) { return }
        let index = configuration.sites.firstIndex { $0.ssl?.autoCert == true } ?? 0
        problem(
            .warning, at: "sites[\(index)].ssl.auto_cert",
            "no plain site listens on port 80, and no TLS site on 443, where authorities look before they issue a certificate "
                + "for \(name)", hint: "add a site of the same name with port = 80 and redirect_to_https = true")
    }

    /// Names that no public authority issues for are the internal CA's, unless an authority is named.
    static func issuer(of names: [String], _ ssl: TLSSettings) -> TLSSettings.Issuer {
        if let issuer = ssl.issuer { return issuer }
        return ssl.acme.directory == nil && names.allSatisfy(LocalNames.contain) ? .internalCA : .acme
    }

    private static func flaw(of name: String, _ ssl: TLSSettings, _ issuer: TLSSettings.Issuer) -> String? {
        if issuer == .internalCA {
            return LocalNames.contain(name)
                ? nil : "the internal CA issues for \(LocalNames.summary) alone, so that nobody who trusts it need fear it"
        }
        if ssl.acme.directory == nil, LocalNames.contain(name) {
            return "no public authority issues for it: issuer = \"internal\" does, in a site without the other names"
        }
        if ssl.acme.directory == nil, !name.contains("."), !name.contains(":") {
            return "no public authority issues for a name without a dot"
        }
        if let zone = ssl.acme.dnsUpdate?.zone { return flaw(of: name, in: zone) }
        let byDNS = ssl.acme.dnsHook != nil
        if name.hasPrefix("*."), !byDNS { return "authorities issue wildcards by DNS alone: acme.dns_hook or acme.dns_update" }
        if byDNS, SocketAddress(literal: name, port: 0) != nil {
            return "no record proves an address (RFC 8738 §7): acme.dns_hook"
        }
        return nil
    }

    /// An IPv6 address as a host name has it, as certificates have it: shortened (RFC 5952).
    private static func withoutBrackets(_ name: String) -> String {
        guard name.hasPrefix("[") else { return name }
        let literal = String(name.dropFirst().dropLast())
        return SocketAddress(literal: literal, port: 0)?.host ?? literal
    }

    /// Let's Encrypt's directories.
    private static let production = "https://acme-v02.api.letsencrypt.org/directory"
    static let staging = "https://acme-staging-v02.api.letsencrypt.org/directory"
}
