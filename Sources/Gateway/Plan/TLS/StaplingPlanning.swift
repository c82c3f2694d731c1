import ACME
import Configuration
import TLS

/// The part of making a plan that is about OCSP stapling.
extension PlanBuilder {
    /// What a site's configuration says, in TLS's terms; nil: nothing is stapled.
    func staplingPolicy(_ stapling: StaplingSettings) -> StaplingPolicy? {
        if stapling.isOn == false { return nil }
        return StaplingPolicy(
            onlyWhereRequired: stapling.isOn == nil && stapling.responder == nil, responder: stapling.responder,
            directory: "\(configuration.server.stateDir)/\(Stapler.folder)")
    }

    /// Says that nobody can be asked at what `ocsp_responder` says; false then.
    @discardableResult
    mutating func checkResponder(_ stapling: StaplingSettings, _ keyPath: String) -> Bool {
        guard let responder = stapling.responder, ServiceURL(responder, allowsPlain: true) == nil else { return true }
        problem(
            at: "\(keyPath).ocsp_responder", "\"\(responder)\" is no http or https URL",
            hint: "such as \"http://ocsp.example/\"")
        return false
    }

    /// Says what keeps a site's certificates from being stapled.
    mutating func checkStapling(
        _ context: TLSServerContext, _ files: [CertificateFiles], _ stapling: StaplingSettings, _ keyPath: String
    ) {
        guard checkResponder(stapling, keyPath) else { return }
        if stapling.isOn == false, files.contains(where: { CertificateChain($0)?.demandsStaple == true }) {
            problem(
                at: "\(keyPath).ocsp_stapling",
                "is false, and the certificate says that clients are to refuse it without an OCSP answer (RFC 7633)",
                hint: "take ocsp_stapling = false out, or get a certificate without must-staple")
        }
        for staple in context.staples {
            guard let flaw = staple.flaw else { continue }
            problem(
                // Asked for by the certificate alone, it is a fault of the certificate, which clients will refuse.
                stapling.isOn == true ? .error : .warning, at: "\(keyPath).ocsp_stapling",
                "\(staple.file) cannot be stapled: \(flaw)",
                hint: staple.responder == nil
                    ? "take ocsp_stapling = true out, or name whom to ask with ocsp_responder"
                    : "write the issuer's certificate behind it into the file")
        }
        guard !context.staples.isEmpty, let reason = StateDirectory.problem(writing: configuration.server.stateDir) else {
            return
        }
        problem(
            .warning, at: "server.state_dir", "OCSP answers cannot be kept in \(configuration.server.stateDir): \(reason)",
            hint: "after each start there is none until the responder has answered; name a directory that Gatehouse may write")
    }
}

extension Plan {
    /// Is there a certificate that is stapled, or may one come?
    package var mayStaple: Bool {
        certificates.contains { !$0.context.staples.isEmpty || $0.context.policy.stapling?.onlyWhereRequired == false }
            || demands.contains { $0.settings.policy.stapling?.onlyWhereRequired == false }
    }

    /// A line for each certificate that is stapled.
    package var stapling: [String] {
        certificates.flatMap(\.context.staples).compactMap { staple in
            guard staple.flaw == nil, let responder = staple.responder else { return nil }
            let good = staple.inUse.map { "an answer is there until \(Timestamp.text(seconds: $0.until))" }
            let kept = good ?? staple.revocation.map { "which has called it revoked on \(Timestamp.text(seconds: $0))" }
            let demand = staple.isRequired ? " (must-staple)" : ""
            return "\(staple.file)\(demand): from \(responder), \(kept ?? "asked for at the start")"
        }
    }
}
