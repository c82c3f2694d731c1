import Configuration
import Protection

/// The part of the plan that is about tokens.
extension PlanBuilder {
    /// How a route, or all else of a site, asks for a token; nil if it does not.
    /// - Parameter keyPath: of the route, or of the site.
    mutating func token(of site: Site, _ route: Route?, at keyPath: String) -> TokenPlan? {
        if route?.liftsTokens == true { return nil }
        let own = route?.tokens
        guard let settings = own ?? site.tokens else { return nil }
        let path = settings.jwksFile
        let file = keyFiles[path] ?? Self.keyFile(path)
        keyFiles[path] = file
        if route == nil || own != nil {
            if case .failure(let fault) = file.reading { problem(at: "\(keyPath).jwt.jwks_file", fault.reason) }
            let access = route?.access.over(site.access) ?? site.access
            if access.requireAuth == true, settings.cookie == nil {
                problem(
                    at: "\(keyPath).jwt", "a request has one Authorization, and require_auth wants a password in it",
                    hint: "take one of them out, or look for the token in a cookie")
            }
        }
        return TokenPlan(
            file,
            rules: WebToken.Rules(
                issuer: settings.issuer, audiences: settings.audience, leeway: Double(settings.leeway.components.seconds)),
            cookie: settings.cookie, userClaim: settings.userClaim, userField: settings.userHeader,
            forwardsAuthorization: settings.forwardAuthorization, key: own == nil ? "sites.jwt" : "sites.proxy.routes.jwt")
    }

    private static func keyFile(_ path: String) -> WatchedFile<WebKeys> {
        WatchedFile(path, limit: WebKeys.maxBytes) { bytes in
            do throws(WebKeys.Fault) { return .success(try WebKeys(bytes)) } catch {
                return .failure(FileFault(reason: error.reason))
            }
        }
    }
}
