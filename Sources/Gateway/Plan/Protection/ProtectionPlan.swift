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
