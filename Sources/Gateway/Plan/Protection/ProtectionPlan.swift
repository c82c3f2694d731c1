import HTTP
import Protection

/// What a request must pass before anything is done for it: of a site, or of a route with its site's. Where there is nothing to
/// pass there is no plan.
final class ProtectionPlan: Sendable {
    let addresses: AddressRules
    /// May only clients with a verified certificate come?
    let requiresClientCertificate: Bool
    /// The gateway's, the site's, the route's.
    let limits: [RateLimitPlan]
    /// The site's, the route's.
    let concurrency: [ConcurrencyPlan]
    /// Nil: nobody is asked for one.
    let password: PasswordPlan?
    /// Nil: nobody is asked for one.
    let token: TokenPlan?
    /// Nil: no other server is asked.
    let forwardAuth: ForwardAuthPlan?
    /// What of a request whose sender has been asked for does not go upstream; nil: all of it does.
    let identity: IdentityRules?

    init(
        addresses: AddressRules, requiresClientCertificate: Bool = false, limits: [RateLimitPlan], concurrency: [ConcurrencyPlan],
        password: PasswordPlan?,
        token: TokenPlan?, forwardAuth: ForwardAuthPlan?
    ) {
        self.addresses = addresses
        self.requiresClientCertificate = requiresClientCertificate
        self.limits = limits
        self.concurrency = concurrency
        self.password = password
        self.token = token
        self.forwardAuth = forwardAuth
        let removed = (password?.removed ?? []) + (token?.removed ?? []) + (forwardAuth?.copied ?? [])
        identity = removed.isEmpty ? nil : IdentityRules(removed: removed)
    }
}

extension ProtectionPlan {
    /// Is there nothing to pass?
    var isEmpty: Bool {
        addresses.isEmpty && !requiresClientCertificate && limits.isEmpty && concurrency.isEmpty && !authenticates
    }

    /// Must a client show credentials: a password, a token, or what an auth server asks for?
    var authenticates: Bool { password != nil || token != nil || forwardAuth != nil }

    /// Does it go by more than the configuration: by files, or by what others say?
    var looksElsewhere: Bool { authenticates || addresses.hasFiles }
}

/// Which addresses may come.
struct AddressRules: Sendable {
    /// Addresses, and the configuration key that lists them.
    final class List: Sendable {
        let set: AddressSet
        let key: String

        init(_ set: AddressSet, key: String) {
            self.set = set
            self.key = key
        }

        /// - Parameter unknown: what is said of a client without an address.
        fileprivate func has(_ address: IPAddress?, unknown: Bool) -> Bool {
            guard let address else { return unknown }
            return set.contains(address)
        }
    }

    /// Addresses in a file, and the configuration key that names it.
    final class FileList: Sendable {
        let file: WatchedFile<AddressSet>
        let key: String

        init(_ file: WatchedFile<AddressSet>, key: String) {
            self.file = file
            self.key = key
        }
    }

    /// Why a client may not come.
    enum Refusal: Equatable {
        case refused(key: String)
        /// A file that would say cannot be read.
        case unknown(reason: String, key: String)
    }

    var deny: List?
    var denyFile: FileList?
    /// Where neither is given: everybody else.
    var allow: List?
    var allowFile: FileList?

    var isEmpty: Bool { deny == nil && allow == nil && !hasFiles }
    var hasFiles: Bool { denyFile != nil || allowFile != nil }

    /// Why the client may not come; nil if it may.
    /// - Parameters:
    ///   - address: nil if it has none: whoever is not known to be allowed is not.
    ///   - content: what a file holds.
    func refusal(
        of address: IPAddress?, content: (WatchedFile<AddressSet>) -> WatchedFile<AddressSet>.Reading
    ) -> Refusal? {
        if let deny, deny.has(address, unknown: true) { return .refused(key: deny.key) }
        if let denyFile {
            switch content(denyFile.file) {
            case .failure(let fault): return .unknown(reason: fault.reason, key: denyFile.key)
            case .success(let set): if address.map(set.contains) ?? true { return .refused(key: denyFile.key) }
            }
        }
        if let allow, allow.has(address, unknown: false) { return nil }
        guard let allowFile else { return allow.map { Refusal.refused(key: $0.key) } }
        switch content(allowFile.file) {
        case .failure(let fault): return .unknown(reason: fault.reason, key: allowFile.key)
        case .success(let set): return address.map(set.contains) == true ? nil : .refused(key: allowFile.key)
        }
    }
}

/// One rate limit.
final class RateLimitPlan: Sendable {
    let limit: RateLimit
    /// What clients have used of it; in every plan the same.
    let table: RateTable
    let clients: ClientKey
    let whitelist: AddressSet
    let blacklist: AddressSet
    /// Do all answers say what is left?
    let announces: Bool
    /// The configuration's table.
    let key: String
    /// The name of the limit in `RateLimit` and `RateLimit-Policy`.
    let name: StaticString
    /// Nil: it counts here alone.
    let shared: SharedLimit?

    init(
        _ limit: RateLimit, table: RateTable, shared: SharedLimit?, clients: ClientKey, whitelist: AddressSet,
        blacklist: AddressSet, announces: Bool, key: String, name: StaticString
    ) {
        self.limit = limit
        self.table = table
        self.clients = clients
        self.whitelist = whitelist
        self.blacklist = blacklist
        self.announces = announces
        self.key = key
        self.name = name
        self.shared = shared
    }

    /// What an answer says of it (draft-ietf-httpapi-ratelimit-headers-10): the quota is the burst, and the window the time in
    /// which all of it comes back.
    /// - Parameters:
    ///   - remaining: requests that could come at once.
    ///   - wait: nanoseconds until there will be more.
    func fields(remaining: UInt64, wait: UInt64) -> AnswerFields {
        var fields = AnswerFields()
        fields.reserve(96)
        fields.append("RateLimit-Policy") { value in
            appendName(to: &value)
            value.append(contentsOf: ";q=".utf8)
            value.append(decimal: limit.burst)
            value.append(contentsOf: ";w=".utf8)
            value.append(decimal: Self.seconds(limit.interval.multipliedReportingOverflow(by: limit.burst).partialValue))
        }
        fields.append("RateLimit") { value in
            appendName(to: &value)
            value.append(contentsOf: ";r=".utf8)
            value.append(decimal: remaining)
            value.append(contentsOf: ";t=".utf8)
            value.append(decimal: Self.seconds(wait))
        }
        return fields
    }

    /// Whole seconds, never fewer than there are, and at least one.
    static func seconds(_ nanoseconds: UInt64) -> UInt64 { max(1, (nanoseconds + 999_999_999) / 1_000_000_000) }

    private func appendName(to value: inout [UInt8]) {
        value.append(0x22)
        value.append(name)
        value.append(0x22)
    }
}
