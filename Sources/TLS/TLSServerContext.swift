import COpenSSL
import Synchronization

/// What a site serves TLS with: its certificate and key in an `SSL_CTX` that all workers share, and its TLS policy.
///
/// The certificate can be replaced while clients are served: handshakes that begin from then on show the new one, and neither
/// connections nor handshakes under way notice. There may also be none yet.
/// `@safe`: every SSL_CTX is made here, lent in `withContext` alone, and freed when nobody can be using it any more.
@safe package final class TLSServerContext: Sendable {
    package let policy: TLSPolicy
    /// What is spoken over it, the preferred one first, in ALPN's wire form (RFC 7301 §3.1).
    fileprivate let protocols: [UInt8]
    /// Where its handshakes find certificates of names that are not known before; nil: it has its own.
    let source: (any CertificateSource)?
    /// Where its certificate is while it is not in memory; nil: it is there always.
    package let stored: StoredCertificate?

    /// The one that new handshakes use; nil while there is no certificate. It is set up before it stands here, and not changed
    /// afterwards: then several threads may use it (SSL_CTX_new(3)).
    private nonisolated(unsafe) let current = unsafe Atomic<OpaquePointer?>(nil)
    /// How many threads are between looking at `current` and having a reference of their own.
    private let lookers = Atomic<Int>(0)
    /// Contexts that were replaced while a handshake was looking, to be freed later. Only a replacement takes this lock.
    private let replaced = Mutex(Replaced())
    /// The certificates in use as they were read, until the first handshake needs a context; nil once `current` has them.
    private let kept = Mutex<KeptCertificates?>(nil)
    /// Has `kept` ever had any? It stays true once `current` has them: a handshake that found nothing there a moment before
    /// waits, and then finds them.
    private let hasKept = Atomic<Bool>(false)
    /// The OCSP staples of the certificates in use.
    private let stapled = Mutex<[OCSPStaple]>([])

    /// - Parameters:
    ///   - source: of certificates that it shows in place of its own; see `awaitCertificates()`.
    ///   - stored: its certificate, which is read when a handshake needs it.
    package init(
        _ policy: TLSPolicy = TLSPolicy(), source: (any CertificateSource)? = nil, stored: StoredCertificate? = nil
    ) {
        self.policy = policy
        self.source = source
        self.stored = stored
        protocols = policy.selectableProtocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    /// Makes a context that shows a certificate: see `replaceCertificate`.
    package convenience init(
        certificateFile: String, keyFile: String, _ policy: TLSPolicy = TLSPolicy()
    ) throws(TLSError) {
        self.init(policy)
        try replaceCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }

    deinit {
        unsafe SSL_CTX_free(current.load(ordering: .acquiring))
    }

    /// Handshakes that begin from now on show this certificate; those under way and connections stay as they are, and nobody
    /// waits. From any thread; it reads files, so not from a worker's.
    ///
    /// - Parameters:
    ///   - files: at least one; of several the client's signature algorithms choose. That each key belongs to its certificate is
    ///     checked.
    ///   - isShown: if not, it is only tried whether they can be used.
    /// - Throws: `.configuration`, naming the file and the reason; the certificates before stay then.
    package func replaceCertificates(_ files: [CertificateFiles], isShown: Bool = true) throws(TLSError) {
        guard let context = unsafe makeContext() else { throw TLSError(.configuration(nil), TLSError.takeReason()) }
        var staples: [OCSPStaple] = []
        do throws(TLSError) {
            try unsafe policy.apply(to: context)
            try unsafe policy.clientAuthentication?.apply(to: context)
            staples = try unsafe Self.load(files, into: context, policy.stapling)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        guard isShown else { return unsafe SSL_CTX_free(context) }
        kept.withLock { kept in
            kept = nil
            stapled.withLock { $0 = staples }
            unsafe put(context)
        }
    }

    /// Shows certificates that are known to be usable; the first handshake makes their SSL_CTX, and waits a little for it.
    package func replaceCertificates(_ certificates: KeptCertificates) {
        kept.withLock { kept in
            kept = certificates
            hasKept.store(true, ordering: .releasing)
            stapled.withLock { $0 = [] }
            unsafe put(nil)
        }
    }

    /// May its certificate be put into memory for a handshake that finds none there? See `prepare`.
    var mayPrepare: Bool { stored?.mayBeRead == true || hasKept.load(ordering: .acquiring) }

    /// Puts a handshake's certificate into memory, if it waits for that.
    /// - Returns: nil, or why it cannot be used.
    func prepare() async -> String? {
        if let stored { return await stored.load(into: self) }
        // A task of its own, since the caller's has a worker's thread, which other connections wait for.
        return await Task.detached { self.useKept() }.value
    }

    func useKept() -> String? {
        kept.withLock { kept in
            guard let certificates = kept else { return nil }
            kept = nil
            do throws(TLSError) {
                unsafe put(try makeContext(with: certificates))
                return nil
            } catch {
                hasKept.store(false, ordering: .releasing)
                return error.reason
            }
        }
    }

    private func makeContext(with certificates: KeptCertificates) throws(TLSError) -> OpaquePointer {
        guard let context = unsafe makeContext() else { throw TLSError(.configuration(nil), TLSError.takeReason()) }
        do throws(TLSError) {
            try unsafe policy.apply(to: context)
            for certificate in certificates.kept { try unsafe certificate.load(into: context) }
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        return unsafe context
    }

    /// The certificates in use that are shown with an OCSP answer, or are to be when there is one.
    package var staples: [OCSPStaple] { stapled.withLock { $0 } }

    /// Shows one certificate, whose files are PEM, the key without a passphrase.
    package func replaceCertificate(certificateFile: String, keyFile: String, isShown: Bool = true) throws(TLSError) {
        try replaceCertificates([CertificateFiles(certificate: certificateFile, key: keyFile)], isShown: isShown)
    }

    /// OpenSSL keeps one of each kind of key: another one would take its place.
    private static func load(
        _ files: [CertificateFiles], into context: OpaquePointer, _ stapling: StaplingPolicy?
    ) throws(TLSError) -> [OCSPStaple] {
        var kinds: [String: String] = [:]
        var staples: [OCSPStaple] = []
        for (number, pair) in files.enumerated() {
            do throws(TLSError) {
                try unsafe pair.load(into: context)
            } catch {
                throw error.ofCertificate(number)
            }
            if let stapling, let staple = unsafe OCSPStaple(stapling, of: context, file: pair.certificate) {
                staples.append(staple)
            }
            guard let key = unsafe SSL_CTX_get0_privatekey(context), let name = unsafe EVP_PKEY_get0_type_name(key) else {
                continue
            }
            let kind = unsafe String(cString: name)
            if let first = kinds.updateValue(pair.certificate, forKey: kind) {
                throw TLSError(
                    .configuration(.certificate), "\(pair.certificate) is of the same kind as \(first): \(kind)"
                ).ofCertificate(number)
            }
        }
        return staples
    }

    /// Takes the certificate away: handshakes are refused until there is another one.
    package func removeCertificate() {
        kept.withLock { kept in
            hasKept.store(false, ordering: .releasing)
            kept = nil
            stapled.withLock { $0 = [] }
            unsafe put(nil)
        }
    }

    /// - Parameter context: is owned from here on.
    func put(_ context: OpaquePointer?) {
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

    /// Has it a certificate at present, in memory or in its file?
    package var hasCertificate: Bool { stored?.isThere == true || hasKept.load(ordering: .acquiring) || isInMemory }

    var isInMemory: Bool { unsafe withContext { unsafe $0 != nil } }

    /// Is it this certificate that is in memory?
    package func shows(_ chain: CertificateChain) -> Bool {
        unsafe withContext { context in
            guard let certificate = unsafe context.flatMap({ unsafe SSL_CTX_get0_certificate($0) }) else { return false }
            return unsafe X509_cmp(certificate, chain.leaf) == 0
        }
    }

    /// Does the certificate name this host (RFC 9525 §6)?
    func isGood(for host: String) -> Bool {
        unsafe withContext { context in
            guard let certificate = unsafe context.flatMap({ unsafe SSL_CTX_get0_certificate($0) }) else { return false }
            return unsafe X509_check_host(certificate, host, host.utf8.count, CertificateChain.nameRules, nil) == 1
                || X509_check_ip_asc(certificate, host, 0) == 1
        }
    }

    /// One of this site's, without a certificate; nil when memory is out. The caller owns it.
    func makeContext() -> OpaquePointer? {
        guard let context = unsafe Self.make(policy.records) else { return nil }
        // The callback's argument is this object, unretained: a session holds the names, and these hold it.
        unsafe SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, Unmanaged.passUnretained(self).toOpaque())
        return unsafe context
    }

    /// Looks whether clients' certificates can be verified as a policy says, where no certificate of the site's is read now.
    /// - Throws: `.configuration`, naming the file.
    package static func checkClientAuthentication(of policy: TLSPolicy) throws(TLSError) {
        guard let clients = policy.clientAuthentication else { return }
        guard let context = unsafe make(policy.records) else { throw TLSError(.configuration(nil), TLSError.takeReason()) }
        defer { unsafe SSL_CTX_free(context) }
        try unsafe clients.apply(to: context)
    }

    /// Makes a context with what every site's and every listener's has; nil when memory is out. The caller owns it.
    static func make(_ records: TLSRecords) -> OpaquePointer? {
        guard let context = unsafe gh_new_context(TLS_server_method(), records == .own ? 1 : 0) else { return nil }
        unsafe gh_set_common(context)
        _ = unsafe SSL_CTX_set_num_tickets(context, 1)
        unsafe gh_use_tickets(context)
        unsafe gh_set_longest_chain(context, maxChainBytes)
        // Also a site's own: OpenSSL asks that one about a second hello.
        unsafe SSL_CTX_set_client_hello_cb(context, chooseSite, nil)
        // An encrypted key must be an error at start, never a prompt on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context, { _, _, _, _ in -1 })
        if records != .own { unsafe gh_keep_hellos(context) }
        return unsafe context
    }

    /// Bytes of the certificates that a client may show.
    private static let maxChainBytes = 1 << 16
}

/// Contexts that are used no more, but for the sessions that have a reference.
/// `@safe`: it owns them, and frees each once.
@safe private struct Replaced: ~Copyable {
    /// The addresses of the SSL_CTX that were replaced; 0 for none.
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
