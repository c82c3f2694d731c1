import COpenSSL
import Glibc

/// One handshake with a server, made to see what comes of it. It blocks its thread, so it is for commands alone.
/// `@safe`: both pointers are made in `init`, freed in `deinit`, and lent to nobody.
@safe package final class TLSProbe {
    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let descriptor: Int32
    /// How long the handshake may take, and an exchange as long again: a server that sends a byte now and then holds nobody up.
    private let timeout: Duration
    private var asksForCertificate = false
    private var session: OpaquePointer?

    /// - Parameters:
    ///   - descriptor: of a connected socket; it stays the caller's, and blocks no more.
    ///   - timeout: that the handshake may take, and an exchange as long again.
    /// - Throws: `.configuration` where a file or a name of the offer is of no use.
    package init(
        _ descriptor: Int32, _ target: ProbeTarget, _ offer: ProbeOffer, timeout: Duration
    ) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        do throws(TLSError) {
            try unsafe Self.set(offer, of: context)
            try unsafe Self.set(target, of: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        guard let ssl = unsafe SSL_new(context) else {
            unsafe SSL_CTX_free(context)
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        unsafe self.context = context
        unsafe self.ssl = ssl
        self.descriptor = descriptor
        self.timeout = timeout
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        unsafe SSL_set_fd(ssl, descriptor)
        name(target.serverName)
        _ = unsafe gh_ask_for_staple(ssl)
        if let session = offer.session { _ = unsafe SSL_set_session(ssl, session.session) }
        // Tickets of TLS 1.3 come behind the handshake. The argument is this object, unretained: the session is freed before it.
        unsafe SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe gh_tell_sessions(context) { ssl, session in
            guard let context = unsafe SSL_get_SSL_CTX(ssl), let object = unsafe SSL_CTX_get_ex_data(context, 0) else { return 0 }
            return unsafe Unmanaged<TLSProbe>.fromOpaque(object).takeUnretainedValue().keep(session) ? 1 : 0
        }
        unsafe SSL_CTX_set_client_cert_cb(context) { ssl, _, _ in
            guard let context = unsafe SSL_get_SSL_CTX(ssl), let object = unsafe SSL_CTX_get_ex_data(context, 0) else { return 0 }
            unsafe Unmanaged<TLSProbe>.fromOpaque(object).takeUnretainedValue().asksForCertificate = true
            return 0
        }
    }

    deinit {
        unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(ssl)
        unsafe SSL_SESSION_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// Makes the handshake, whatever the certificate: `ProbeAnswer.verification` tells of that.
    /// - Throws: `.handshake`, with OpenSSL's reason or the system's.
    package func performHandshake() throws(TLSError) -> ProbeAnswer {
        // Of all that comes: an exchange asks for a head alone.
        unsafe gh_limit_flight(ssl)
        let (result, code) = complete(by: ContinuousClock.now + timeout) { unsafe SSL_connect(ssl) }
        guard result == 1 else {
            if code == ETIMEDOUT { throw TLSError(.handshake, "no answer in time") }
            if ERR_peek_error() != 0 { throw TLSError(.handshake, TLSError.takeReason()) }
            throw code == 0 ? TLSError(.handshake, "the server closed the connection without a word") : TLSError.system(code)
        }
        return answer
    }

    /// Sends a request and reads to the end of the answer, or as long as something comes; for the tickets that come before it.
    package func exchange(_ request: String) {
        defer { ERR_clear_error() }
        let deadline = ContinuousClock.now + timeout
        let bytes = Array(request.utf8)
        var count = 0
        // The bytes are where they were when it is called again (SSL_write(3)).
        guard complete(by: deadline, { unsafe SSL_write_ex(ssl, bytes, bytes.count, &count) }).result == 1 else { return }
        var room = [UInt8](repeating: 0, count: 16_384)
        var total = 0
        while total < Self.maxReadBytes,
            complete(by: deadline, { unsafe SSL_read_ex(ssl, &room, room.count, &count) }).result == 1
        { total += count }
    }

    /// Does what has to wait for the server, again and again, until it is done or the time is over.
    /// - Returns: what the last call has returned, and the system's error behind it; ETIMEDOUT when the time is over.
    private func complete(by deadline: ContinuousClock.Instant, _ step: () -> Int32) -> (result: Int32, code: Int32) {
        ThreadWait.complete(over: descriptor, by: deadline, step) { unsafe SSL_get_error(ssl, $0) }
    }

    /// Bytes of an answer that nobody wants.
    private static let maxReadBytes = 1 << 20

    /// The newest session that can be resumed; nil if the server has given none.
    package func takeSession() -> ProbeSession? {
        if unsafe session == nil, unsafe SSL_version(ssl) < TLS1_3_VERSION, let current = unsafe SSL_get1_session(ssl) {
            if unsafe SSL_SESSION_is_resumable(current) == 1 { return unsafe ProbeSession(owning: current) }
            unsafe SSL_SESSION_free(current)
        }
        guard let taken = unsafe session else { return nil }
        unsafe session = nil
        return unsafe ProbeSession(owning: taken)
    }

    private func keep(_ new: OpaquePointer?) -> Bool {
        guard let new = unsafe new, unsafe SSL_SESSION_is_resumable(new) == 1 else { return false }
        unsafe SSL_SESSION_free(session)
        unsafe session = new
        return true
    }

    private var answer: ProbeAnswer {
        var chosen: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &chosen, &count)
        let name = unsafe String(decoding: UnsafeBufferPointer(start: chosen, count: Int(count)), as: UTF8.self)
        let facts = unsafe TLSFacts(
            version: String(cString: SSL_get_version(ssl)),
            cipher: SSL_get_current_cipher(ssl).map { unsafe String(cString: SSL_CIPHER_get_name($0)) } ?? "-",
            group: TLSFacts.groupName(gh_negotiated_group(ssl)), alpn: name.isEmpty ? nil : name,
            isResumed: SSL_session_reused(ssl) == 1)
        let verdict = unsafe SSL_get_verify_result(ssl)
        let doubt = unsafe verdict == Int(X509_V_OK) ? nil : String(cString: X509_verify_cert_error_string(verdict))
        return ProbeAnswer(
            facts: facts, chain: chain, verification: doubt, faults: doubt == nil ? [] : faults(verdict), staple: staple,
            asksForCertificate: asksForCertificate)
    }

    /// OpenSSL ends at the first fault, and does not tell whose it is: all are asked for once more.
    private func faults(_ verdict: Int) -> [String] {
        var room = [gh_fault](repeating: gh_fault(), count: Self.maxFaults)
        // As many are written as there is room for.
        let count = unsafe gh_server_faults(ssl, &room, Int32(Self.maxFaults))
        var found = Array(room.prefix(max(0, min(Int(count), Self.maxFaults))))
        // Unless memory was out, the one that is known is among them.
        if !found.contains(where: { Int($0.error) == verdict }) {
            found.insert(gh_fault(error: Int32(clamping: verdict), depth: 0), at: 0)
        }
        var seen: Set<String> = []
        return found.map(Self.words).filter { seen.insert($0).inserted }
    }

    /// A chain has ten certificates at most, as a rule three.
    private static let maxFaults = 32

    private static func words(_ fault: gh_fault) -> String {
        let words = unsafe String(cString: X509_verify_cert_error_string(Int(fault.error)))
        // Others' dates would be taken for the server's own.
        let isOfDates = [X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID].contains(fault.error)
        return isOfDates && fault.depth > 0 ? "\(words) (number \(fault.depth + 1) of its chain)" : words
    }

    private var staple: ProbeAnswer.Staple {
        switch unsafe gh_staple_status(ssl) {
        case Int32(GH_STAPLE_NONE): .none
        case Int32(GH_STAPLE_GOOD): .good
        case Int32(GH_STAPLE_REVOKED): .revoked
        case Int32(GH_STAPLE_UNKNOWN): .unknown
        case Int32(GH_STAPLE_OF_ANOTHER): .ofAnother
        case Int32(GH_STAPLE_UNTIMELY): .untimely
        default: .useless
        }
    }

    private var chain: String {
        guard let stack = unsafe SSL_get_peer_cert_chain(ssl) else { return "" }
        // The certificates live as long as the session, and are written out at once.
        let certificates = unsafe (0..<max(0, OPENSSL_sk_num(stack))).compactMap { index in
            unsafe OPENSSL_sk_value(stack, index).map { OpaquePointer($0) }
        }
        return unsafe CertificateChain.pem(of: certificates)
    }

    private func name(_ name: String) {
        if let parsed = unsafe a2i_IPADDRESS(name) {
            unsafe ASN1_OCTET_STRING_free(parsed)
            _ = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name)
        } else {
            unsafe SSL_set_hostflags(ssl, CertificateChain.nameRules)
            _ = unsafe SSL_set1_host(ssl, name)
            _ = unsafe gh_set_server_name(ssl, name)
        }
    }

    private static func set(_ offer: ProbeOffer, of context: OpaquePointer) throws(TLSError) {
        if offer.isPermissive { unsafe SSL_CTX_set_security_level(context, 0) }
        _ = unsafe gh_set_min_version(context, offer.version?.number ?? (offer.isPermissive ? TLS1_VERSION : TLS1_2_VERSION))
        _ = unsafe gh_set_max_version(context, offer.version?.number ?? 0)
        if let suites = offer.suites, unsafe SSL_CTX_set_cipher_list(context, suites) != 1 {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        if let suites = offer.suites13, unsafe SSL_CTX_set_ciphersuites(context, suites) != 1 {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        if let group = offer.group, unsafe gh_set_groups(context, group) != 1 {
            throw TLSError(.configuration(nil), TLSError.takeReason(otherwise: "this OpenSSL does not know the group \(group)"))
        }
        let protocols = offer.protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
        if !protocols.isEmpty { _ = unsafe SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) }
        // The handshake goes on whatever the certificate; SSL_get_verify_result(3) tells.
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        unsafe SSL_CTX_set_default_passwd_cb(context, { _, _, _, _ in -1 })
    }

    private static func set(_ target: ProbeTarget, of context: OpaquePointer) throws(TLSError) {
        if let file = target.caFile {
            guard unsafe NamedAuthorities.use(file, in: context) != nil else {
                throw TLSError(.configuration(.authorities), "cannot read the CA file \(file): \(TLSError.takeFileReason())")
            }
        } else {
            _ = unsafe SSL_CTX_set_default_verify_paths(context)
        }
        guard let certificate = target.clientCertificateFile else { return }
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1,
            unsafe SSL_CTX_use_PrivateKey_file(context, target.clientKeyFile ?? certificate, SSL_FILETYPE_PEM) == 1
        else {
            throw TLSError(
                .configuration(.certificate), "cannot use the client certificate \(certificate): \(TLSError.takeFileReason())")
        }
    }
}

/// What this OpenSSL can offer.
package enum ProbeRange {
    /// Suites of TLS 1.3, by OpenSSL's names.
    package static let suites13 = [
        "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_CCM_8_SHA256",
    ]

    /// Groups by OpenSSL's names, beside IANA's.
    package static let groups = [
        ("X25519MLKEM768", "X25519MLKEM768"), ("X25519", "x25519"), ("P-256", "secp256r1"), ("X448", "x448"),
        ("P-384", "secp384r1"), ("P-521", "secp521r1"), ("ffdhe2048", "ffdhe2048"),
    ]
}
