import COpenSSL

/// Where certificates come from that are got when a client first asks for a name.
package protocol CertificateSource: Sendable {
    /// The certificate of a name that is there.
    /// - Parameter name: lower case, without a dot at its end.
    func context(for name: String) -> TLSServerContext?
    /// Gets a certificate for the name; a handshake waits meanwhile.
    /// - Returns: whether there is one now. It takes a bounded time.
    func obtain(_ name: String) async -> Bool
}

extension TLSServerContext {
    /// Makes handshakes wait for the certificate that `source` has for the name that the client asks for.
    package func awaitCertificates() throws(TLSError) {
        guard let context = unsafe makeContext() else { throw TLSError(.configuration(nil), TLSError.takeReason()) }
        do throws(TLSError) {
            try unsafe policy.apply(to: context)
            try unsafe policy.clientAuthentication?.apply(to: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        // The argument is this object, unretained: a session holds the listener's names, and these hold it.
        unsafe SSL_CTX_set_cert_cb(context, chooseCertificate, Unmanaged.passUnretained(self).toOpaque())
        unsafe put(context)
    }
}

extension TLSSession {
    /// Does the handshake wait for a certificate that is still to be got, or to be read?
    package var waitsForCertificate: Bool {
        unsafe ssl.map { unsafe SSL_want($0) == SSL_X509_LOOKUP || waitsForFile } ?? false
    }

    private var waitsForFile: Bool { unsafe ssl.map { unsafe SSL_want($0) == SSL_CLIENT_HELLO_CB } ?? false }

    /// Why the handshake has failed that waited for one.
    var lackOfCertificate: String {
        "no certificate: it could not be got on demand for \(askedName ?? "no name"), or not in time"
    }

    /// Gets or reads the certificate that the handshake waits for. The next step of the handshake uses it, or
    /// refuses the client if there is none.
    package func obtainCertificate() async {
        if waitsForFile {
            guard let chosen = unsafe wire.pointee.chosen else { return }
            // The names, which this object holds, hold it.
            let context = unsafe Unmanaged<TLSServerContext>.fromOpaque(chosen).takeUnretainedValue()
            unreadable = await context.prepare()
            return
        }
        guard let name = askedName.map(TLSServerNames.normal), let source = names?.site(for: name).source,
            await source.obtain(name)
        else {
            return unsafe SSL_set_cert_cb(ssl, { _, _ in 0 }, nil)
        }
    }
}

/// SSL_CTX_set_cert_cb(3): 1 to go on, 0 to refuse the client, -1 to be asked again.
private func chooseCertificate(_ ssl: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
    guard let ssl = unsafe ssl, let argument = unsafe argument else { return 0 }
    let site = unsafe Unmanaged<TLSServerContext>.fromOpaque(argument).takeUnretainedValue()
    guard let source = site.source, let name = unsafe gh_server_name(ssl).map({ unsafe String(cString: $0) }) else { return 0 }
    guard let found = source.context(for: TLSServerNames.normal(name)) else { return -1 }
    return unsafe found.withContext { unsafe $0 != nil && SSL_set_SSL_CTX(ssl, $0) != nil } ? 1 : 0
}
