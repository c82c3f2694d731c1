import COpenSSL

/// How one upstream is spoken to over TLS: whom to trust, which name to ask for and to check, and our own certificate.
///
/// Not shared between workers: each keeps the upstream's newest tickets for resumption without a lock.
/// `@safe`: both pointers are owned here and freed in `deinit`; sessions hold this object.
@safe package final class TLSClientContext {
    /// What the configuration says of an upstream's TLS.
    package struct Settings: Sendable, Equatable {
        /// The name for SNI and for the certificate check: a host name or an IP address without brackets.
        package var serverName: String
        /// PEM file with the CAs to trust; nil for the system's.
        package var caFile: String?
        /// PEM file with revocation lists of all authorities in the server's chain; nil: nothing is revoked.
        package var crlFile: String?
        package var clientCertificateFile: String?
        package var clientKeyFile: String?
        /// False accepts any certificate: only ever an explicit choice.
        package var verifies: Bool
        package var minimumVersion = TLSVersion.tls12
        /// Cipher suites by OpenSSL's names, of all versions; nil: OpenSSL's own choice.
        package var suites: [String]?
        /// SHA-256 of public keys (RFC 7469 §2.4), one of which the server's chain must have; empty: any.
        package var pins: [[UInt8]] = []
        package var records: TLSRecords
        /// What is spoken over it, the preferred one first, for ALPN (RFC 7301).
        package var protocols = ["http/1.1"]

        package init(
            serverName: String, caFile: String? = nil, clientCertificateFile: String? = nil,
            clientKeyFile: String? = nil, verifies: Bool = true, records: TLSRecords = .own
        ) {
            self.serverName = serverName
            self.caFile = caFile
            self.clientCertificateFile = clientCertificateFile
            self.clientKeyFile = clientKeyFile
            self.verifies = verifies
            self.records = records
        }
    }

    let context: OpaquePointer
    package let settings: Settings
    let isAddress: Bool
    /// The newest last.
    private var sessions: [OpaquePointer] = unsafe []
    /// A server gives two with each connection, as a rule, and a connection takes one.
    private static let maxSessions = 8

    /// - Throws: `.configuration` when a file cannot be used, naming it.
    package init(_ settings: Settings) throws(TLSError) {
        guard let context = unsafe gh_new_context(TLS_client_method(), settings.records == .own ? 1 : 0) else {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        unsafe self.context = context
        self.settings = settings
        isAddress = Self.isAddress(settings.serverName)
        _ = unsafe gh_set_min_version(context, settings.minimumVersion.number)
        unsafe gh_set_common(context)
        unsafe SSL_CTX_set_default_passwd_cb(context, { _, _, _, _ in -1 })
        // RFC 7301 §3.1: each with its length before it.
        let protocols = settings.protocols.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) }
        _ = unsafe SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count))
        unsafe gh_verify_servers(context, settings.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE)
        // SSL_CTX_sess_set_new_cb(3): told of each ticket when it comes, also on a connection that is closed after one answer.
        // The argument is this object, unretained: every session that uses the context holds the object too.
        unsafe SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe gh_tell_sessions(context) { ssl, session in
            guard let context = unsafe SSL_get_SSL_CTX(ssl), let object = unsafe SSL_CTX_get_ex_data(context, 0) else { return 0 }
            return unsafe Unmanaged<TLSClientContext>.fromOpaque(object).takeUnretainedValue().keep(session) ? 1 : 0
        }
        if let suites = settings.suites { try unsafe TLSPolicy.use(suites, in: context) }
        try loadTrust()
        try loadCertificate()
    }

    /// A server has turned out not to be the one: none of its sessions is resumed.
    func forgetSessions() {
        unsafe sessions.forEach { unsafe SSL_SESSION_free($0) }
        unsafe sessions = unsafe []
    }

    deinit {
        unsafe sessions.forEach { unsafe SSL_SESSION_free($0) }
        unsafe SSL_CTX_free(context)
    }

    /// Prepares a new session object: name, check, and the session to resume.
    func prepare(_ ssl: OpaquePointer) {
        if settings.verifies {
            let parameters = unsafe SSL_get0_param(ssl)
            if isAddress {
                _ = unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, settings.serverName)
            } else {
                unsafe SSL_set_hostflags(ssl, CertificateChain.nameRules)
                _ = unsafe SSL_set1_host(ssl, settings.serverName)
            }
        }
        // RFC 6066 §3: literal addresses are not permitted in SNI.
        if !isAddress { _ = unsafe gh_set_server_name(ssl, settings.serverName) }
        unsafe resume(ssl)
    }

    /// RFC 8446 §C.4: a ticket is for one connection, since who sees it twice knows that both are of one client. TLS 1.2 has no
    /// others: its session is kept.
    private func resume(_ ssl: OpaquePointer) {
        while let session = unsafe sessions.popLast() {
            if unsafe SSL_SESSION_is_resumable(session) == 1 { return unsafe resume(session, with: ssl) }
            unsafe SSL_SESSION_free(session)
        }
    }

    private func resume(_ session: OpaquePointer, with ssl: OpaquePointer) {
        _ = unsafe SSL_set_session(ssl, session)
        if unsafe SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION {
            unsafe sessions.append(session)
        } else {
            unsafe SSL_SESSION_free(session)
        }
    }

    /// Takes over a session that a server has given. False if it is of no use.
    private func keep(_ session: OpaquePointer?) -> Bool {
        guard let session = unsafe session, unsafe SSL_SESSION_is_resumable(session) == 1 else { return false }
        if unsafe sessions.count == Self.maxSessions { unsafe SSL_SESSION_free(sessions.removeFirst()) }
        unsafe sessions.append(session)
        return true
    }

    private func loadTrust() throws(TLSError) {
        ERR_clear_error()
        guard settings.verifies else { return }
        if let crlFile = settings.crlFile { try unsafe RevocationList.use(crlFile, in: context) }
        guard let caFile = settings.caFile else {
            _ = unsafe SSL_CTX_set_default_verify_paths(context)
            return
        }
        try RegularFile.check([(caFile, .authorities)])
        guard unsafe NamedAuthorities.use(caFile, in: context, checksRevocation: settings.crlFile != nil) != nil else {
            throw TLSError(.configuration(.authorities), "cannot read the CA file \(caFile): \(TLSError.takeFileReason())")
        }
    }

    private func loadCertificate() throws(TLSError) {
        guard let certificate = settings.clientCertificateFile else { return }
        let key = settings.clientKeyFile ?? certificate
        ERR_clear_error()
        try RegularFile.check([(certificate, .certificate), (key, .key)])
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw TLSError(
                .configuration(.certificate), "cannot read the client certificate \(certificate): \(TLSError.takeFileReason())")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1,
            unsafe SSL_CTX_check_private_key(context) == 1
        else {
            throw TLSError(.configuration(.key), "cannot use the client key \(key): \(TLSError.takeFileReason())")
        }
    }

    private static func isAddress(_ name: String) -> Bool {
        guard let parsed = unsafe a2i_IPADDRESS(name) else { return false }
        unsafe ASN1_OCTET_STRING_free(parsed)
        return true
    }
}
