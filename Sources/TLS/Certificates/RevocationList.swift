import COpenSSL

/// What there is to say of a certificate revocation list (RFC 5280 §5).
package struct RevocationList: Sendable, Equatable {
    /// The name of its authority, as far as tells it apart from others.
    package var issuer: String
    /// From when on it holds, in seconds since 1970; nil if that cannot be read.
    package var thisUpdate: Int64?
    /// When it expires, in seconds since 1970; nil if it does not say so.
    package var nextUpdate: Int64?

    /// Has a context that nobody uses yet verify certificates by a PEM file's lists: one of every authority in a chain.
    ///
    /// Only lists are taken of it. X509_STORE_load_file(3) would take a certificate in it for one more authority to trust, by the
    /// word of whoever hands out the lists: those are signed, and so often fetched without TLS.
    /// - Throws: `.configuration(.revocations)`.
    static func use(_ file: String, in context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        try RegularFile.check([(file, .revocations)])
        guard let input = unsafe RegularFile.open(file) else { throw unreadable(file) }
        defer {
            unsafe BIO_free(input)
            ERR_clear_error()
        }
        let store = unsafe SSL_CTX_get_cert_store(context)
        var isEmpty = true
        while let list = unsafe PEM_read_bio_X509_CRL(input, nil, { _, _, _, _ in -1 }, nil) {
            defer { unsafe X509_CRL_free(list) }
            // RFC 5280 §5.2.4: it has what is new since another one; OpenSSL would take it for all that there is.
            guard unsafe X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 else {
                let issuer = unsafe CertificateChain.text(X509_CRL_get_issuer(list))
                throw TLSError(
                    .configuration(.revocations),
                    "the revocation list of \"\(issuer)\" in \(file) is a delta CRL: the complete one is needed")
            }
            guard unsafe X509_STORE_add_crl(store, list) == 1 else { throw unreadable(file) }
            isEmpty = false
        }
        // One that cannot be read ends them, too.
        guard !isEmpty, gh_judged_all() == 1 else { throw unreadable(file) }
        _ = unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    }

    private static func unreadable(_ file: String) -> TLSError {
        TLSError(.configuration(.revocations), "cannot read the revocation lists \(file): \(TLSError.takeFileReason())")
    }

    /// Why a file of authorities protects less than whoever made it believes, where there is no key that names lists: OpenSSL
    /// would load them with the authorities, and ask none of them.
    /// - Returns: nil if there are no lists in it, or if it cannot be read.
    package static func unasked(in file: String) -> String? {
        guard !all(in: file).isEmpty else { return nil }
        return "\(file) holds revocation lists, too, and the server's certificate would not be verified by them"
    }

    /// All lists of a PEM file; empty if it cannot be read.
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
                    thisUpdate: CertificateChain.seconds(X509_CRL_get0_lastUpdate(list)),
                    nextUpdate: CertificateChain.seconds(X509_CRL_get0_nextUpdate(list))))
        }
        return lists
    }
}
