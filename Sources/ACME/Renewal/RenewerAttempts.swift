import Logging
import TLS

/// One try to get a certificate.
extension Renewer {
    /// - Returns: did the authority answer in time, whatever it has said?
    func attempt(_ certificate: ManagedCertificate, _ before: CertificateStatus) async -> Bool {
        var status = before
        status.lastTry = Self.now
        let authority = certificate.authority(afterFailures: before.failures)
        log.notice(
            before.notAfter == nil ? "asking for a certificate" : "renewing a certificate",
            metadata: ["names": "\(certificate.names.joined(separator: " "))", "authority": "\(authority.directory)"])
        do throws(ACMEError) {
            try await issue(certificate, authority, &status)
            return true
        } catch {
            guard !isStopped else { return false }
            status = statuses[certificate.name] ?? status
            status.lastTry = Self.now
            status.failures += 1
            status.lastError = error.description
            status.nextTry = RenewalSchedule.retry(
                now: Self.now, failures: status.failures, retryAfter: error.retryAfter, expires: status.notAfter,
                draw: .random(in: 0..<1000))
            var facts = facts(certificate, error)
            facts["authority"] = "\(authority.directory)"
            facts["failures"] = "\(status.failures)"
            facts["next_try_in"] = "\(status.nextTry - Self.now) s"
            log.error("no certificate", metadata: facts)
            // An order that has failed is not asked for again; one that could not be asked for is.
            if !error.leavesOrder { status.order = nil }
            keep(status, certificate)
            refuse(certificate, error.description)
            await deployment.failed(certificate.name)
            return switch error {
            case .unreachable, .timedOut: false
            default: true
            }
        }
    }

    private func issue(
        _ certificate: ManagedCertificate, _ authority: Authority, _ status: inout CertificateStatus
    ) async throws(ACMEError) {
        let name = certificate.name
        let key = try store.nextKey(of: name, certificate.keyKind)
        let pem: String
        if authority.isLocal {
            pem = try LocalAuthority(in: directory, now: Self.now).issue(for: key, names: certificate.names)
        } else {
            pem = try await order(certificate, authority, status, key)
        }
        let (chain, start, end) = try CertificateCheck.chain(
            pem, for: certificate.names, key: key, now: Self.now, before: store.certificate(of: name))
        try store.save(pem, key, of: name)
        try store.forgetNextKey(of: name)
        status = CertificateStatus()
        status.settings = certificate.settings
        (status.names, status.directory) = (certificate.names, certificate.authority.directory)
        (status.notBefore, status.notAfter, status.issuer) = (start, end, chain.issuer)
        status.issuedBy = authority.directory
        status.lastTry = Self.now
        status.issued = Self.now
        status.nextTry = RenewalSchedule.renewal(notBefore: start, notAfter: end, issued: Self.now, draw: .random(in: 0..<1000))
        keep(status, certificate)
        await use(certificate, status)
    }

    /// - Returns: the chain in PEM, as the authority has sent it.
    private func order(
        _ certificate: ManagedCertificate, _ authority: Authority, _ status: CertificateStatus, _ key: PrivateKey
    ) async throws(ACMEError) -> String {
        let name = certificate.name
        let client = try client(for: authority)
        callsUnderWay = client.calls
        defer {
            callsUnderWay = nil
            client.calls.close()
        }
        let issuance = Issuance(
            client: client, names: certificate.names, key: key,
            kinds: await challengeTypes(of: certificate, status.failures), preferredRoot: certificate.preferredRoot,
            profile: certificate.profile,
            replaces: status.issuedBy == authority.directory ? try store.renewalIdentifier(of: name) : nil,
            prove: { proofs throws(ACMEError) in try await self.proofs.publish(proofs, certificate) },
            began: { url throws(ACMEError) in
                var begun = self.statuses[name] ?? CertificateStatus()
                (begun.order, begun.orderedFrom) = (url, authority.directory)
                self.statuses[name] = begun
                try self.store.save(begun, of: name)
                self.log.info("an order has begun", metadata: ["name": "\(name)", "order": "\(url)"])
            })
        return try await run(issuance, resumed: status.orderedFrom == authority.directory ? status.order : nil)
    }

    private func run(_ issuance: Issuance, resumed: String?) async throws(ACMEError) -> String {
        do throws(ACMEError) {
            let pem = try await issuance.run(resumed: resumed)
            await proofs.takeOutRecords()
            return pem
        } catch {
            await proofs.takeOutRecords()
            throw error
        }
    }

    private func use(_ certificate: ManagedCertificate, _ status: CertificateStatus) async {
        var facts: Logger.Metadata = ["names": "\(certificate.names.joined(separator: " "))"]
        if let reason = await deployment.use(certificate.name, file: store.file(of: certificate.name)) {
            facts["reason"] = "\(reason)"
            return log.error("a new certificate cannot be used", metadata: facts)
        }
        facts["issuer"] = "\(status.issuer ?? "?")"
        facts["days"] = "\(((status.notAfter ?? 0) - Self.now) / 86_400)"
        facts["renewal_in"] = "\(status.nextTry - Self.now) s"
        log.notice("a new certificate is in use", metadata: facts)
    }

    /// How this certificate's names can be proved, the best way first; after failures another one.
    private func challengeTypes(of certificate: ManagedCertificate, _ failures: Int) async -> [ChallengeType] {
        if certificate.provesByDNS { return [.dns01] }
        var types = await deployment.challengeTypes
        if certificate.challengeFolder != nil, !types.contains(.http01) { types.insert(.http01, at: 0) }
        let start = types.isEmpty ? 0 : failures % types.count
        return Array(types[start...] + types[..<start])
    }
}
