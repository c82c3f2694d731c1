import COpenSSL

/// What there is to say of a certificate revocation list (RFC 5280 §5).
package struct RevocationList: Sendable, Equatable {
    /// By what tells it apart.
    package var issuer: String
    /// When it expires, in seconds since 1970; nil if it does not say so.
    package var nextUpdate: Int64?

    /// Has a context that nobody uses yet verify certificates by a PEM file's lists: one of every authority in a chain.
    /// - Throws: `.configuration(.revocations)`.
    static func use(_ file: String, in context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        try RegularFile.check([(file, .revocations)])
        let store = unsafe SSL_CTX_get_cert_store(context)
        guard unsafe X509_STORE_load_file(store, file) == 1 else {
            throw TLSError(.configuration(.revocations), "cannot read the revocation lists \(file): \(TLSError.takeFileReason())")
        }
        _ = unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    }

    /// Those of a PEM file; empty if it cannot be read.
    package static func all(in file: String) -> [RevocationList] {
        guard let input = unsafe RegularFile.open(file) else {
            ERR_clear_error()
            return []
        }
        defer {
            unsafe BIO_free(input)
            ERR_clear_error()
        }
        var lists: [RevocationList] = []
        while let list = unsafe PEM_read_bio_X509_CRL(input, nil, { _, _, _, _ in -1 }, nil) {
            defer { unsafe X509_CRL_free(list) }
            unsafe lists.append(
                RevocationList(
                    issuer: CertificateChain.text(X509_CRL_get_issuer(list)),
                    nextUpdate: CertificateChain.seconds(X509_CRL_get0_nextUpdate(list))))
        }
        return lists
    }
}
