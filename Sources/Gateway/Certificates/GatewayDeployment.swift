package import ACME
import TLS
import Transport

extension Gateway: CertificateDeployment {
    /// Has every worker answer challenges with these; see `CertificateDeployment`.
    package func answer(_ answers: [String: String]) async {
        for worker in workers { await worker.answerChallenges(with: answers) }
    }

    /// Has the handshakes of all sites with this certificate show what is in the file; see `CertificateDeployment`.
    package func use(_ name: String, file: String) async -> String? {
        for certificate in currentPlan.certificates where certificate.managedName == name {
            do throws(TLSError) {
                try certificate.context.replaceCertificate(certificateFile: file, keyFile: file)
            } catch {
                return error.reason
            }
        }
        for demand in currentPlan.demands {
            if let reason = await demand.use(name, file: file) { return reason }
        }
        return nil
    }

    /// Ends what handshakes wait for; see `CertificateDeployment`.
    package func failed(_ name: String) async {
        for demand in currentPlan.demands { await demand.failed(name) }
    }

    /// Has handshakes that prove this name show what is in the file; see `CertificateDeployment`.
    package func prove(_ name: String, file: String?) async -> String? {
        guard let context = currentPlan.challengeContexts[name] else { return nil }
        guard let file else {
            context.removeCertificate()
            return nil
        }
        do throws(TLSError) {
            try context.replaceCertificate(certificateFile: file, keyFile: file)
            return nil
        } catch {
            return error.reason
        }
    }

    /// What of this process's listeners an authority can ask.
    package var ways: [ProofKind] {
        get async {
            let listeners = currentPlan.listeners
            let isPlain = listeners.contains { $0.tls == nil }
            let isOnlyTLSThere =
                listeners.contains { $0.tls != nil && $0.address.port == 443 }
                && !listeners.contains { $0.tls == nil && $0.address.port == 80 }
            let ways: [ProofKind] = isPlain ? [.http01, .tlsALPN01] : [.tlsALPN01]
            return isOnlyTLSThere ? ways.reversed() : ways
        }
    }
}
