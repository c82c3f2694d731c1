import COpenSSL

extension HandshakeFault {
    /// What is wrong with a client's certificate.
    /// - Parameter verification: as X509_verify_cert_error_string(3) lists them.
    init(verification: Int) {
        switch Int32(truncatingIfNeeded: verification) {
        case X509_V_ERR_CERT_HAS_EXPIRED: self = .clientCertificateExpired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .clientCertificateNotYetValid
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_CHAIN_TOO_LONG:
            self = .clientCertificateUntrusted
        case X509_V_ERR_CERT_REVOKED: self = .clientCertificateRevoked
        case X509_V_ERR_INVALID_PURPOSE: self = .clientCertificateUnfit
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
            self = .revocationListUnusable
        default: self = .clientCertificateRefused
        }
    }
}
