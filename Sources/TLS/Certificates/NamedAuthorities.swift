import COpenSSL

/// Authorities that the configuration names in a file.
enum NamedAuthorities {
    /// Has a context that nobody uses yet trust what is in a PEM file.
    ///
    /// OpenSSL ends a chain at a certificate that has signed itself, and nowhere else. Whoever names an authority alone that is
    /// below another one, or a server's own certificate, trusts that and nobody above it: then a chain may end at it.
    /// - Parameter checksRevocation: every authority of a chain needs a list, and who has signed that one would be missing: then
    ///   it ends where OpenSSL has it end.
    /// - Returns: false if the file cannot be read; OpenSSL says why.
    static func use(_ file: String, in context: OpaquePointer, checksRevocation: Bool = false) -> Bool {
        guard unsafe SSL_CTX_load_verify_file(context, file) == 1 else { return false }
        guard !checksRevocation, CertificateChain(file: file)?.lacksIssuer == true else { return true }
        _ = unsafe X509_STORE_set_flags(SSL_CTX_get_cert_store(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        return true
    }
}

extension CertificateChain {
    /// Is one among them that neither itself nor another of them has signed?
    fileprivate var lacksIssuer: Bool {
        defer { ERR_clear_error() }
        return unsafe certificates.contains { one in
            if unsafe X509_check_issued(one, one) == X509_V_OK { return false }
            return unsafe !certificates.contains { unsafe X509_check_issued($0, one) == X509_V_OK }
        }
    }
}
