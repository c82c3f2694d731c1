import COpenSSL

/// One certificate with its key, ready to serve: an `SSL_CTX` that every worker shares.
/// `@safe`: the pointer is made in `init`, freed in `deinit` and lent to sessions that hold this object.
@safe package final class TLSServerContext: Sendable {
    /// The oldest protocol version that is spoken.
    package enum MinimumVersion: Sendable {
        case tls12, tls13

        var number: Int32 { self == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION }
    }

    /// An SSL_CTX is reference-counted and may be used by several threads once it is set up (SSL_CTX_new(3)). It is set up in
    /// `init` and, a listener's fallback, in `TLSServerNames.init`. Sessions are made of the names alone, so none exists before
    /// both are done.
    nonisolated(unsafe) let context: OpaquePointer
    let minimumVersion: MinimumVersion
    let records: TLSRecords
    /// What is spoken over it, the preferred one first, in ALPN's wire form (RFC 7301 §3.1).
    fileprivate let protocols: [UInt8]

    /// Loads a PEM certificate chain (leaf first) and its PEM key, and checks that they match.
    /// - Parameter protocols: the names of what is spoken over it (RFC 7301 §6), the preferred one first, not empty.
    /// - Throws: `.configuration`, naming the file and the reason.
    package init(
        certificateFile: String, keyFile: String, minimumVersion: MinimumVersion = .tls12, protocols: [String] = ["http/1.1"],
        records: TLSRecords = .own
    ) throws(TLSError) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        unsafe self.context = context
        self.minimumVersion = minimumVersion
        self.records = records
        self.protocols = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        unsafe Self.setUp(context, minimumVersion)
        // The callback's argument is this object, unretained: it is as long there as sessions can be made of it.
        unsafe SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, Unmanaged.passUnretained(self).toOpaque())
        if records == .own { unsafe gh_tell_secrets(context) }
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
            throw TLSError(
                .configuration(.certificate), "cannot read the certificate \(certificateFile): \(TLSError.takeFileReason())")
        }
        // OpenSSL looks already here whether the key is of the certificate.
        guard unsafe SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let reason = TLSError.takeFileReason()
            if reason == "key values mismatch" { throw Self.mismatch(keyFile, certificateFile) }
            throw TLSError(.configuration(.key), "cannot read the key \(keyFile): \(reason)")
        }
        // A key of another kind has a place of its own, without a certificate.
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw Self.mismatch(keyFile, certificateFile)
        }
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    /// Does the certificate name this host (RFC 9525 §6)?
    func isGood(for host: String) -> Bool {
        guard let certificate = unsafe SSL_CTX_get0_certificate(context) else { return false }
        return unsafe X509_check_host(certificate, host, host.utf8.count, Self.strictly, nil) == 1
            || X509_check_ip_asc(certificate, host, 0) == 1
    }

    /// RFC 9525 §6.3: an asterisk stands for a whole label, and a common name is no name.
    private static let strictly = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

    private static func mismatch(_ keyFile: String, _ certificateFile: String) -> TLSError {
        TLSError(.configuration(.key), "the key \(keyFile) does not belong to the certificate \(certificateFile)")
    }

    private static func setUp(_ context: OpaquePointer, _ minimumVersion: MinimumVersion) {
        _ = unsafe gh_set_min_version(context, minimumVersion.number)
        unsafe gh_set_common(context)
        _ = unsafe SSL_CTX_set_num_tickets(context, 1)
        unsafe gh_use_tickets(context)
        // RFC 9325 §4.2: forward secrecy and AEAD only for TLS 1.2.
        _ = unsafe SSL_CTX_set_cipher_list(
            context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL")
        _ = unsafe gh_set_groups(context, "X25519:P-256:P-384")
        // An encrypted key must be an error at start, never a prompt on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context, { _, _, _, _ in -1 })
    }
}

/// RFC 7301 §3.2: a client that offers only protocols unknown here gets the alert no_application_protocol.
private func selectApplicationProtocol(
    _ ssl: OpaquePointer?, _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ selectedLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredLength: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument = unsafe argument else { return SSL_TLSEXT_ERR_NOACK }
    let context = unsafe Unmanaged<TLSServerContext>.fromOpaque(argument).takeUnretainedValue()
    var choice: UnsafeMutablePointer<UInt8>?
    let result = unsafe context.protocols.withUnsafeBufferPointer { ours in
        unsafe SSL_select_next_proto(
            &choice, selectedLength, ours.baseAddress, UInt32(ours.count), offered, offeredLength)
    }
    guard result == OPENSSL_NPN_NEGOTIATED, let offered = unsafe offered, let choice = unsafe choice else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    // The choice points into our list or the client's: hand out the client's bytes, which live as long as OpenSSL needs.
    let length = unsafe Int(selectedLength?.pointee ?? 0)
    guard let inOffer = unsafe find(choice, length, in: offered, Int(offeredLength)) else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    unsafe selected?.pointee = inOffer
    return SSL_TLSEXT_ERR_OK
}

private func find(
    _ name: UnsafeMutablePointer<UInt8>, _ length: Int, in offered: UnsafePointer<UInt8>, _ offeredLength: Int
) -> UnsafePointer<UInt8>? {
    var offset = 0
    while offset < offeredLength {
        let entryLength = unsafe Int(offered[offset])
        guard offset + 1 + entryLength <= offeredLength else { return nil }
        if entryLength == length, (0..<length).allSatisfy({ unsafe offered[offset + 1 + $0] == name[$0] }) {
            return unsafe offered + offset + 1
        }
        offset += 1 + entryLength
    }
    return nil
}
