import Configuration
import HTTP
import Protection

/// The part of the plan that is about names and passwords.
extension PlanBuilder {
    /// How a route, or all else of a site, asks for a password; nil if it does not.
    /// - Parameter keyPath: of the route, or of the site.
    mutating func password(of site: Site, _ route: Route?, at keyPath: String) -> PasswordPlan? {
        let access = route?.access.over(site.access) ?? site.access
        // What is wrong with the site's own keys is said once.
        let isOwn = route?.access.speaksOfAuthentication ?? access.speaksOfAuthentication
        if isOwn { checkAuthentication(access, site, at: "\(keyPath).access") }
        guard access.requireAuth == true, let path = access.authFile else { return nil }
        let file = accessFiles.passwords(path)
        if isOwn { check(file, at: "\(keyPath).access.auth_file") }
        let most = UInt64(access.authAttempts ?? Self.usualAttempts)
        let identity = RateIdentity(
            isOfPasswords: true, site: site.identity, clients: configuration.limits.rateLimitedClients)
        return PasswordPlan(
            file, realm: access.authRealm ?? "Restricted",
            attempts: most == 0
                ? nil : (RateLimit(requests: most, per: 60_000_000_000, burst: most), carried.rates(identity)),
            userField: access.authUserHeader, forwardsAuthorization: access.forwardAuthorization ?? false,
            key: route?.access.speaksOfAuthentication == true ? "sites.proxy.routes.access" : "sites.access")
    }

    private static let usualAttempts = 10

    private mutating func checkAuthentication(_ access: Access, _ site: Site, at keyPath: String) {
        guard let isRequired = access.requireAuth else {
            problem(at: keyPath, "asks for no password: require_auth is missing", hint: "write require_auth = true, or false")
            return
        }
        guard isRequired else { return }
        if access.authFile == nil {
            problem(at: "\(keyPath).require_auth", "needs auth_file", hint: "make one with htpasswd -cB FILE NAME")
        }
        let isLoopback = site.listen == "::1" || site.listen.hasPrefix("127.")
        let trusted = site.proxy?.headers.trustedProxies ?? configuration.security.trustedProxies
        if site.ssl == nil, !site.redirectToHTTPS, !isLoopback, trusted.isEmpty {
            problem(
                .warning, at: "\(keyPath).require_auth", "passwords travel in clear text: the site has no ssl",
                hint: "add [sites.ssl], or serve this site on https alone")
        }
    }

    /// A file that lets nobody in may be meant; one that cannot be understood is a mistake.
    private mutating func check(_ file: WatchedFile<PasswordList>, at keyPath: String) {
        switch file.shared.value {
        case .success(let list):
            if list.isEmpty { problem(.warning, at: keyPath, "\(file.path): has no user, so nobody can come in") }
        case .failure(let fault): problem(at: keyPath, fault.reason)
        }
    }
}
