import COpenSSL
import CRecords

/// What to say of an operation that has failed: OpenSSL's error queue, the socket and the session together tell why.
extension TLSSession {
    func failure(during stage: TLSError.Kind) -> TLSError {
        let isServers = client == nil && stage == .handshake
        let verification = unsafe SSL_get_verify_result(ssl)
        if stage == .handshake, let other = notTLS {
            ERR_clear_error()
            return other
        }
        if stage == .handshake, let client, client.settings.verifies, verification != Int(X509_V_OK) {
            ERR_clear_error()
            let verdict = unsafe String(cString: X509_verify_cert_error_string(verification))
            return TLSError(.verification, "\(verdict) (checked for \(client.settings.serverName)\(refusedCertificate))")
        }
        if unsafe wire.pointee.error != 0 {
            ERR_clear_error()
            let error = TLSError.system(unsafe wire.pointee.error)
            return isServers ? TLSError(error.kind, error.reason, fault: .reset) : error
        }
        if unsafe wire.pointee.at_end != 0 {
            ERR_clear_error()
            guard stage == .handshake else {
                return TLSError(.truncated, "the peer closed the connection without close_notify")
            }
            let fault: HandshakeFault? = isServers ? (hasHello ? .closedAfterHello : .closed) : nil
            return TLSError(.handshake, "the peer closed the connection during the handshake", fault: fault)
        }
        let reason = TLSError.takeReason()
        if isServers { return refusal ?? serversFailure(reason, verification) }
        // TLS 1.2 has no alert for it: the server only says that it failed. In TLS 1.3 the alert names the certificate.
        if stage == .handshake, client != nil, reason.contains("alert handshake failure"), wasAskedForCertificate {
            return TLSError(stage, "\(reason): the server asks for a client certificate")
        }
        return TLSError(stage, reason)
    }

    /// What the certificate says of itself that was refused.
    private var refusedCertificate: String {
        guard let refused = unsafe wire.pointee.refused, unsafe X509_up_ref(refused) == 1,
            let chain = unsafe CertificateChain(owning: [refused])
        else { return "" }
        return "; \(chain.upstreamSummary)"
    }

    /// The server has proved its name, and does not speak what was asked for.
    var notHTTP2: TLSError {
        TLSError(.handshake, "the server did not agree on HTTP/2 (ALPN); http_version = \"auto\" takes HTTP/1.1 as well")
    }

    /// The server has proved its name, and is not the one that was pinned.
    var notPinned: TLSError {
        client?.forgetSessions()
        var shown = ""
        if let leaf = unsafe SSL_get0_peer_certificate(ssl), unsafe X509_up_ref(leaf) == 1,
            let chain = unsafe CertificateChain(owning: [leaf])
        {
            shown = "; \(chain.upstreamSummary)"
        }
        return TLSError(
            .verification, "none of its public keys is pinned (checked for \(client?.settings.serverName ?? "-")\(shown))")
    }

    /// Has the client's whole hello come?
    package var hasHello: Bool { unsafe wire.pointee.hello != nil }

    /// What OpenSSL says of a client's handshake.
    private func serversFailure(_ reason: String, _ verification: Int) -> TLSError {
        if reason == "certificate verify failed", verification != Int(X509_V_OK) {
            let verdict = unsafe String(cString: X509_verify_cert_error_string(verification))
            return TLSError(.handshake, "\(reason): \(verdict)", fault: HandshakeFault(verification: verification))
        }
        if reason == "cert cb error" { return TLSError(.handshake, lackOfCertificate, fault: .noCertificate) }
        let fault = HandshakeFault(reason: reason)
        return TLSError(.handshake, reason, fault: fault == .noSharedSuite && !hasSharedGroup ? .noSharedGroup : fault)
    }

    /// TLS 1.2 agrees on a suite and a group at once, and OpenSSL names the suite.
    private var hasSharedGroup: Bool {
        guard let offered = offer?.groups, !offered.isEmpty, let chosen = unsafe wire.pointee.chosen else { return true }
        // The names, which this object holds, hold it.
        let policy = unsafe Unmanaged<TLSServerContext>.fromOpaque(chosen).takeUnretainedValue().policy
        let ours = policy.groupList.split(separator: ":").map { TLSOffer.usualName(ofGroup: String($0)) }
        return ours.contains(where: offered.contains)
    }

    /// Why the hello was refused before OpenSSL had looked at what it offers; nil if it was not.
    private var refusal: TLSError? {
        guard let refusal = HelloRefusal(rawValue: unsafe wire.pointee.refusal) else { return nil }
        let whom = askedName ?? "clients that ask for no name"
        return switch refusal {
        case .noCertificate where unreadable != nil:
            TLSError(.handshake, "no certificate: \(unreadable ?? "")", fault: .noCertificate)
        case .noCertificate, .noChallenge:
            TLSError(
                .handshake, "no certificate: there is none yet for \(whom); the log of the start says why", fault: .noCertificate)
        case .unknownName:
            TLSError(
                .handshake, "unrecognized name: strict_sni, and \(askedName == nil ? "none was asked for" : "no site has it")",
                fault: askedName == nil ? .noServerName : .unknownServerName)
        case .changedName:
            TLSError(.handshake, "the client's second hello asks for another name than its first", fault: .malformed)
        case .outOfMemory: TLSError(.handshake, "memory is out", fault: .other)
        }
    }

    /// What to say of a peer whose first byte begins no record of TLS (RFC 8446 §5.1), nor a hello in the form of SSL 2.
    private var notTLS: TLSError? {
        let first = unsafe wire.pointee.first_byte
        if first >= 0x80, client == nil, !hasHello {
            return TLSError(.handshake, "unsupported protocol: a hello in the form of SSL 2", fault: .ssl2Hello)
        }
        if first == 0 || (0x14...0x18).contains(first) || first >= 0x80 { return nil }
        if client != nil { return TLSError(.handshake, "the server speaks no TLS") }
        return (0x41...0x5A).contains(first)
            ? TLSError(.plainHTTP, "the client speaks plain HTTP to a TLS port", fault: .plainHTTP)
            : TLSError(.handshake, "the client speaks no TLS", fault: .notTLS)
    }

    /// Has the server sent a CertificateRequest? Its list of authorities may be empty, but then there is one.
    private var wasAskedForCertificate: Bool { unsafe SSL_get0_peer_CA_list(ssl) != nil }

    /// What our records have failed of.
    func recordFailure() -> TLSError {
        ERR_clear_error()
        if let problem = unsafe gh_records_problem(records) {
            return TLSError(.protocolViolation, unsafe String(cString: problem))
        }
        if unsafe wire.pointee.error != 0 { return TLSError.system(unsafe wire.pointee.error) }
        return TLSError(.truncated, "the peer closed the connection without close_notify")
    }
}
