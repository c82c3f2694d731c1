import COpenSSL

/// What a certificate says of itself, in words for a report.
package struct CertificateDescription: Sendable, Equatable {
    /// The subject, as RFC 4514 writes names: "CN=www.example.com,O=Example".
    package var subject: String
    package var issuer: String
    /// Seconds since 1970; nil for a time that cannot be read.
    package var from: Int64?
    package var to: Int64?
    /// "P-256", "RSA of 2048 bits".
    package var key: String
    /// "ecdsa-with-SHA256", as OpenSSL spells it.
    package var signature: String
    /// SHA-256 of the whole certificate, in lower-case hexadecimal.
    package var fingerprint: String
    package var isSelfSigned: Bool
    /// May it sign others (basicConstraints, RFC 5280 §4.2.1.9)?
    package var isAuthority: Bool
}

extension CertificateChain {
    /// One for each certificate, in the order of the file.
    package var descriptions: [CertificateDescription] {
        defer { ERR_clear_error() }
        return unsafe certificates.map { certificate in
            unsafe CertificateDescription(
                subject: Self.name(X509_get_subject_name(certificate)), issuer: Self.name(X509_get_issuer_name(certificate)),
                from: Self.seconds(X509_get0_notBefore(certificate)), to: Self.seconds(X509_get0_notAfter(certificate)),
                key: X509_get0_pubkey(certificate).map { unsafe PrivateKey.description(of: $0) }
                    ?? "a key that OpenSSL does not know",
                signature: OBJ_nid2ln(X509_get_signature_nid(certificate)).map { unsafe String(cString: $0) } ?? "?",
                fingerprint: Self.fingerprint(of: certificate),
                isSelfSigned: X509_check_issued(certificate, certificate) == X509_V_OK,
                isAuthority: X509_check_ca(certificate) == 1)
        }
    }

    private static func name(_ name: OpaquePointer?) -> String {
        guard let name = unsafe name, let output = unsafe BIO_new(BIO_s_mem()) else { return "?" }
        defer { unsafe BIO_free(output) }
        guard unsafe X509_NAME_print_ex(output, name, 0, gh_name_flags()) >= 0 else { return "?" }
        return unsafe text(of: output)
    }

    private static func fingerprint(of certificate: OpaquePointer) -> String {
        var digest = [UInt8](repeating: 0, count: Int(GH_SHA256_LENGTH))
        var length: UInt32 = 0
        guard unsafe X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return "?" }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension PrivateKey {
    /// "P-256", "RSA of 2048 bits".
    package var description: String { unsafe Self.description(of: key) }

    static func description(of key: OpaquePointer) -> String {
        let type = unsafe EVP_PKEY_get0_type_name(key).map { unsafe String(cString: $0) } ?? "key"
        if type == "EC" {
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            if unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 {
                let curve = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                return ["prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"][curve] ?? curve
            }
        }
        if type == "ED25519" || type == "ED448" { return type == "ED25519" ? "Ed25519" : "Ed448" }
        return unsafe "\(type) of \(EVP_PKEY_get_bits(key)) bits"
    }
}

extension CertificateChain {
    /// How names are compared, ours and others' (X509_check_host(3)). RFC 9525 §6.3: an asterisk stands for a whole label.
    /// RFC 9110 §4.3.4: a common name is no name.
    static let nameRules = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

    /// Would a client that asked for this host or address accept the leaf, as far as names go (RFC 9525 §6)?
    package func isGood(forHost host: String) -> Bool {
        defer { ERR_clear_error() }
        return unsafe X509_check_host(leaf, host, host.utf8.count, Self.nameRules, nil) == 1
            || X509_check_ip_asc(leaf, host, 0) == 1
    }
}
