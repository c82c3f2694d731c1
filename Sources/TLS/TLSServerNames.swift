import COpenSSL

/// The certificates of one TLS listener by server name (SNI, RFC 6066 §3): exact names first, then `*.` wildcards, which stand
/// for exactly one label, then the default site's.
/// `@safe`: the context is made in `init`, freed in `deinit` and lent to sessions that hold this object.
@safe package final class TLSServerNames: Sendable {
    private let exact: [String: TLSServerContext]
    /// The sites of names with an asterisk, by what follows it, with its dot: ".example.com".
    private let wildcards: [String: TLSServerContext]
    let fallback: TLSServerContext
    /// What ACME authorities are shown; nil: none of its names is proved in handshakes.
    private let challenges: ChallengeCertificates?
    /// Is a client refused that asks for no name, or for one that nobody has?
    let isStrict: Bool
    /// What its sessions are made of, before a name is known: it has no certificate, and the callback chooses one. Set up in
    /// `init`, and then not changed: so any thread may make sessions of it (SSL_CTX_new(3)); nil if memory was out.
    nonisolated(unsafe) let context: OpaquePointer?
    /// Do its sessions have the default site's key exchange groups from the start? Parsing a list costs more than a look-up.
    private let hasGroups: Bool
    /// One set of ticket keys for all sites of the listener: OpenSSL looks a ticket up before it knows the name.
    package let tickets: TicketKeys
    /// Who protects the records of this listener's connections.
    package var records: TLSRecords { fallback.policy.records }

    /// - Parameters:
    ///   - contexts: lower-case names, wildcards as "*.example.com".
    ///   - fallback: for a client that sends no name, or one that nobody has.
    ///   - challenges: for ACME's `acme-tls/1`.
    ///   - isStrict: is a client refused that asks for no name, or for one that nobody has?
    ///   - tickets: of the listener as it was before.
    package init(
        _ contexts: [String: TLSServerContext], fallback: TLSServerContext, challenges: ChallengeCertificates? = nil,
        isStrict: Bool = false, tickets: TicketKeys = TicketKeys()
    ) {
        self.challenges = challenges
        exact = contexts.filter { !$0.key.hasPrefix("*.") }
        wildcards = Dictionary(
            uniqueKeysWithValues: contexts.filter { $0.key.hasPrefix("*.") }.map { (String($0.key.dropFirst()), $0.value) })
        self.fallback = fallback
        self.tickets = tickets
        self.isStrict = isStrict
        unsafe context = TLSServerContext.make(fallback.policy.records)
        hasGroups = unsafe context.map { unsafe gh_set_groups($0, fallback.policy.groupList) == 1 } ?? false
        guard let context = unsafe context else { return }
        unsafe gh_on_server_name(context, sayWhetherNamed)
        unsafe gh_check_resumed(context)
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    /// What a client's name means: lower case, and without the dot of the root, which RFC 6066 §3 does not want there.
    static func normal(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    /// May a request for `host` come over a connection whose client asked for `name`? Only if the certificate it was shown is
    /// good for the host, and the host's own site would have taken the connection (RFC 9113 §9.1.1).
    /// - Parameters:
    ///   - host: lower case, without port.
    ///   - name: as in `TLSSession.serverName`.
    package func mayServe(_ host: String, overConnectionTo name: String) -> Bool {
        let shown = context(for: name) ?? fallback
        let own = context(for: host) ?? fallback
        if own === shown { return true }
        let isAsked = own.policy.clientAuthentication.map { shown.policy.clientAuthentication?.isAtLeast($0) == true } ?? true
        return own.policy.minimumVersion == shown.policy.minimumVersion
            && own.policy.maximumVersion == shown.policy.maximumVersion && isAsked && shown.isGood(for: host)
    }

    /// Would the host's site have taken the connection? A client that asks for nobody by SNI meets the default site's limits, and
    /// may be below those of the host that it then names; and after a reload a site may ask for more than it did before.
    /// - Parameter host: lower case, without port.
    package func takes(_ host: String, over session: TLSSession) -> Bool {
        let own = (context(for: host) ?? fallback).policy
        let version = session.version == "TLSv1.3" ? TLSVersion.tls13 : .tls12
        guard own.minimumVersion <= version else { return false }
        guard let asked = own.clientAuthentication else { return true }
        return session.clientAuthentication?.isAtLeast(asked) == true
    }

    /// The site's context that handshakes for this name use; the fallback's if no site has the name.
    func site(for name: String) -> TLSServerContext { context(for: name) ?? fallback }

    fileprivate var hasChallenges: Bool { challenges != nil }

    func challenge(for name: String) -> TLSServerContext? { challenges?.context(for: Self.normal(name)) }

    func context(for name: String) -> TLSServerContext? {
        let name = Self.normal(name)
        if let context = exact[name] { return context }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return wildcards[String(name[dot...])]
    }
}

/// Why a hello is refused before anything is agreed on.
enum HelloRefusal: UInt8 {
    /// The site has no certificate yet.
    case noCertificate = 1
    /// Nobody has proved this name to an ACME authority.
    case noChallenge
    /// The listener is strict, and nobody has the name, or none is asked for.
    case unknownName
    /// A second hello asks for another name than the first.
    case changedName
    case outOfMemory

    /// RFC 6066 §3, RFC 8737 §3, RFC 8446 §4.1.2.
    fileprivate var alert: Int32 {
        switch self {
        case .noCertificate, .unknownName: SSL_AD_UNRECOGNIZED_NAME
        case .noChallenge: SSL_AD_NO_APPLICATION_PROTOCOL
        case .changedName: SSL_AD_ILLEGAL_PARAMETER
        case .outOfMemory: SSL_AD_INTERNAL_ERROR
        }
    }
}

/// SSL_CTX_set_client_hello_cb(3): chooses the site before OpenSSL looks at versions, suites or tickets, so that the site's own
/// limits hold for all of these.
func chooseSite(_ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard let ssl = unsafe ssl, let wire = unsafe gh_wire_of(ssl), let pointer = unsafe wire.pointee.names else {
        return SSL_CLIENT_HELLO_ERROR
    }
    // The session that this is a callback of holds the names.
    let names = unsafe Unmanaged<TLSServerNames>.fromOpaque(pointer).takeUnretainedValue()
    switch unsafe names.choose(for: ssl, wire) {
    case .chosen: return SSL_CLIENT_HELLO_SUCCESS
    // SSL_do_handshake(3) returns, and asks again the next time.
    case .wait: return SSL_CLIENT_HELLO_RETRY
    case .refused(let refusal):
        unsafe wire.pointee.refusal = refusal.rawValue
        unsafe alert?.pointee = refusal.alert
        return SSL_CLIENT_HELLO_ERROR
    }
}

/// What becomes of a hello.
private enum HelloChoice {
    case chosen
    /// Its certificate is still to be read: see `TLSSession.waitsForCertificate`.
    case wait
    case refused(HelloRefusal)
}

extension TLSServerNames {
    fileprivate func choose(for ssl: OpaquePointer, _ wire: UnsafeMutablePointer<gh_wire>) -> HelloChoice {
        // Filled by the call, with a zero behind it.
        var letters = [CChar](repeating: 0, count: Int(GH_LONGEST_NAME))
        let length = unsafe gh_hello_name(ssl, &letters)
        guard unsafe gh_hello_is_same(ssl, letters) == 1 else { return .refused(.changedName) }
        let name = length == 0 ? nil : String(decoding: letters.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let isChallenge = unsafe gh_is_challenge(ssl) == 1 && hasChallenges
        // RFC 8737 §3: nobody else's certificate is shown to it; without one, it is told that nobody speaks its protocol.
        let named = isChallenge ? name.flatMap { challenge(for: $0) } : name.flatMap { context(for: $0) }
        if isChallenge, named == nil { return .refused(.noChallenge) }
        if named == nil, isStrict { return .refused(.unknownName) }
        let chosen = named ?? fallback
        unsafe wire.pointee.is_named = named == nil ? 0 : 1
        unsafe wire.pointee.chosen = UnsafeRawPointer(Unmanaged.passUnretained(chosen).toOpaque())
        var shown = chosen
        if !isChallenge, let source = chosen.source {
            guard let name else { return .refused(.noCertificate) }
            // One that is there already need not be waited for.
            shown = source.context(for: Self.normal(name)) ?? chosen
        }
        let outcome: HelloChoice = unsafe shown.withContext { context in
            guard let context = unsafe context else {
                if shown.mayPrepare { return .wait }
                return .refused(isChallenge ? .noChallenge : .noCertificate)
            }
            let groups = hasGroups && chosen.policy.groups == fallback.policy.groups ? nil : chosen.policy.groupList
            guard unsafe SSL_set_SSL_CTX(ssl, context) != nil, unsafe gh_use_limits(ssl, context, groups) == 1 else {
                return .refused(.outOfMemory)
            }
            return .chosen
        }
        shown.stored?.noteUse()
        return outcome
    }
}

/// RFC 6066 §3: whether the name was used, for the session that is resumed by it.
private func sayWhetherNamed(
    _ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let ssl = unsafe ssl, let wire = unsafe gh_wire_of(ssl) else { return SSL_TLSEXT_ERR_NOACK }
    return unsafe wire.pointee.is_named == 1 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK
}
