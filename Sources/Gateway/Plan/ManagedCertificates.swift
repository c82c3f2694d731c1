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
                context: context, loaded: nil, hostnames: site.hostnames))
        return context
    }

    /// Puts the site's certificate on the list of those that are wanted; sites of one first name share one.
    /// - Returns: its name; nil after an error.
    private mutating func want(_ site: Site, _ ssl: TLSSettings, _ keyPath: String) -> String? {
        let names = site.hostnames + ssl.domains
        var isRight = true
        for name in names {
            let place = site.hostnames.contains(name) ? "\(keyPath).auto_cert" : "\(keyPath).domains"
            guard let reason = Self.flaw(of: name) else { continue }
            problem(at: place, "\"\(name)\" cannot be had by auto_cert: \(reason)", hint: "name cert_file and key_file for it")
            isRight = false
        }
        guard isRight, let name = names.first else { return nil }
        let authority = Authority(
            directory: ssl.acme.directory ?? (ssl.acme.staging ? Self.staging : Self.production), email: ssl.acme.email,
            caFile: ssl.acme.caFile)
        guard let place = managed.firstIndex(where: { $0.name == name }) else {
            checkStateDirectory()
            managed.append(
                ManagedCertificate(names: Self.once(names), authority: authority, challengeFolder: ssl.acme.challengeDir))
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

    /// Without a place to keep them, certificates would be asked for at each start, until the authority's limits are reached.
    private mutating func checkStateDirectory() {
        guard managed.isEmpty, let reason = StateDirectory.problem(writing: configuration.server.stateDir) else { return }
        problem(
            at: "server.state_dir", "certificates cannot be kept in \(configuration.server.stateDir): \(reason)",
            hint: "write state_dir = \"…\" in [server]: a directory that whoever runs Gatehouse may write, and that stays")
    }

    /// Says how names will be proved where the authority cannot be answered.
    mutating func checkChallenges(_ listeners: [ListenerPlan]) {
        guard let first = managed.first, managed.contains(where: { $0.challengeFolder == nil }) else { return }
        if listeners.contains(where: { $0.tls == nil && $0.address.port == 80 }) { return }
        let index = configuration.sites.firstIndex { $0.ssl?.autoCert == true } ?? 0
        problem(
            .warning, at: "sites[\(index)].ssl.auto_cert",
            "no site listens on port 80, where authorities look before they issue a certificate for \(first.name)",
            hint: "add a site of the same name with port = 80 and redirect_to_https = true")
    }

    private static func flaw(of name: String) -> String? {
        if name.hasPrefix("*.") { return "authorities issue wildcards by DNS alone, which this version cannot prove" }
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
