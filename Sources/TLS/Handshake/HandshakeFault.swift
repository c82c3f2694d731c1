/// Why a client's handshake failed: a closed set, whose raw values are stable words for counting. docs/tls.md lists them.
package enum HandshakeFault: String, CaseIterable, Sendable {
    // What is no handshake
    case plainHTTP = "plain_http"
    case notTLS = "not_tls"
    case ssl2Hello = "ssl2_hello"
    // Nothing in common
    case noSharedVersion = "no_shared_version"
    case noSharedSuite = "no_shared_suite"
    case noSharedGroup = "no_shared_group"
    case noSharedSignature = "no_shared_signature"
    case noApplicationProtocol = "no_application_protocol"
    // Names and certificates of ours
    case noServerName = "no_server_name"
    case unknownServerName = "unknown_server_name"
    case noCertificate = "no_certificate"
    case unknownAuthority = "client_does_not_know_authority"
    case certificateRefused = "client_refuses_certificate"
    case certificateExpired = "client_says_certificate_expired"
    // The client's certificate
    case clientCertificateMissing = "client_certificate_missing"
    case clientCertificateExpired = "client_certificate_expired"
    case clientCertificateNotYetValid = "client_certificate_not_yet_valid"
    case clientCertificateUntrusted = "client_certificate_untrusted"
    case clientCertificateRevoked = "client_certificate_revoked"
    case clientCertificateUnfit = "client_certificate_unfit"
    case revocationListUnusable = "revocation_list_unusable"
    case clientCertificateRefused = "client_certificate_refused"
    // How it ended
    case clientAlert = "client_alert"
    case closed = "closed"
    case closedAfterHello = "closed_after_hello"
    case reset = "reset"
    case timeout = "timeout"
    case timeoutAfterHello = "timeout_after_hello"
    case malformed = "malformed"
    case other = "other"

    /// What it means, in plain words.
    package var explanation: String {
        switch self {
        case .plainHTTP: "the client speaks plain HTTP to a TLS port"
        case .notTLS: "what the client sent is no TLS"
        case .ssl2Hello: "the client greets as SSL 2.0 does, which nobody speaks any more"
        case .noSharedVersion: "the client offers no version of TLS that this site speaks"
        case .noSharedSuite: "the client offers no cipher suite that this site has, or none for its kind of certificate"
        case .noSharedGroup: "the client offers no group for the key exchange that this site has"
        case .noSharedSignature: "the client accepts no signature that the certificates of this site can make"
        case .noApplicationProtocol: "the client wants to speak something else than HTTP over TLS"
        case .noServerName: "the client asks for no name (SNI), and the port is strict about names"
        case .unknownServerName: "the client asks for a name (SNI) that no site of the port has"
        case .noCertificate: "the site has no certificate yet"
        case .unknownAuthority: "the client does not know the authority that signed the certificate"
        case .certificateRefused:
            "the client refuses the certificate: it may be for another name, or break a rule of its own"
        case .certificateExpired: "the client says that the certificate has expired, or is not valid yet"
        case .clientCertificateMissing: "the client shows no certificate, and the site requires one"
        case .clientCertificateExpired: "its certificate, or one behind it, has expired"
        case .clientCertificateNotYetValid: "its certificate, or one behind it, is not valid yet"
        case .clientCertificateUntrusted: "its certificate leads to no authority of client_ca_file"
        case .clientCertificateRevoked: "its certificate, or one behind it, has been revoked"
        case .clientCertificateUnfit: "its certificate is not for use by clients"
        case .revocationListUnusable:
            "client_crl_file has no list of an authority in its chain, or one that has expired or does not hold yet"
        case .clientCertificateRefused: "its certificate does not stand up to verification"
        case .clientAlert: "the client broke the handshake off, with an alert"
        case .closed: "the client closed the connection before it had sent a whole hello"
        case .closedAfterHello: "the client closed the connection in the middle of the handshake"
        case .reset: "the connection was reset, by the client or by something in between"
        case .timeout: "no whole hello came in time"
        case .timeoutAfterHello: "the handshake did not end in time"
        case .malformed: "the client sent something that TLS does not allow"
        case .other: "the handshake failed"
        }
    }

    /// What to do about it.
    package var remedy: String {
        switch self {
        case .plainHTTP: "use https:// in its URL"
        case .notTLS: "look whether the client means another port or protocol"
        case .ssl2Hello, .noSharedVersion:
            "update the client, or look at min_version and max_version of the site; scanners may be ignored"
        case .noSharedSuite: "update the client, or give the site an RSA certificate besides, or more suites"
        case .noSharedGroup: "add one of the offered groups to groups of the site"
        case .noSharedSignature: "give the site an RSA certificate besides, or one on P-256 in place of another curve's"
        case .noApplicationProtocol: "add what it offers to alpn if it is h2 or http/1.1; else it means another port"
        case .noServerName: "let the client send SNI (openssl s_client -servername NAME), or take strict_sni out"
        case .unknownServerName: "add the name to hostnames of a site, or correct the client or DNS"
        case .noCertificate: "the log of the start, or of auto_cert, says why"
        case .unknownAuthority:
            "let gatehouse check say whether cert_file lacks intermediate certificates; give the client an authority of your own"
        case .certificateRefused: "compare the name that it asks for with those of the certificate: gatehouse check does"
        case .certificateExpired: "renew the certificate, or set the clock of the client"
        case .clientCertificateMissing:
            "give the client a certificate and its key (curl --cert --key), signed by an authority of client_ca_file"
        case .clientCertificateExpired: "renew the certificate of the client"
        case .clientCertificateNotYetValid: "wait, or set the clock of this machine or of the authority"
        case .clientCertificateUntrusted:
            "let the client send its intermediate certificates, or add the authority to client_ca_file"
        case .clientCertificateRevoked: "give the client a new certificate"
        case .clientCertificateUnfit: "issue it with extendedKeyUsage = clientAuth"
        case .revocationListUnusable: "publish a fresh list for each authority into client_crl_file"
        case .clientCertificateRefused: "let openssl verify -purpose sslclient -CAfile CA CERTIFICATE say what is wrong with it"
        case .clientAlert: "its own log says why"
        case .closed, .timeout: "port scanners and health checks without TLS do so; else look at the network in between"
        case .closedAfterHello: "its own log says why: it may not like the certificate, and not say so"
        case .reset: "look at firewalls and middleboxes in between, and at the log of the client"
        case .timeoutAfterHello: "look at the network in between: packets of full size may be lost (MTU)"
        case .malformed: "update the client; a middlebox that changes TLS looks like this, too"
        case .other: "the reason has the words of OpenSSL"
        }
    }
}

extension HandshakeFault {
    /// What failed, of a server's handshake, from OpenSSL's words.
    /// - Parameter reason: of OpenSSL's error queue (openssl-errstr(1)).
    init(reason: String) {
        if let exact = Self.byReason[reason] {
            self = exact
            return
        }
        if reason.contains("alert") {
            self = Self.byAlert.first { reason.contains($0.text) }?.fault ?? .clientAlert
        } else if reason.hasPrefix("bad ") || reason.contains("length") || reason.contains("unexpected")
            || reason.contains("illegal") || reason.contains("invalid") || reason.contains("decode")
            || reason.contains("decryption")
        {
            self = .malformed
        } else {
            self = .other
        }
    }

    private static let byReason: [String: HandshakeFault] = [
        "unsupported protocol": .noSharedVersion, "version too low": .noSharedVersion, "wrong version number": .noSharedVersion,
        "unknown protocol": .noSharedVersion, "no protocols available": .noSharedVersion,
        "inappropriate fallback": .noSharedVersion, "no shared cipher": .noSharedSuite, "no ciphers specified": .noSharedSuite,
        "no suitable key share": .noSharedGroup, "no shared groups": .noSharedGroup, "unsupported elliptic curve": .noSharedGroup,
        "no suitable groups": .noSharedGroup, "no suitable signature algorithm": .noSharedSignature,
        "no shared signature algorithms": .noSharedSignature, "no application protocol": .noApplicationProtocol,
        "peer did not return a certificate": .clientCertificateMissing, "http request": .plainHTTP,
        "https proxy request": .plainHTTP,
        // A chain of more than 100 KiB, say (SSL_CTX_set_max_cert_list(3)).
        "excessive message size": .malformed,
    ]

    /// The names of RFC 8446 §6.2, as OpenSSL spells them.
    private static let byAlert: [(text: String, fault: HandshakeFault)] = [
        ("unknown ca", .unknownAuthority), ("certificate expired", .certificateExpired), ("bad certificate", .certificateRefused),
        ("certificate unknown", .certificateRefused), ("unsupported certificate", .certificateRefused),
        ("certificate revoked", .certificateRefused), ("access denied", .certificateRefused),
    ]
}
