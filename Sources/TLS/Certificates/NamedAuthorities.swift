import COpenSSL

/// Authorities that the configuration names in a file.
enum NamedAuthorities {
    /// Has a context that nobody uses yet trust what is in a PEM file, which is read once.
    ///
    /// OpenSSL ends a chain at a certificate that has signed itself, and nowhere else. Whoever names an authority alone that is
    /// below another one, or a server's own certificate, trusts that and nobody above it: then a chain may end at it.
    /// - Parameters:
    ///   - checksRevocation: every authority of a chain needs a list, and who has signed that one would be missing: then
    ///     it ends where OpenSSL has it end.
    ///   - asksClients: are clients told the names, so that they know which certificate to show?
    /// - Returns: what there is in the file; nil if it cannot be read: OpenSSL says why.
    static func use(
        _ file: String, in context: OpaquePointer, checksRevocation: Bool = false, asksClients: Bool = false
    ) -> gh_authorities? {
        var found = gh_authorities()
        guard unsafe gh_use_authorities(context, file, asksClients ? 1 : 0, &found) == 1 else { return nil }
        if !checksRevocation, found.lacks_issuer == 1 {
            _ = unsafe X509_STORE_set_flags(SSL_CTX_get_cert_store(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        }
        return found
    }
}
