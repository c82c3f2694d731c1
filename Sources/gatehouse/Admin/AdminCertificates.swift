import EventLoop
import Gateway
import Messages

/// Certificates of sites' files.
struct AdminCertificates: Codable, Sendable {
    var certificates: [AdminStatus.Certificate]
}

extension AdminResources {
    func certificates() -> ServiceAnswer { .json(AdminCertificates(certificates: certificateList)) }

    var certificateList: [AdminStatus.Certificate] { AdminStatus.Certificate.all(of: gateway) }
}

extension AdminStatus.Certificate {
    /// The certificates of every TLS site, in the order of the configuration.
    static func all(of gateway: Gateway) -> [Self] {
        let plan = gateway.currentPlan
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        return plan.certificates.map { certificate in
            Self(
                site: certificate.site, file: certificate.certificateFile, expiry: certificate.expires,
                expires: certificate.expires.map { Timestamp.text(seconds: $0) }, problem: certificate.loaded?.problem,
                health: certificate.health(now: now, threshold: plan.expiryThreshold).rawValue)
        }
    }
}
