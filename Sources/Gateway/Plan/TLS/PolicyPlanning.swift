import Configuration
import TLS

/// The part of making a plan that is about how sites speak TLS, and what they ask of their clients' certificates.
extension PlanBuilder {
    /// What a site's configuration says, in TLS's terms.
    func policy(_ ssl: TLSSettings) -> TLSPolicy {
        var policy = TLSPolicy()
        policy.minimumVersion = ssl.minVersion == .tls13 ? .tls13 : .tls12
        policy.maximumVersion = ssl.maxVersion == .tls13 ? .tls13 : .tls12
        policy.protocols = ssl.alpn
        policy.suites = ssl.suites ?? ssl.preset?.suites
        // Of a preset, what this OpenSSL has; of an operator's list a name that it has not is an error.
        policy.groups = ssl.groups ?? ssl.preset.map { _ in TLSSettings.Preset.groups.filter(TLSPolicy.has(group:)) }
        policy.prefersClientsOrder = ssl.preset != nil && ssl.suites == nil
        policy.records = records
        policy.stapling = staplingPolicy(ssl.stapling)
        let clients = ssl.clientAuthentication
        if clients.mode != .none {
            policy.clientAuthentication = ClientAuthentication(
                isRequired: clients.mode == .require, caFile: clients.caFile, crlFile: clients.crlFile, depth: clients.depth)
        }
        return policy
    }

    /// The site's policy; what of it this OpenSSL does not know is reported.
    mutating func policy(_ ssl: TLSSettings, at keyPath: String) -> TLSPolicy {
        for (index, suite) in (ssl.suites ?? []).enumerated() where !TLSPolicy.has(suite: suite) {
            problem(
                at: "\(keyPath).suites[\(index)]", "this system's OpenSSL has no cipher suite \"\(suite)\"",
                hint: "openssl ciphers -s lists them, by their names")
        }
        for (index, group) in (ssl.groups ?? []).enumerated() where !TLSPolicy.has(group: group) {
            problem(
                at: "\(keyPath).groups[\(index)]", "this system's OpenSSL has no group \"\(group)\"",
                hint: group.contains("MLKEM") ? "it needs OpenSSL 3.5" : "such as \"X25519\", \"P-256\", \"P-384\"")
        }
        return policy(ssl)
    }

    /// The file of `tls.ticket_keys`; nil without one.
    mutating func ticketKeyFile() -> TicketKeyFile? {
        guard let path = configuration.tls.ticketKeys else { return nil }
        if configuration.fleet != nil {
            problem(
                at: "tls.ticket_keys", "the fleet shares keys of its own, which are replaced by themselves",
                hint: "take it out, here and for all other members")
            return nil
        }
        do throws(TLSError) {
            let file = try TicketKeyFile(path)
            if file.isOpenToAll {
                problem(
                    .warning, at: "tls.ticket_keys",
                    "everybody on this machine can read \(path): who has it reads TLS 1.2 sessions",
                    hint: "chmod 600 \(path)")
            }
            return file
        } catch {
            problem(at: "tls.ticket_keys", error.reason)
            return nil
        }
    }

    mutating func judgeRevocations(_ clients: ClientAuthentication?, at keyPath: String) {
        guard let file = clients?.crlFile else { return }
        judgeRevocations(file, at: "\(keyPath).client_crl_file", refused: "clients whose certificate leads to this authority are")
    }

    /// Lists that are not in their time keep everybody out: that is said before the first one comes.
    mutating func judgeRevocations(_ file: String, at keyPath: String, refused: String) {
        for list in RevocationList.all(in: file) {
            let flaw: String
            if let end = list.nextUpdate, end < now {
                flaw = "has expired on \(Timestamp.text(seconds: end))"
            } else if let start = list.thisUpdate, start > now {
                flaw = "holds from \(Timestamp.text(seconds: start)) on, or this machine's clock is wrong"
            } else {
                continue
            }
            problem(
                .warning, at: keyPath, "\(file): the list of \"\(list.issuer)\" \(flaw)",
                hint: "\(refused) refused until there is a fresh one")
        }
    }

    /// Says why a service's authorities cannot be read, or that they have lists with them, where there is no key that names any.
    /// - Parameter file: nil: they are the system's.
    /// - Returns: false after an error.
    @discardableResult
    mutating func checkAuthorities(_ file: String?, at keyPath: String) -> Bool {
        guard let file else { return true }
        if authorityFlaws[file] == nil { authorityFlaws[file] = .some(ServiceAuthorities.flaw(of: file)) }
        guard case .some(.some(let flaw)) = authorityFlaws[file] else { return true }
        problem(at: keyPath, flaw.message, hint: flaw.remedy)
        return false
    }

    /// A certificate can only be asked for in the handshake, when no path is known.
    mutating func checkClientAuthentication(of route: Route, _ site: Site, at keyPath: String) {
        let mode = site.ssl?.clientAuthentication.mode ?? ClientAuthenticationSettings.Mode.none
        guard route.requiresClientCertificate, mode == .none else { return }
        problem(
            at: "\(keyPath).client_auth",
            "the site asks its clients for no certificate, and later than in the handshake it cannot: "
                + "TLS 1.3's post-handshake authentication is not for HTTP/2 (RFC 8740), and few clients know it",
            hint: site.ssl == nil
                ? "give the site [sites.ssl]" : "write client_auth = \"optional\" and client_ca_file in [sites.ssl]")
    }
}
