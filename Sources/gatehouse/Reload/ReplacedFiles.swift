import Gateway
import Logging

/// Files that the plan in use was made with and that have been replaced since: what is in them is used without a reload, and
/// said.
struct ReplacedFiles {
    let gateway: Gateway
    let log: Logger

    /// - Parameter path: of the keys' file.
    func useTicketKeys(_ path: String) {
        switch gateway.renewTicketKeys() {
        case .unchanged: break
        case .replaced: log.notice("the keys of session tickets are replaced", metadata: ["file": "\(path)"])
        case .refused(let reason):
            log.error("replaced keys of session tickets are not used: those in use go on", metadata: ["reason": "\(reason)"])
        }
    }

    func useCertificates() {
        for (certificate, renewal) in gateway.renewCertificates() {
            var facts: Logger.Metadata = ["site": "\(certificate.site)", "file": "\(certificate.certificateFile)"]
            switch renewal {
            case .replaced(let expires):
                if let expires { facts["expires"] = "\(Timestamp.text(seconds: expires))" }
                log.notice("a certificate is replaced: new handshakes show it", metadata: facts)
            case .refused(let reason):
                facts["reason"] = "\(reason)"
                log.error("a replaced certificate is not used: what was in use goes on", metadata: facts)
            case .restored: log.notice("a certificate's files hold again what is in use", metadata: facts)
            }
        }
    }
}
