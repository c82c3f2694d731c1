import COpenSSL

/// Certificates that an authority of our own issues.
extension PrivateKey {
    /// Stands in every certificate as its subject's organisation (O).
    private static let unit = "Gatehouse local"

    /// The self-signed certificate of an authority that has this key, in PEM.
    /// - Parameters:
    ///   - name: its common name.
    ///   - hosts: that it may issue for, with all names below them.
    ///   - blocks: of addresses that it may issue for: "10.0.0.0/255.0.0.0".
    ///   - seconds: how long it lives.
    package func authorityCertificate(
        name: String, hosts: [String], blocks: [String], seconds: Int64
    ) throws(TLSError) -> String {
        ERR_clear_error()
        let permitted = hosts.map { "permitted;DNS:\($0)" } + blocks.map { "permitted;IP:\($0)" }
        let value = "critical," + permitted.joined(separator: ",")
        guard let made = unsafe gh_authority_certificate(key, Self.unit, name, value, Int(seconds)) else {
            throw TLSError(.system, TLSError.takeReason())
        }
        defer { unsafe X509_free(made) }
        return unsafe CertificateChain.pem(of: [made])
    }

    /// What a certificate is for (RFC 5280 §4.2.1.12); the raw value is OpenSSL's word.
    package enum Usage: String, Sendable {
        case server = "serverAuth"
        case client = "clientAuth"
    }

    /// A certificate by an authority that has this key, in PEM.
    /// - Parameters:
    ///   - owner: whose certificate it is: the owner's key.
    ///   - commonName: for people; constraints of names are held against it, too, where no other name is a host's.
    ///   - names: host names and addresses; they must have been checked: what is no name changes the meaning of others.
    ///   - authority: the authority's certificate.
    ///   - seconds: how long it lives.
    package func certificate(
        for owner: PrivateKey, usage: Usage = .server, commonName: String? = nil, names: [String], authority: CertificateChain,
        seconds: Int64
    ) throws(TLSError) -> String {
        ERR_clear_error()
        guard
            let made = unsafe gh_issued_certificate(
                owner.key, Self.unit, commonName, Self.alternativeNames(names), usage.rawValue, authority.leaf, key, Int(seconds))
        else { throw TLSError(.system, TLSError.takeReason()) }
        defer { unsafe X509_free(made) }
        return unsafe CertificateChain.pem(of: [made])
    }
}

extension CertificateChain {
    /// SHA-256 of the leaf in DER, as clients show it: hexadecimal, upper case.
    package var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe X509_digest(leaf, EVP_sha256(), &digest, nil) == 1 else { return "" }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    /// Whose the leaf is, by what tells it apart.
    package var subject: String { unsafe Self.text(X509_get_subject_name(leaf)) }

    /// The leaf in DER; empty when memory is out.
    package var leafDER: [UInt8] {
        var der: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509(leaf, &der)
        guard length > 0, let made = unsafe der else { return [] }
        defer { unsafe CRYPTO_free(made, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: made, count: Int(length)))
    }

    /// Has that authority signed the leaf?
    package func isSigned(by authority: CertificateChain) -> Bool {
        defer { ERR_clear_error() }
        guard let key = unsafe X509_get0_pubkey(authority.leaf) else { return false }
        return unsafe X509_check_issued(authority.leaf, leaf) == X509_V_OK && X509_verify(leaf, key) == 1
    }

    /// May the leaf be used so?
    package func isFor(_ usage: PrivateKey.Usage) -> Bool {
        let wanted = usage == .server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT
        return unsafe X509_check_purpose(leaf, wanted, 0) == 1
    }

    /// The leaf in PEM.
    package var leafPEM: String { unsafe Self.pem(of: [leaf]) }
}
