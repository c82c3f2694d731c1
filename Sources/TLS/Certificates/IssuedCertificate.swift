import COpenSSL

/// What an authority has sent, to be judged before it is shown to anybody.
extension CertificateChain {
    /// - Parameter pem: certificates, the leaf first; other PEM blocks are passed over.
    /// - Returns: nil if there is none.
    package convenience init?(pem: String) {
        let bytes = Array(pem.utf8)
        let input = unsafe bytes.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = unsafe BIO_new(BIO_s_mem()) else { return nil }
            // The bytes are copied.
            _ = unsafe BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
            return unsafe input
        }
        guard let input = unsafe input else { return nil }
        unsafe self.init(reading: input)
    }

    /// When the leaf's life begins and ends, in seconds since 1970; nil where it cannot be read.
    package var lifetime: (start: Int64, end: Int64)? {
        guard let start = unsafe Self.seconds(X509_get0_notBefore(leaf)), let end = unsafe Self.seconds(X509_get0_notAfter(leaf))
        else { return nil }
        return (start, end)
    }

    /// Who has signed the leaf, by what tells it apart.
    package var issuer: String { unsafe Self.text(X509_get_issuer_name(leaf)) }

    /// Who has signed the last one: the root that it leads to, as a rule.
    package var rootName: String { unsafe Self.text(X509_get_issuer_name(certificates[certificates.count - 1])) }

    /// How many certificates there are.
    package var count: Int { unsafe certificates.count }

    /// What the authority knows the leaf by (RFC 9773 §4.1): its authority key identifier, and the content of its serial number
    /// in DER. Nil where it has no such identifier.
    package var renewalIdentifier: (authorityKey: [UInt8], serial: [UInt8])? {
        guard let key = unsafe X509_get0_authority_key_id(leaf) else { return nil }
        var der: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_ASN1_INTEGER(X509_get0_serialNumber(leaf), &der)
        guard length > 0, let made = unsafe der else { return nil }
        defer { unsafe CRYPTO_free(made, #file, #line) }
        let bytes = unsafe Array(UnsafeBufferPointer(start: made, count: Int(length)))
        // Tag and length, of one byte each: RFC 5280 §4.1.2.2 allows 20 bytes.
        guard bytes.count > 2, bytes.count < 128 else { return nil }
        return unsafe (Self.bytes(of: key), Array(bytes.dropFirst(2)))
    }

    /// Is the leaf for this key?
    package func isFor(_ key: PrivateKey) -> Bool {
        defer { ERR_clear_error() }
        return unsafe X509_check_private_key(leaf, key.key) == 1
    }

    /// Is each certificate signed by the one behind it?
    package var isLinked: Bool {
        defer { ERR_clear_error() }
        return unsafe zip(certificates, certificates.dropFirst()).allSatisfy { certificate, issuer in
            guard let key = unsafe X509_get0_pubkey(issuer) else { return false }
            return unsafe X509_check_issued(issuer, certificate) == X509_V_OK && X509_verify(certificate, key) == 1
        }
    }

    /// Everything that a BIO in memory holds.
    static func text(of output: OpaquePointer) -> String {
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe BIO_read(output, &piece, Int32(piece.count)), count > 0 { text += piece.prefix(Int(count)) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The certificates in PEM; empty when memory is out.
    static func pem(of certificates: [OpaquePointer]) -> String {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        unsafe certificates.forEach { _ = unsafe PEM_write_bio_X509(output, $0) }
        return unsafe text(of: output)
    }
}
