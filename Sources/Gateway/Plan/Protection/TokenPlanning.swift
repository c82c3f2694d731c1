import ACME
import Configuration
import Protection
import Transport

/// The part of the plan that is about tokens.
extension PlanBuilder {
    /// How a route, or all else of a site, asks for a token; nil if it does not.
    /// - Parameter keyPath: of the route, or of the site.
    mutating func token(of site: Site, _ route: Route?, at keyPath: String) -> TokenPlan? {
        if route?.liftsTokens == true { return nil }
        let own = route?.tokens
        guard let settings = own ?? site.tokens, let keys = keys(settings, at: keyPath, isNew: route == nil || own != nil) else {
            return nil
        }
        if route == nil || own != nil {
            let access = route?.access.over(site.access) ?? site.access
            if access.requireAuth == true, settings.cookie == nil {
                problem(
                    at: "\(keyPath).jwt", "a request has one Authorization, and require_auth wants a password in it",
                    hint: "take one of them out, or look for the token in a cookie")
            }
        }
        return TokenPlan(
            keys,
            rules: WebToken.Rules(
                issuer: settings.issuer, audiences: settings.audience, leeway: Double(settings.leeway.components.seconds)),
            cookie: settings.cookie, userClaim: settings.userClaim, userField: settings.userHeader,
            forwardsAuthorization: settings.forwardAuthorization, key: own == nil ? "sites.jwt" : "sites.proxy.routes.jwt")
    }

    /// - Parameter isNew: is what is wrong with them still to be told?
    /// - Returns: nil after a problem without which there could be a plan.
    private mutating func keys(_ settings: Tokens, at keyPath: String, isNew: Bool) -> KeySource? {
        switch settings.keys {
        case .file(let path):
            let file = accessFiles.keys(path)
            if isNew, case .failure(let fault) = file.shared.value {
                problem(at: "\(keyPath).jwt.jwks_file", fault.reason)
            }
            return .file(file)
        case .url(let text, let refresh, let caFile):
            guard let url = ServiceURL(text, allowsPlain: true), url.isTLS || Self.isThisMachine(url.host) else {
                guard isNew else { return nil }
                problem(
                    at: "\(keyPath).jwt.jwks_url", "\"\(text)\" is no https URL",
                    hint: "such as \"https://login.example.com/keys.json\"; http is for this machine alone, since whoever could "
                        + "change the keys on their way could sign tokens")
                return nil
            }
            if isNew { checkAuthorities(caFile, at: "\(keyPath).jwt.jwks_ca_file") }
            let fetched = carried.keys(FetchedKeys.Identity(url: text, caFile: caFile)) {
                FetchedKeys(url, caFile: caFile, stateDirectory: configuration.server.stateDir)
            }
            accessFiles.fetch(fetched, every: max(1, UInt64(clamping: refresh.components.seconds)))
            return .fetched(fetched)
        }
    }

    private static func isThisMachine(_ host: String) -> Bool {
        SocketAddress.loopback(host, port: 80) != nil || host.hasPrefix("127.") && SocketAddress(literal: host, port: 80) != nil
            || host == "::1"
    }
}

extension Plan {
    /// A line for each address that keys are fetched from.
    package var keySources: [String] {
        fetchedKeys.map { keys, refresh in
            let kept = if case .success = keys.shared.value { "some are kept from before" } else { "asked for at the start" }
            return "\(keys.url), anew every \(refresh) s: \(kept)"
        }
    }
}
