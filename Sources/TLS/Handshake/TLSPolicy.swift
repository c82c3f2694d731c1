import COpenSSL

/// A version of TLS.
package enum TLSVersion: Sendable, Comparable {
    case tls12, tls13

    var number: Int32 { self == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION }
}

/// How a site speaks TLS, beside its certificate.
package struct TLSPolicy: Sendable, Hashable {
    package var minimumVersion = TLSVersion.tls12
    package var maximumVersion = TLSVersion.tls13
    /// What is spoken over it, by the names of RFC 7301 §6; the preferred one first. Not empty.
    package var protocols = ["http/1.1"]
    /// Cipher suites by OpenSSL's names, of all versions, the preferred one first; nil: those of RFC 9325 §4.2.
    package var suites: [String]?
    /// Groups for the key exchange by OpenSSL's names; nil: ``defaultGroups``. TLS 1.2 takes the first that the client has; TLS
    /// 1.3 does so where the client brings a key of none of them.
    package var groups: [String]?
    /// Does the client's order of suites count, and not ours?
    package var prefersClientsOrder = false
    /// What is asked of clients' certificates; nil: none is asked for.
    package var clientAuthentication: ClientAuthentication?
    package var records = TLSRecords.own
    /// Which certificates are shown with an OCSP answer; nil: none.
    package var stapling: StaplingPolicy?

    package init() {}

    /// `protocols`, and what else names one of them: curl offers `http/1.0` alone where it is to speak that version
    /// (`--http1.0`), which is served as HTTP/1.1 is.
    var selectableProtocols: [String] { protocols.contains("http/1.1") ? protocols + ["http/1.0"] : protocols }

    /// What is offered where nothing is written. The first is post-quantum, from OpenSSL 3.5 on.
    static let defaultGroups = (has(group: "X25519MLKEM768") ? "X25519MLKEM768:" : "") + "X25519:P-256:P-384"
    /// RFC 9325 §4.2: forward secrecy and AEAD only for TLS 1.2.
    private static let defaultSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL"

    /// The groups in the form of SSL_CTX_set1_groups_list(3).
    var groupList: String { groups?.joined(separator: ":") ?? Self.defaultGroups }

    /// Suites of TLS 1.3 are named alike everywhere (RFC 8446 §B.4).
    private static func isOfTLS13(_ suite: String) -> Bool { suite.hasPrefix("TLS_") }

    /// Gives an SSL_CTX that nobody uses yet what it says of versions, suites and groups.
    /// - Throws: `.configuration(nil)` where this OpenSSL does not know one of them.
    func apply(to context: OpaquePointer) throws(TLSError) {
        _ = unsafe gh_set_min_version(context, minimumVersion.number)
        _ = unsafe gh_set_max_version(context, maximumVersion.number)
        if prefersClientsOrder { unsafe gh_follow_clients_order(context) }
        try unsafe Self.use(suites ?? [], in: context)
        guard unsafe gh_set_groups(context, groupList) == 1 else {
            throw TLSError(.configuration(nil), "no such groups: \(groupList)")
        }
        ERR_clear_error()
    }

    /// Gives an SSL_CTX that nobody uses yet its suites; of a version of which there is none on the list, the default ones.
    static func use(_ suites: [String], in context: OpaquePointer) throws(TLSError) {
        let newer = suites.filter(isOfTLS13)
        if !newer.isEmpty, unsafe SSL_CTX_set_ciphersuites(context, newer.joined(separator: ":")) != 1 {
            throw TLSError(.configuration(nil), "no such cipher suites of TLS 1.3: \(newer.joined(separator: ", "))")
        }
        let older = suites.filter { !isOfTLS13($0) }
        let list = older.isEmpty ? defaultSuites : older.joined(separator: ":")
        guard unsafe SSL_CTX_set_cipher_list(context, list) == 1 else {
            throw TLSError(.configuration(nil), "no such cipher suites: \(list)")
        }
    }

    // MARK: What this OpenSSL has

    /// Does this OpenSSL have the suite, by its name?
    package static func has(suite: String) -> Bool {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { return false }
        defer {
            unsafe SSL_CTX_free(context)
            ERR_clear_error()
        }
        if isOfTLS13(suite) { return unsafe SSL_CTX_set_ciphersuites(context, suite) == 1 }
        // A list of one that is unknown leaves none, which is an error; a word that stands for several is no name.
        guard unsafe SSL_CTX_set_cipher_list(context, suite) == 1, let list = unsafe SSL_CTX_get_ciphers(context)
        else { return false }
        return unsafe (0..<max(0, OPENSSL_sk_num(list))).contains { index in
            guard let cipher = unsafe OPENSSL_sk_value(list, index) else { return false }
            return unsafe String(cString: SSL_CIPHER_get_name(OpaquePointer(cipher))) == suite
        }
    }

    /// Does this OpenSSL have the group, by its name?
    package static func has(group: String) -> Bool {
        guard !group.isEmpty, !group.contains(":"), let context = unsafe SSL_CTX_new(TLS_server_method()) else { return false }
        defer {
            unsafe SSL_CTX_free(context)
            ERR_clear_error()
        }
        return unsafe gh_set_groups(context, group) == 1
    }
}

/// What a site asks of its clients' certificates. One object is of one site's configuration; two are the same that say the same.
package final class ClientAuthentication: Sendable, Hashable {
    /// Is a client without a certificate refused in the handshake?
    package let isRequired: Bool
    /// PEM with the authorities that clients' certificates may lead to.
    package let caFile: String
    /// PEM with the revocation lists of all these authorities, and of those between; nil: nothing is asked about revocation.
    package let crlFile: String?
    /// How many certificates may stand between a client's and an authority of `caFile`.
    package let depth: Int

    package init(isRequired: Bool, caFile: String, crlFile: String?, depth: Int) {
        self.isRequired = isRequired
        self.caFile = caFile
        self.crlFile = crlFile
        self.depth = depth
    }

    package static func == (left: ClientAuthentication, right: ClientAuthentication) -> Bool {
        left === right
            || (left.isRequired, left.caFile, left.crlFile, left.depth)
                == (right.isRequired, right.caFile, right.crlFile, right.depth)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(caFile) }

    /// Does a client that was asked so have all that the other asks for? Where one is required, none may be missing.
    func isAtLeast(_ other: ClientAuthentication?) -> Bool {
        guard let other else { return false }
        return (caFile, crlFile, depth) == (other.caFile, other.crlFile, other.depth) && (isRequired || !other.isRequired)
    }

    /// Makes an SSL_CTX that nobody uses yet ask for a client certificate.
    /// - Throws: `.configuration`, naming the file.
    func apply(to context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        try RegularFile.check([(caFile, .clientAuthorities)])
        guard
            let found = unsafe NamedAuthorities.use(caFile, in: context, checksRevocation: crlFile != nil, asksClients: true)
        else {
            throw unusable(TLSError.takeFileReason())
        }
        // OpenSSL loads them, and asks none of them: whoever has put them there would believe that it does.
        if crlFile == nil, found.lists > 0 {
            throw TLSError(
                .configuration(.strayRevocations),
                "\(caFile) holds revocation lists, too, and clients' certificates would not be verified by them")
        }
        if let crlFile { try unsafe RevocationList.use(crlFile, in: context) }
        let ifNone = isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | ifNone, nil)
        unsafe SSL_CTX_set_verify_depth(context, Int32(clamping: depth))
        // A session is resumed only where the same is asked: OpenSSL compares this before it resumes one.
        let digest = sha256(Array("\(isRequired)\u{0}\(caFile)\u{0}\(crlFile ?? "")\u{0}\(depth)".utf8))
        _ = unsafe SSL_CTX_set_session_id_context(context, digest, UInt32(digest.count))
        ERR_clear_error()
    }

    /// What is wrong with the authorities' file.
    /// - Parameter reason: OpenSSL's.
    private func unusable(_ reason: String) -> TLSError {
        // PEM can be read there, and is of another kind: most likely the two files were taken for one another.
        guard reason == TLSError.nothingFound, !RevocationList.all(in: caFile).isEmpty else {
            return TLSError(.configuration(.clientAuthorities), "cannot read the clients' authorities \(caFile): \(reason)")
        }
        return TLSError(
            .configuration(crlFile == nil ? .strayRevocations : .clientAuthorities),
            "\(caFile) holds revocation lists, and no certificate of an authority by which clients' would be verified")
    }
}
