import COpenSSL

/// The authorities that this system trusts, which most clients trust as well.
/// `@safe`: the pointer is made in `init`, freed in `deinit`, and never leaves.
@safe package final class SystemAuthorities {
    private let store: OpaquePointer?

    package init() {
        unsafe store = gh_judging_store()
    }

    deinit {
        unsafe X509_STORE_free(store)
    }

    /// Is the certificate's issuer one of them?
    func haveIssuer(of certificate: OpaquePointer) -> Bool {
        guard let store = unsafe store, let search = unsafe X509_STORE_CTX_new() else { return false }
        defer {
            unsafe X509_STORE_CTX_free(search)
            ERR_clear_error()
        }
        guard unsafe X509_STORE_CTX_init(search, store, certificate, nil) == 1 else { return false }
        var issuer: OpaquePointer?
        guard unsafe X509_STORE_CTX_get1_issuer(&issuer, search, certificate) == 1 else { return false }
        unsafe X509_free(issuer)
        return true
    }
}
