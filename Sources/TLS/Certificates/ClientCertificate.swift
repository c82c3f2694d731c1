import COpenSSL

/// A client's certificate that has been verified: what there is to tell an application of it. Its words are printable ASCII.
package final class ClientCertificate: Sendable {
    /// RFC 4514, such as "CN=alice,O=Example".
    package let subject: String
    package let issuer: String
    /// The common name of the subject, of at most 255 bytes; nil if there is none, it is longer, or has control characters in it,
    /// at which whoever reads it might take its beginning for the whole.
    package let commonName: String?
    /// Hexadecimal, upper case.
    package let serial: String
    /// SHA-256 of its DER, hexadecimal, lower case.
    package let fingerprint: String
    /// The value of `Client-Cert` (RFC 9440 §2.2).
    package let field: [UInt8]
    /// The value of `Client-Cert-Chain` (RFC 9440 §2.3): those between it and the root, which is not among them. Each
    /// has signed the one before. Empty if there are none.
    package let chainField: [UInt8]

    /// - Parameters:
    ///   - certificate: lent for the call.
    ///   - verified: the chain that was found, the leaf first, lent for the call; nil if there is none at hand.
    init(_ certificate: OpaquePointer, verified: OpaquePointer?) {
        subject = unsafe Self.text(X509_get_subject_name(certificate))
        issuer = unsafe Self.text(X509_get_issuer_name(certificate))
        let name = unsafe CertificateChain.commonName(X509_get_subject_name(certificate)) ?? ""
        let isPlain = (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        commonName = isPlain ? name : nil
        serial = unsafe Self.hexadecimal(CertificateChain.bytes(of: X509_get0_serialNumber(certificate)), upper: true)
        let der = unsafe Self.der(of: certificate)
        fingerprint = Self.hexadecimal(sha256(der), upper: false)
        field = Self.byteSequence(der)
        var chain: [UInt8] = []
        for index in unsafe 1..<max(1, OPENSSL_sk_num(verified)) {
            guard let value = unsafe OPENSSL_sk_value(verified, index) else { continue }
            let next = OpaquePointer(value)
            // RFC 9440 §2.3: as in TLS, a trust anchor may be left out.
            if unsafe X509_check_issued(next, next) == X509_V_OK { break }
            chain += (chain.isEmpty ? [] : [0x2C, 0x20]) + Self.byteSequence(unsafe Self.der(of: next))
        }
        chainField = chain
    }

    /// The certificate that a session's peer has shown in its handshake; nil if it has shown none.
    convenience init?(of ssl: OpaquePointer) {
        guard let certificate = unsafe SSL_get0_peer_certificate(ssl) else { return nil }
        if let verified = unsafe SSL_get0_verified_chain(ssl) {
            unsafe self.init(certificate, verified: verified)
            return
        }
        // A session that is resumed has only the leaf.
        let found = unsafe gh_verify_client(SSL_get_SSL_CTX(ssl), certificate, nil)
        defer { unsafe gh_free_chain(found) }
        unsafe self.init(certificate, verified: found)
    }

    /// RFC 8941 §3.3.5.
    private static func byteSequence(_ bytes: [UInt8]) -> [UInt8] {
        // EVP_EncodeBlock(3): four letters for every three bytes, and a zero behind them.
        var letters = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = unsafe EVP_EncodeBlock(&letters, bytes, Int32(clamping: bytes.count))
        return [0x3A] + letters.prefix(Int(max(0, count))) + [0x3A]
    }

    private static func der(of certificate: OpaquePointer) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509(certificate, &bytes)
        guard length > 0, let made = unsafe bytes else { return [] }
        defer { unsafe CRYPTO_free(made, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: made, count: Int(length)))
    }

    /// X509_NAME_print_ex(3), as RFC 2253 and 4514 write it: control bytes and all beyond ASCII are escaped.
    private static func text(_ name: OpaquePointer?) -> String {
        guard let name = unsafe name, let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        guard unsafe X509_NAME_print_ex(output, name, 0, gh_ascii_name_flags()) >= 0 else { return "" }
        let text = unsafe CertificateChain.text(of: output)
        return text.utf8.allSatisfy { 0x20...0x7E ~= $0 } ? text : ""
    }

    private static func hexadecimal(_ bytes: [UInt8], upper: Bool) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: upper)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
