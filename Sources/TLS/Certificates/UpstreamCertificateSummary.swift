import COpenSSL

extension CertificateChain {
    /// What an upstream's certificate says of itself, for the log line of a refusal: its names, its issuer and its dates.
    var upstreamSummary: String {
        let names = names
        let addresses = names.addresses.map(Self.text(ofAddress:))
        let all = names.hosts + addresses
        let most = 5
        let list = all.prefix(most).joined(separator: ", ") + (all.count > most ? " and \(all.count - most) more" : "")
        let begins = unsafe Self.text(X509_get0_notBefore(leaf))
        let ends = unsafe Self.text(X509_get0_notAfter(leaf))
        return "the certificate is for \(all.isEmpty ? "no name" : list), issued by \(issuer), valid from \(begins) to \(ends)"
    }

    private static func text(ofAddress bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: bytes.count - 1, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }

    /// RFC 3339, whole seconds.
    private static func text(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return "?" }
        defer { unsafe BIO_free(output) }
        guard unsafe ASN1_TIME_print_ex(output, time, UInt(ASN1_DTFLGS_ISO8601)) == 1 else { return "?" }
        return unsafe text(of: output).replacing(" ", with: "T")
    }
}

extension TLSClientContext {
    /// Is the server's key, or one of its chain, pinned? A session that is resumed was made by one that was.
    func hasPinnedKey(_ ssl: OpaquePointer) -> Bool {
        guard !settings.pins.isEmpty, unsafe SSL_session_reused(ssl) == 0 else { return true }
        var certificates: [OpaquePointer] = unsafe []
        // Only a chain that was verified proves anything of those behind the leaf.
        if settings.verifies, let chain = unsafe SSL_get0_verified_chain(ssl) {
            for index in unsafe 0..<max(0, OPENSSL_sk_num(chain)) {
                if let value = unsafe OPENSSL_sk_value(chain, index) { unsafe certificates.append(OpaquePointer(value)) }
            }
        } else if let leaf = unsafe SSL_get0_peer_certificate(ssl) {
            unsafe certificates.append(leaf)
        }
        return unsafe certificates.contains { certificate in
            var bytes: UnsafeMutablePointer<UInt8>?
            // RFC 7469 §2.4: the hash of SubjectPublicKeyInfo in DER.
            let length = unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes)
            guard length > 0, let made = unsafe bytes else { return false }
            defer { unsafe CRYPTO_free(made, #file, #line) }
            return settings.pins.contains(sha256(unsafe Array(UnsafeBufferPointer(start: made, count: Int(length)))))
        }
    }
}
