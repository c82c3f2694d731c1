import Logging
import TLS

/// What the renewer knows of each certificate, and keeps.
extension Renewer {
    /// What is known of a certificate; nil if it must be left alone.
    func status(of certificate: ManagedCertificate) -> CertificateStatus? {
        do throws(ACMEError) {
            var status = statuses[certificate.name]
            if status == nil {
                status = try load(certificate)
                hasFoundFailures = hasFoundFailures || (status?.failures ?? 0) > 0
            }
            guard var known = status else { return nil }
            reported[certificate.name] = nil
            known.correctTimes(now: Self.now)
            if known.names != certificate.names || known.directory != certificate.authority.directory {
                change(&known, to: certificate)
            } else if known.failures > 0, known.settings != certificate.settings {
                known.nextTry = 0
            }
            known.settings = certificate.settings
            statuses[certificate.name] = known
            return known
        } catch {
            reportOnce(certificate, "a certificate's state cannot be read", facts(certificate, error))
            return nil
        }
    }

    /// Says what is wrong with a state once, not at each look.
    private func reportOnce(_ certificate: ManagedCertificate, _ message: Logger.Message, _ facts: Logger.Metadata) {
        let all = "\(message) \(facts["reason", default: ""])"
        guard reported[certificate.name] != all else { return }
        reported[certificate.name] = all
        log.error(message, metadata: facts)
    }

    /// Something else is wanted than before: at once, unless the present certificate is just that, and without what the former
    /// had to wait for.
    private func change(_ status: inout CertificateStatus, to certificate: ManagedCertificate) {
        status.names = certificate.names
        status.directory = certificate.authority.directory
        (status.nextTry, status.failures, status.order, status.lastError) = (0, 0, nil, nil)
        guard certificate.accepts(status.issuedBy), let chain = store.usable(certificate.name),
            let lifetime = chain.lifetime
        else { return }
        let covered = chain.names
        guard status.names.allSatisfy({ covered.cover(hostOrAddress: $0) }) else { return }
        status.nextTry = RenewalSchedule.renewal(notBefore: lifetime.start, notAfter: lifetime.end, draw: .random(in: 0..<1000))
    }

    private func load(_ certificate: ManagedCertificate) throws(ACMEError) -> CertificateStatus? {
        var status = CertificateStatus()
        switch try store.status(of: certificate.name) {
        case .none: break
        case .status(let found): status = found
        case .unreadable(let reason):
            log.error(
                "a certificate's state could not be read, and is set aside",
                metadata: ["name": "\(certificate.name)", "reason": "\(reason)"])
        case .newer(let version):
            reportOnce(
                certificate, "a certificate's state is of a newer version of this program: it is left alone",
                ["name": "\(certificate.name)", "version": "\(version)"])
            return nil
        }
        // The certificate itself is what counts: a status may be lost, or of another certificate, after a restore.
        guard let lifetime = try lifetime(of: certificate) else {
            if status.notAfter != nil { status.nextTry = 0 }
            (status.notBefore, status.notAfter, status.issuedBy) = (nil, nil, nil)
            return status
        }
        if status.notAfter != lifetime.end {
            // The order that has brought it is over.
            (status.order, status.orderedFrom) = (nil, nil)
            (status.notBefore, status.notAfter) = (lifetime.start, lifetime.end)
            (status.names, status.directory) = (certificate.names, certificate.authority.directory)
            status.issuedBy = status.issuedBy ?? status.directory
            status.nextTry = RenewalSchedule.renewal(
                notBefore: lifetime.start, notAfter: lifetime.end, draw: .random(in: 0..<1000))
        }
        return status
    }

    /// Of the certificate that is there; nil if there is none, or none any more: what holds none is set aside.
    private func lifetime(of certificate: ManagedCertificate) throws(ACMEError) -> (start: Int64, end: Int64)? {
        do throws(ACMEError) { return try store.lookedAt(certificate.name)?.lifetime } catch {
            guard case .damaged = error else { throw error }
            var facts = facts(certificate, error)
            facts["file"] = "\(try store.setAsideCertificate(of: certificate.name))"
            facts["help"] = "another one is asked for; restore this one from a backup if that fails"
            log.error("a certificate could not be read, and is set aside", metadata: facts)
            return nil
        }
    }

    func keep(_ status: CertificateStatus, _ certificate: ManagedCertificate) {
        statuses[certificate.name] = status
        do throws(ACMEError) {
            try store.save(status, of: certificate.name)
            unkept = 0
        } catch {
            unkept += 1
            log.error("a certificate's state cannot be written", metadata: facts(certificate, error))
        }
    }

    func facts(_ certificate: ManagedCertificate, _ error: ACMEError) -> Logger.Metadata {
        [
            "names": "\(certificate.names.joined(separator: " "))", "authority": "\(certificate.authority.directory)",
            "reason": "\(error)", "help": "\(error.hint)",
        ]
    }
}
