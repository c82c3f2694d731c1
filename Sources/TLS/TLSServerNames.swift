import COpenSSL

/// The certificates of one TLS listener by server name (SNI, RFC 6066 §3): exact names first, then `*.` wildcards, which stand
/// for exactly one label, then the default site's.
/// `@safe`: the context is made in `init`, freed in `deinit` and lent to sessions that hold this object.
@safe package final class TLSServerNames: Sendable {
    private let exact: [String: TLSServerContext]
    /// By what follows the asterisk, with its dot: ".example.com".
    private let wildcards: [String: TLSServerContext]
    let fallback: TLSServerContext
    /// By name, what an ACME authority is shown that proves it (RFC 8737); without a certificate while nothing is proved.
    private let challenges: [String: TLSServerContext]
    /// What its sessions are made of, before a name is known: it has no certificate, and the callback chooses one. Set up in
    /// `init`, and then not changed; nil if memory was out.
    nonisolated(unsafe) let context: OpaquePointer?
    /// For all sites of the listener: OpenSSL looks a ticket up before it knows the name.
    package let tickets: TicketKeys
    /// Who protects the records of this listener's connections.
    package var records: TLSRecords { fallback.records }

    /// - Parameters:
    ///   - contexts: lower-case names, wildcards as "*.example.com".
    ///   - fallback: for a client that sends no name, or one that nobody has.
    ///   - challenges: by name, for ACME's `acme-tls/1`.
    ///   - tickets: of the listener as it was before.
    package init(
        _ contexts: [String: TLSServerContext], fallback: TLSServerContext, challenges: [String: TLSServerContext] = [:],
        tickets: TicketKeys = TicketKeys()
    ) {
        self.challenges = challenges
        exact = contexts.filter { !$0.key.hasPrefix("*.") }
        wildcards = Dictionary(
            uniqueKeysWithValues: contexts.filter { $0.key.hasPrefix("*.") }.map { (String($0.key.dropFirst()), $0.value) })
        self.fallback = fallback
        self.tickets = tickets
        // OpenSSL chooses the version before the name is known: this takes what any site takes, the callback decides.
        let isAnyOlder = fallback.minimumVersion == .tls12 || contexts.values.contains { $0.minimumVersion == .tls12 }
        unsafe context = TLSServerContext.make(isAnyOlder ? .tls12 : .tls13, fallback.records)
        // The callback's argument is this object, unretained: every session that uses the context holds the names too.
        if let context = unsafe context {
            unsafe gh_on_server_name(context, chooseContext, Unmanaged.passUnretained(self).toOpaque())
            if !challenges.isEmpty { unsafe gh_watch_for_challenges(context) }
        }
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
        return own.minimumVersion == shown.minimumVersion && (own === shown || shown.isGood(for: host))
    }

    /// Would the host's site have taken the connection? A client that asks for nobody by SNI meets the default site's limits, and
    /// may be below those of the host that it then names.
    /// - Parameter host: lower case, without port.
    package func takes(_ host: String, over session: TLSSession) -> Bool {
        (context(for: host) ?? fallback).minimumVersion == .tls12 || session.version == "TLSv1.3"
    }

    /// Whose handshakes those for this name are.
    func site(for name: String) -> TLSServerContext { context(for: name) ?? fallback }

    func challenge(for name: String) -> TLSServerContext? { challenges[Self.normal(name)] }

    func context(for name: String) -> TLSServerContext? {
        let name = Self.normal(name)
        if let context = exact[name] { return context }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return wildcards[String(name[dot...])]
    }
}

private func chooseContext(
    _ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let ssl = unsafe ssl, let argument = unsafe argument else { return SSL_TLSEXT_ERR_NOACK }
    let names = unsafe Unmanaged<TLSServerNames>.fromOpaque(argument).takeUnretainedValue()
    let name = unsafe gh_server_name(ssl).map { unsafe String(cString: $0) }
    let isChallenge = unsafe gh_is_challenge(ssl) == 1
    // RFC 8737 §3: nobody else's certificate is shown to it; without one, it is told that nobody speaks its protocol.
    let named = isChallenge ? name.flatMap { names.challenge(for: $0) } : name.flatMap { names.context(for: $0) }
    var chosen = named ?? names.fallback
    if !isChallenge, let source = chosen.source {
        guard let name else {
            unsafe alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        // One that is there already need not be waited for.
        chosen = source.context(for: TLSServerNames.normal(name)) ?? chosen
    }
    // SSL_set_SSL_CTX leaves the versions as they are: a site's own limit holds only if it is looked at here.
    guard unsafe SSL_version(ssl) >= chosen.minimumVersion.number else {
        unsafe alert?.pointee = SSL_AD_PROTOCOL_VERSION
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    let hasCertificate = unsafe chosen.withContext { context in
        unsafe context != nil && (!isChallenge || named != nil) && SSL_set_SSL_CTX(ssl, context) != nil
    }
    // RFC 6066 §3: a certificate of another name would be taken for an attack.
    guard hasCertificate else {
        unsafe alert?.pointee = isChallenge ? SSL_AD_NO_APPLICATION_PROTOCOL : SSL_AD_UNRECOGNIZED_NAME
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    return named == nil ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK
}
