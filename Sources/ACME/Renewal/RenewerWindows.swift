import Logging
import TLS

/// When authorities want certificates renewed (RFC 9773): they are asked as often as they say, and chance chooses a moment of
/// their window. Without a window the renewal stays where it was.
extension Renewer {
    /// Looks at one go: orders that become due do not wait for thousands of them.
    private static let looksAtOnce = 16

    /// Asks for the windows that are due.
    func lookAtWindows() async {
        var clients: [Authority: ACMEClient] = [:]
        defer {
            callsUnderWay = nil
            for client in clients.values { client.calls.close() }
        }
        var left = Self.looksAtOnce
        for certificate in certificates where left > 0 {
            guard !isStopped, !hasChanged else { return }
            guard let status = statuses[certificate.name], let authority = asked(certificate, status) else { continue }
            left -= 1
            do throws(ACMEError) {
                let client = if let known = clients[authority] { known } else { try self.client(for: authority) }
                clients[authority] = client
                callsUnderWay = client.calls
                try await look(certificate, status, client)
            } catch {
                guard !isStopped else { return }
                log.info("the authority does not say when to renew", metadata: facts(certificate, error))
                postponeLooks(of: authority)
            }
        }
    }

    /// Whom to ask about a certificate now; nil: nobody.
    private func asked(_ certificate: ManagedCertificate, _ status: CertificateStatus) -> Authority? {
        guard status.notAfter != nil, status.failures == 0, (status.nextLook ?? 0) <= Self.now, status.nextTry > Self.now
        else { return nil }
        return certificate.authorities.first { $0.directory == status.issuedBy && !$0.isLocal }
    }

    private func look(
        _ certificate: ManagedCertificate, _ before: CertificateStatus, _ client: ACMEClient
    ) async throws(ACMEError) {
        var status = before
        var found: (window: RenewalWindow?, retryAfter: Int64?) = (nil, nil)
        if let identifier = try store.renewalIdentifier(of: certificate.name) {
            found = try await client.renewalWindow(identifier)
        }
        status.nextLook = RenewalSchedule.look(now: Self.now, retryAfter: found.retryAfter, draw: .random(in: 0..<1000))
        let isNew = found.window.map { $0.start != status.windowStart || $0.end != status.windowEnd } ?? false
        (status.windowStart, status.windowEnd) = (found.window?.start, found.window?.end)
        status.windowExplanation = found.window?.explanation
        if let window = found.window, isNew, let end = status.notAfter {
            status.nextTry = RenewalSchedule.renewal(
                in: window, notAfter: end, issued: status.issued ?? status.notBefore ?? end, draw: .random(in: 0..<1000))
            var facts: Logger.Metadata = [
                "names": "\(certificate.names.joined(separator: " "))", "begins_in": "\(window.start - Self.now) s",
                "ends_in": "\(window.end - Self.now) s", "renewal_in": "\(status.nextTry - Self.now) s",
            ]
            facts["explanation"] = window.explanation.map { "\($0)" }
            log.notice("the authority says when to renew", metadata: facts)
        }
        keep(status, certificate)
    }

    /// It cannot be asked at present: nor can it about its other certificates. The next process may ask at once.
    private func postponeLooks(of authority: Authority) {
        let now = Self.now
        for (name, status) in statuses where status.issuedBy == authority.directory && (status.nextLook ?? 0) <= now {
            statuses[name]?.nextLook = RenewalSchedule.look(now: now, retryAfter: nil, draw: .random(in: 0..<1000))
        }
    }

    func client(for authority: Authority) throws(ACMEError) -> ACMEClient {
        let calls = try AuthorityCalls(
            waiter, buffers: buffers, caFile: authority.caFile, wallClock: { Self.now },
            before: { () async throws(ACMEError) in try await self.share() })
        if isStopped { calls.stop() }
        return ACMEClient(authority, calls: calls, store: directory) { [log] file, reason in
            log.error("an account could not be read, and is set aside", metadata: ["file": "\(file)", "reason": "\(reason)"])
        }
    }
}
