import COpenSSL

/// A private key: made here or read from a file, to sign requests and certificates.
/// `@safe`: the key is owned here, freed in `deinit`, never changed, and lent within this module, for a call that keeps nothing.
@safe package final class PrivateKey: Sendable {
    /// The algorithm, by its name in OpenSSL.
    package enum Kind: String, Sendable, CaseIterable {
        case p256 = "P-256"
        case p384 = "P-384"
        /// RSA with 2048 bits.
        case rsa = "RSA"
    }

    /// Several threads may use an EVP_PKEY that none changes (openssl-threads(7)).
    nonisolated(unsafe) let key: OpaquePointer

    /// Makes a new one.
    package init(_ kind: Kind) throws(TLSError) {
        ERR_clear_error()
        guard let key = unsafe gh_key_new(kind.rawValue) else { throw TLSError(.system, TLSError.takeReason()) }
        unsafe self.key = key
    }

    /// - Parameter pem: with one PEM block of a key without a passphrase; other blocks are passed over.
    /// - Throws: `.configuration(.key)`.
    package init(pem: String) throws(TLSError) {
        ERR_clear_error()
        let bytes = Array(pem.utf8)
        let key: OpaquePointer? = unsafe bytes.withUnsafeBytes { bytes in
            guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key = unsafe key else { throw TLSError(.configuration(.key), TLSError.takeFileReason()) }
        unsafe self.key = key
    }

    /// Is it a key as `init(_: Kind)` makes them?
    package func isOf(_ kind: Kind) -> Bool {
        let (algorithm, bits): (String, Int32) =
            switch kind {
            case .p256: ("EC", 256)
            case .p384: ("EC", 384)
            case .rsa: ("RSA", 2048)
            }
        return unsafe EVP_PKEY_is_a(key, algorithm) == 1 && EVP_PKEY_get_bits(key) == bits
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    /// PKCS #8 in PEM, without a passphrase.
    package var pem: String {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        guard unsafe PEM_write_bio_PKCS8PrivateKey(output, key, nil, nil, 0, nil, nil) == 1 else { return "" }
        return unsafe CertificateChain.text(of: output)
    }

    /// The public point of a P-256 key, each coordinate of 32 bytes; nil for other keys.
    package var point: (x: [UInt8], y: [UInt8])? {
        var x = [UInt8](repeating: 0, count: Int(GH_P256_COORDINATE))
        var y = x
        return unsafe gh_key_point(key, &x, &y) == 1 ? (x, y) : nil
    }

    /// ES256 (RFC 7518 §3.4) by a P-256 key: 64 bytes.
    package func es256(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
        ERR_clear_error()
        var signature = [UInt8](repeating: 0, count: Int(GH_ES256_LENGTH))
        guard unsafe gh_key_sign_es256(key, bytes, bytes.count, &signature) == 1 else {
            throw TLSError(.system, TLSError.takeReason())
        }
        return signature
    }

    /// A request for a certificate (RFC 2986) in DER.
    /// - Parameter names: host names, "*.example.com" too, and addresses. They must have been checked: what is no name changes
    ///   the meaning of others.
    package func signingRequest(for names: [String]) throws(TLSError) -> [UInt8] {
        ERR_clear_error()
        var der: UnsafeMutablePointer<UInt8>?
        let length = unsafe gh_key_request(key, Self.alternativeNames(names), &der)
        guard length > 0, let made = unsafe der else { throw TLSError(.system, TLSError.takeReason()) }
        defer { unsafe CRYPTO_free(made, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: made, count: Int(length)))
    }

    /// A certificate by which a host proves itself to an ACME authority in a handshake (RFC 8737 §3), in PEM.
    /// - Parameters:
    ///   - name: of the host; it must have been checked.
    ///   - digest: SHA-256 of the key authorization.
    package func challengeCertificate(for name: String, digest: [UInt8]) throws(TLSError) -> String {
        ERR_clear_error()
        guard digest.count == Int(GH_SHA256_LENGTH),
            let certificate = unsafe gh_challenge_certificate(key, Self.alternativeNames([name]), digest)
        else { throw TLSError(.system, TLSError.takeReason()) }
        defer { unsafe X509_free(certificate) }
        return unsafe CertificateChain.pem(of: [certificate])
    }

    static func alternativeNames(_ names: [String]) -> String {
        names.map { name in
            let isAddress = name.contains(":") || name.utf8.allSatisfy { $0 == 0x2E || 0x30...0x39 ~= $0 }
            return (isAddress ? "IP:" : "DNS:") + name
        }.joined(separator: ",")
    }
}

/// SHA-256 (FIPS 180-4): 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(GH_SHA256_LENGTH))
    // It can only fail where there is no memory, or OpenSSL has no SHA-256: then there is no TLS either.
    precondition(unsafe gh_sha256(bytes, bytes.count, &digest) == 1, "SHA-256 is not there")
    return digest
}

/// HMAC-SHA-256 (RFC 2104): 32 bytes; nil where the key is one that OpenSSL does not take.
package func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
    var code = [UInt8](repeating: 0, count: Int(GH_SHA256_LENGTH))
    return unsafe gh_hmac_sha256(key, key.count, bytes, bytes.count, &code) == 1 ? code : nil
}
