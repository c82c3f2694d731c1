import ACME
import TLS

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
        return nil
    }

    package var answersHTTP: Bool {
        get async { currentPlan.listeners.contains { $0.tls == nil } }
    }
}
