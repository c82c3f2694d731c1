import HTTP
import TLS

/// Speaks ACME (RFC 8555) with one authority, for one account. One request at a time.
final class ACMEClient {
    let calls: AuthorityCalls
    private let authority: Authority
    let accounts: AccountStore
    private var account: AccountStore.Account?
    private var directory: AuthorityDirectory?
    /// Not used yet, the newest last.
    private var nonces: [String] = []

    /// Authorities refuse a nonce that is too old, and test services do so now and then to see what happens.
    private static let maxNonceRefusals = 30

    /// - Parameter setAside: told of each file of the account that could not be read: its name from now on, and why.
    init(
        _ authority: Authority, calls: AuthorityCalls, store: any StateStore,
        setAside: @escaping (_ file: String, _ reason: String) -> Void
    ) {
        self.authority = authority
        self.calls = calls
        accounts = AccountStore(authority, store, setAside: setAside)
    }

    /// RFC 8555 §8.1: what a challenge of this account is answered with.
    nonisolated(nonsending) func keyAuthorization(_ token: String) async throws(ACMEError) -> String {
        try await openAccount().key.authorization(token)
    }

    // MARK: Orders

    /// Asks for a certificate (RFC 8555 §7.4).
    /// - Parameters:
    ///   - profile: of those that the authority's directory names; nil: its choice.
    ///   - replaces: what it knows the certificate by that is to be renewed; nil: there is none of it.
    nonisolated(nonsending) func order(
        _ names: [String], profile: String? = nil, replaces: String? = nil
    ) async throws(ACMEError) -> (url: String, order: Order) {
        let url = try await directoryURL(\.newOrder, "newOrder")
        if let profile, let offered = directory?.meta?.profiles, offered[profile] == nil {
            let names = offered.keys.sorted().joined(separator: ", ")
            throw .settings("the authority has no profile \"\(profile)\" (acme.profile), but \(names.isEmpty ? "none" : names)")
        }
        var wanted = NewOrder(identifiers: names.map { Identifier($0) }, profile: profile)
        // RFC 9773 §5: only an authority that knows what it means may be told.
        wanted.replaces = directory?.renewalInfo == nil ? nil : replaces
        let reply: AuthorityReply
        do throws(ACMEError) {
            reply = try await post(url, JSON.encode(wanted))
        } catch {
            // RFC 9773 §5: it may be replaced already, or be of another account. An order like any other is left.
            guard case .refused = error, wanted.replaces != nil, error.problemKind != "rateLimited" else { throw error }
            wanted.replaces = nil
            reply = try await post(url, JSON.encode(wanted))
        }
        guard let location = reply.location else { throw .malformed("a new order without a Location") }
        return (try Self.parse(location, "a new order's Location").description, try decode(Order.self, reply))
    }

    private struct NewOrder: Encodable {
        var identifiers: [Identifier]
        var profile: String?
        var replaces: String?
    }

    /// When the authority wants a certificate renewed (RFC 9773 §4.2).
    /// - Parameter identifier: see `CertificateChain.renewalIdentifier`.
    /// - Returns: nil if it does not say; and the seconds for which it does not want to be asked again.
    nonisolated(nonsending) func renewalWindow(
        _ identifier: String
    ) async throws(ACMEError) -> (window: RenewalWindow?, retryAfter: Int64?) {
        guard let base = try await openDirectory().renewalInfo else { return (nil, nil) }
        let url = try Self.parse(base + (base.hasSuffix("/") ? "" : "/") + identifier, "renewalInfo")
        let reply = try await calls.ask(.get, url)
        guard reply.status == 200 else {
            // It does not know the certificate, which another authority may have issued: nothing that a while will change.
            if reply.status == 404 { return (nil, reply.retryAfter) }
            throw Self.failure(reply, url)
        }
        guard let window = RenewalWindow(json: reply.body) else { throw .malformed("no window for a renewal (RFC 9773 §4.2)") }
        return (window, reply.retryAfter)
    }

    nonisolated(nonsending) func order(at url: String) async throws(ACMEError) -> (order: Order, retryAfter: Int64?) {
        let reply = try await get(url)
        return (try decode(Order.self, reply), reply.retryAfter)
    }

    nonisolated(nonsending) func authorization(
        at url: String
    ) async throws(ACMEError) -> (authorization: Authorization, retryAfter: Int64?) {
        let reply = try await get(url)
        return (try decode(Authorization.self, reply), reply.retryAfter)
    }

    /// Tells that a challenge can be looked at (RFC 8555 §7.5.1).
    nonisolated(nonsending) func answer(challenge url: String) async throws(ACMEError) {
        _ = try await post(Self.parse(url, "a challenge"), Array("{}".utf8))
    }

    /// - Parameter request: for the certificate, in DER.
    nonisolated(nonsending) func finalize(_ url: String, request: [UInt8]) async throws(ACMEError) -> Order {
        let payload = try JSON.encode(["csr": Base64URL.text(request)])
        return try decode(Order.self, await post(Self.parse(url, "an order's end"), payload))
    }

    /// The chain in PEM, the leaf first, and where others are that lead to other roots.
    nonisolated(nonsending) func certificate(
        at url: String
    ) async throws(ACMEError) -> (chain: String, alternates: [String]) {
        let reply = try await post(Self.parse(url, "a certificate"), [], accept: "application/pem-certificate-chain")
        return (String(decoding: reply.body, as: UTF8.self), reply.alternates)
    }

    // MARK: Account

    /// The next request reads the account's key again.
    func forgetAccount() { account = nil }

    nonisolated(nonsending) func openAccount() async throws(ACMEError) -> AccountStore.Account {
        if let account { return account }
        var known = try accounts.load()
        if known.url == nil { known.url = try await register(known.key) }
        account = known
        return known
    }

    /// RFC 8555 §7.3: makes the account of the key, or finds it.
    private nonisolated(nonsending) func register(_ key: AccountKey) async throws(ACMEError) -> String {
        struct Payload: Encodable {
            var termsOfServiceAgreed: Bool
            var contact: [String]?
            var externalAccountBinding: SignedRequest.Flattened?
        }
        let url = try await directoryURL(\.newAccount, "newAccount")
        if directory?.meta?.externalAccountRequired == true, authority.externalAccount == nil {
            throw .settings("the authority wants an external account (RFC 8555 §7.3.4): acme.eab_kid, acme.eab_hmac_key")
        }
        let binding: SignedRequest.Flattened?
        if let account = authority.externalAccount {
            binding = try SignedRequest.binding(of: key, to: account, url: url)
        } else {
            binding = nil
        }
        let contact = authority.email.isEmpty ? nil : ["mailto:" + authority.email]
        let payload = Payload(termsOfServiceAgreed: true, contact: contact, externalAccountBinding: binding)
        let reply = try await post(url, JSON.encode(payload), by: .key, key: key)
        guard let location = reply.location else { throw .malformed("a new account without a Location") }
        // What is kept is used for ever: it is looked at before.
        let account = try Self.parse(location, "a new account's Location").description
        try accounts.save(account)
        return account
    }

    // MARK: Requests

    nonisolated(nonsending) func openDirectory() async throws(ACMEError) -> AuthorityDirectory {
        if let directory { return directory }
        let url = try Self.parse(authority.directory, "acme.directory")
        let reply = try await calls.ask(.get, url)
        guard reply.status == 200 else { throw Self.failure(reply, url) }
        let known = try decode(AuthorityDirectory.self, reply)
        directory = known
        return known
    }

    private nonisolated(nonsending) func directoryURL(
        _ path: KeyPath<AuthorityDirectory, String>, _ name: String
    ) async throws(ACMEError) -> ServiceURL {
        try Self.parse(try await openDirectory()[keyPath: path], name)
    }

    /// RFC 8555 §6.3: POST-as-GET.
    private nonisolated(nonsending) func get(_ url: String) async throws(ACMEError) -> AuthorityReply {
        try await post(Self.parse(url, "a resource"), [])
    }

    /// Sends a request that the account signs.
    nonisolated(nonsending) func post(
        _ url: ServiceURL, _ payload: [UInt8], accept: String = "application/json"
    ) async throws(ACMEError) -> AuthorityReply {
        for isSecond in [false, true] {
            let account = try await openAccount()
            do throws(ACMEError) {
                return try await post(url, payload, by: .account(account.url ?? ""), key: account.key, accept: accept)
            } catch {
                // It has forgotten the account, as a test service does that was started anew: the key makes another one.
                guard error.problemKind == "accountDoesNotExist", !isSecond else { throw error }
                self.account = nil
                try accounts.forgetURL()
            }
        }
        throw .malformed("an account that is and is not there")
    }

    nonisolated(nonsending) func post(
        _ url: ServiceURL, _ payload: [UInt8], by signer: SignedRequest.Signer, key: AccountKey,
        accept: String = "application/json"
    ) async throws(ACMEError) -> AuthorityReply {
        for _ in 0..<Self.maxNonceRefusals {
            let body = try SignedRequest.json(payload, to: url, nonce: await nonce(), by: signer, key: key)
            let reply = try await calls.ask(.post, url, body: body, accept: accept)
            if let nonce = reply.nonce { nonces.append(nonce) }
            if 200..<300 ~= reply.status { return reply }
            guard let problem = JSON.decode(ACMEProblem.self, reply.body), problem.type != nil else {
                throw Self.failure(reply, url)
            }
            // RFC 8555 §6.5: with the nonce that came with the refusal.
            if problem.kind == "badNonce" { continue }
            throw .refused(problem, status: reply.status, retryAfter: reply.retryAfter)
        }
        throw .malformed("every nonce is refused")
    }

    private nonisolated(nonsending) func nonce() async throws(ACMEError) -> String {
        if let nonce = nonces.popLast() {
            nonces.removeAll()
            return nonce
        }
        let url = try await directoryURL(\.newNonce, "newNonce")
        let reply = try await calls.ask(.head, url)
        guard let nonce = reply.nonce else { throw reply.status < 400 ? .malformed("no nonce") : Self.failure(reply, url) }
        return nonce
    }

    /// What an answer means that is neither what was asked for nor a problem document (RFC 9110 §15.6.4, RFC 6585 §4).
    private static func failure(_ reply: AuthorityReply, _ url: ServiceURL) -> ACMEError {
        // A request is signed for its URL (RFC 8555 §6.4): there is no other to send it to.
        if 300..<400 ~= reply.status, let location = reply.location {
            return .malformed("status \(reply.status) of \(url): redirects, here to \(location.prefix(200)), are not followed")
        }
        if reply.status >= 500 || reply.status == 429 {
            return .unavailable(reply.status, url, retryAfter: reply.retryAfter)
        }
        return .malformed("status \(reply.status) of \(url), and no problem document")
    }

    static func parse(_ text: String, _ what: String) throws(ACMEError) -> ServiceURL {
        guard let url = ServiceURL(text) else { throw .malformed("\(what) is no https URL: \(text.prefix(200))") }
        return url
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ reply: AuthorityReply) throws(ACMEError) -> Value {
        guard let value = JSON.decode(type, reply.body) else {
            let start = String(decoding: reply.body.prefix(60), as: UTF8.self)
            throw .malformed("not the JSON that was expected (\(type)): \(start)")
        }
        return value
    }
}
