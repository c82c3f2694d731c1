import EventLoop
import TLS

extension SiteCertificate {
    /// What has become of a certificate whose files were replaced.
    package enum Renewal: Sendable {
        /// Handshakes that begin from now on show the new one.
        /// - Parameter expires: seconds since 1970; nil if that cannot be read.
        case replaced(expires: Int64?)
        /// What was in use goes on; why.
        case refused(String)
        /// The files hold again what is in use.
        case restored
    }

    /// Looks at the files, and uses what is in them if clients would not refuse it where they take what is in use.
    /// - Parameter now: seconds since 1970.
    /// - Returns: nil if nothing has changed since the last look.
    fileprivate func renew(authorities: () -> SystemAuthorities, now: Int64) -> Renewal? {
        guard let loaded else { return nil }
        return switch loaded.look(authorities: authorities, worse: { worse($0, $1, now) }) {
        case .unchanged: nil
        case .replaced: .replaced(expires: loaded.expires)
        case .refused(let reason): .refused(reason)
        case .restored: .restored
        }
    }

    /// Why clients would refuse the new certificate and not the old one; nil if that is not so. A reload takes it all the same,
    /// with a warning: there somebody is looking.
    private func worse(_ old: CertificateFacts, _ new: CertificateFacts, _ now: Int64) -> String? {
        let known = old.faults(now: now)
        for fault in new.faults(now: now) where fault.keepsClientsAway && !known.contains(where: { $0.isLike(fault) }) {
            return CertificateMessage(fault, now: now).message
        }
        let missing = CertificateMessage.missing(new.names, of: hostnames)
        if Set(missing).isSubset(of: CertificateMessage.missing(old.names, of: hostnames)) { return nil }
        return CertificateMessage.uncovered(new.names, of: hostnames)
    }
}

extension Gateway {
    /// Looks at the files of all certificates, and uses those that have been replaced. Reads files: not for a worker's thread,
    /// and for one caller at a time.
    /// - Returns: those of which there is something to say.
    package func renewCertificates() -> [(certificate: SiteCertificate, renewal: SiteCertificate.Renewal)] {
        var known: SystemAuthorities?
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        return currentPlan.certificates.compactMap { certificate in
            let renewal = certificate.renew(
                authorities: {
                    let authorities = known ?? SystemAuthorities()
                    known = authorities
                    return authorities
                }, now: now)
            return renewal.map { (certificate, $0) }
        }
    }
}

extension Gateway {
    /// What has become of the file of the ticket keys.
    package enum TicketKeyRenewal: Sendable {
        case unchanged, replaced
        /// Those in use go on; why.
        case refused(String)
    }

    /// Looks at the file of the ticket keys, and has listeners use what is in it. Reads a file: not for a worker's thread.
    package func renewTicketKeys() -> TicketKeyRenewal {
        let plan = currentPlan
        guard let file = plan.ticketKeyFile else { return .unchanged }
        do throws(TLSError) {
            guard try file.look() else { return .unchanged }
        } catch {
            return .refused(error.reason)
        }
        plan.giveTicketKeys()
        return .replaced
    }
}

extension Plan {
    /// Keys for session tickets that the fleet is known to have, before it is asked; without a fleet nothing happens.
    package func begin(withFleetTicketKeys keys: [UInt8]) { fleetTicketKeys?.replace(with: keys) }
}

extension Gateway {
    /// Makes listeners go on with these keys for session tickets, if the plan in use is of a fleet.
    /// - Parameter keys: as in the file of `tls.ticket_keys`; empty: with their own.
    package func use(fleetTicketKeys keys: [UInt8]) {
        let plan = currentPlan
        guard let shared = plan.fleetTicketKeys else { return }
        shared.replace(with: keys)
        plan.giveTicketKeys()
    }
}

extension CertificateFault {
    /// Do clients refuse the certificate for it?
    fileprivate var keepsClientsAway: Bool {
        switch self {
        case .expired, .notYetValid, .weakKey, .unfit, .subjectMissing, .issuerMissing(_, isCertain: true): true
        case .expiresSoon, .issuerMissing(_, isCertain: false), .rareKey, .oversized: false
        }
    }

    /// Is it the same kind of fault?
    fileprivate func isLike(_ other: CertificateFault) -> Bool {
        switch (self, other) {
        case (.expired, .expired), (.notYetValid, .notYetValid), (.weakKey, .weakKey), (.unfit, .unfit),
            (.subjectMissing, .subjectMissing), (.issuerMissing, .issuerMissing):
            true
        default: false
        }
    }
}
