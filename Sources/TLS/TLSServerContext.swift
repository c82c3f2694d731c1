import COpenSSL
import Synchronization

/// What a site serves TLS with: its certificate and key in an `SSL_CTX` that every worker shares, and how it speaks.
///
/// The certificate can be replaced while clients are served: handshakes that begin from then on show the new one, and neither
/// connections nor handshakes under way notice. There may also be none yet.
/// `@safe`: every SSL_CTX is made here, lent in `withContext` alone, and freed when nobody can be using it any more.
@safe package final class TLSServerContext: Sendable {
    /// The oldest protocol version that is spoken.
    package enum MinimumVersion: Sendable {
        case tls12, tls13

        var number: Int32 { self == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION }
    }

    let minimumVersion: MinimumVersion
    let records: TLSRecords
    /// What is spoken over it, the preferred one first, in ALPN's wire form (RFC 7301 §3.1).
    fileprivate let protocols: [UInt8]

    /// The one that new handshakes use; nil while there is no certificate. It is set up before it stands here, and not changed
    /// afterwards: then several threads may use it (SSL_CTX_new(3)).
    private nonisolated(unsafe) let current = unsafe Atomic<OpaquePointer?>(nil)
    /// How many threads are between looking at `current` and having a reference of their own.
    private let lookers = Atomic<Int>(0)
    /// Those that have been replaced while somebody was looking. Only who replaces comes here.
    private let replaced = Mutex(Replaced())

    /// - Parameter protocols: the names of what is spoken over it (RFC 7301 §6), the preferred one first, not empty.
    package init(
        minimumVersion: MinimumVersion = .tls12, protocols: [String] = ["http/1.1"], records: TLSRecords = .own
    ) {
        self.minimumVersion = minimumVersion
        self.records = records
        self.protocols = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    /// With a certificate: see `replaceCertificate`.
    package convenience init(
        certificateFile: String, keyFile: String, minimumVersion: MinimumVersion = .tls12, protocols: [String] = ["http/1.1"],
        records: TLSRecords = .own
    ) throws(TLSError) {
        self.init(minimumVersion: minimumVersion, protocols: protocols, records: records)
        try replaceCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }

    deinit {
        unsafe SSL_CTX_free(current.load(ordering: .acquiring))
    }

    /// Handshakes that begin from now on show this certificate; those under way and connections stay as they are, and nobody
    /// waits. From any thread; it reads files, so not from a worker's.
    ///
    /// The files are a PEM certificate chain (leaf first) and its PEM key without a passphrase; that they match is checked.
    /// - Throws: `.configuration`, naming the file and the reason; the certificate before stays then.
    package func replaceCertificate(certificateFile: String, keyFile: String) throws(TLSError) {
        guard let context = unsafe makeContext() else { throw TLSError(.configuration(nil), TLSError.takeReason()) }
        do throws(TLSError) {
            try unsafe Self.load(certificateFile, keyFile, into: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe put(context)
    }

    /// There is none from now on: handshakes are refused.
    package func removeCertificate() { unsafe put(nil) }

    /// - Parameter context: is owned from here on.
    private func put(_ context: OpaquePointer?) {
        let old = unsafe UInt(bitPattern: current.exchange(context, ordering: .sequentiallyConsistent))
        replaced.withLock { replaced in
            replaced.contexts.append(old)
            // Who begins to look from here on finds the new one; so if nobody looks now, nobody can have found an older one and
            // not yet taken a reference. Otherwise they wait for the next time.
            guard lookers.load(ordering: .sequentiallyConsistent) == 0 else { return }
            replaced.freeAll()
        }
    }

    /// Lends the context of the present certificate, nil if there is none; a session made of it has a reference of its own. It
    /// never waits.
    func withContext<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
        lookers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { lookers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
        return unsafe body(current.load(ordering: .sequentiallyConsistent))
    }

    /// Has it a certificate at present?
    package var hasCertificate: Bool { unsafe withContext { unsafe $0 != nil } }

    /// Does the certificate name this host (RFC 9525 §6)?
    func isGood(for host: String) -> Bool {
        unsafe withContext { context in
            guard let certificate = unsafe context.flatMap({ unsafe SSL_CTX_get0_certificate($0) }) else { return false }
            return unsafe X509_check_host(certificate, host, host.utf8.count, Self.strictly, nil) == 1
                || X509_check_ip_asc(certificate, host, 0) == 1
        }
    }

    /// RFC 9525 §6.3: an asterisk stands for a whole label, and a common name is no name.
    private static let strictly = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

    /// One of this site's, without a certificate; nil when memory is out. The caller owns it.
    private func makeContext() -> OpaquePointer? {
        guard let context = unsafe Self.make(minimumVersion, records) else { return nil }
        // The callback's argument is this object, unretained: a session holds the names, and these hold it.
        unsafe SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, Unmanaged.passUnretained(self).toOpaque())
        return unsafe context
    }

    /// What every site's and every listener's has; nil when memory is out. The caller owns it.
    static func make(_ minimumVersion: MinimumVersion, _ records: TLSRecords) -> OpaquePointer? {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { return nil }
        _ = unsafe gh_set_min_version(context, minimumVersion.number)
        unsafe gh_set_common(context)
        _ = unsafe SSL_CTX_set_num_tickets(context, 1)
        unsafe gh_use_tickets(context)
        unsafe gh_keep_offers(context)
        // RFC 9325 §4.2: forward secrecy and AEAD only for TLS 1.2.
        _ = unsafe SSL_CTX_set_cipher_list(
            context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL")
        _ = unsafe gh_set_groups(context, "X25519:P-256:P-384")
        // An encrypted key must be an error at start, never a prompt on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context, { _, _, _, _ in -1 })
        if records == .own { unsafe gh_tell_secrets(context) } else { unsafe gh_tell_keys(context) }
        return unsafe context
    }

    private static func load(_ certificateFile: String, _ keyFile: String, into context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
            throw TLSError(
                .configuration(.certificate), "cannot read the certificate \(certificateFile): \(TLSError.takeFileReason())")
        }
        // OpenSSL looks already here whether the key is of the certificate.
        guard unsafe SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let reason = TLSError.takeFileReason()
            if reason == "key values mismatch" { throw mismatch(keyFile, certificateFile) }
            throw TLSError(.configuration(.key), "cannot read the key \(keyFile): \(reason)")
        }
        // A key of another kind has a place of its own, without a certificate.
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw mismatch(keyFile, certificateFile)
        }
    }

    private static func mismatch(_ keyFile: String, _ certificateFile: String) -> TLSError {
        TLSError(.configuration(.key), "the key \(keyFile) does not belong to the certificate \(certificateFile)")
    }
}

/// Contexts that are used no more, but for the sessions that have a reference.
/// `@safe`: it owns them, and frees each once.
@safe private struct Replaced: ~Copyable {
    /// Their addresses; 0 for none.
    var contexts: [UInt] = []

    mutating func freeAll() {
        for context in contexts { unsafe SSL_CTX_free(OpaquePointer(bitPattern: context)) }
        contexts = []
    }

    deinit {
        for context in contexts { unsafe SSL_CTX_free(OpaquePointer(bitPattern: context)) }
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
