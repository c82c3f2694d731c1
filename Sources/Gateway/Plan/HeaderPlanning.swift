import Configuration
import HTTP

/// The part of making a plan that is about fields. The order of the rules, and what follows what, is in docs/headers.md.
extension PlanBuilder {
    /// A site's rules, which those of its routes follow.
    struct SiteRules {
        var request = FieldRules()
        /// Of answers of upstreams.
        var proxied = FieldRules()
        /// Of answers made here.
        var own = FieldRules()
    }

    mutating func siteRules(_ site: Site, _ keyPath: String) -> SiteRules {
        let proxy = site.proxy?.headers ?? ProxyHeaders()
        var request = FieldRules()
        request.remove = proxy.remove
        request.set = fields(proxy.add, at: "\(keyPath).proxy.headers.add")
        if proxy.addXRealIP { request.set += switched("X-Real-IP", "{client_ip}") }
        if proxy.addRequestID { request.set += switched("X-Request-ID", "{request_id}") }
        var answer = FieldRules()
        answer.set = fields(site.headers, at: "\(keyPath).headers")
        let own = rules(site.responseHeaders, at: "\(keyPath).response_headers")
        var security = FieldRules()
        security.defaults = fields(configuration.security.securityHeaders, at: "security.security_headers")
        let onProxied = configuration.security.headersOnProxied ? security : FieldRules()
        return SiteRules(
            request: request.followed(by: rules(site.requestHeaders, at: "\(keyPath).request_headers")),
            proxied: onProxied.followed(by: answer).followed(by: own),
            own: security.followed(by: answer).followed(by: own))
    }

    /// - Parameters:
    ///   - route: nil for the site itself.
    ///   - keyPath: the route's.
    mutating func headers(
        _ site: Site, _ common: SiteRules, route: Route? = nil, at keyPath: String = "", groups: [String?] = []
    ) -> HeaderPlan {
        var rules = common
        if let route {
            let answer = answerRules(of: route, at: keyPath, groups)
            var request = FieldRules()
            if site.proxy?.headers.addXForwardedPrefix == true, route.stripPrefix || route.rewriteTarget != nil {
                let prefix = route.path.hasSuffix("/") ? String(route.path.dropLast()) : route.path
                if !prefix.isEmpty, let field = ConfiguredField("X-Forwarded-Prefix", prefix) { request.set = [FieldRule(field)] }
            }
            rules.request = rules.request.followed(by: request)
                .followed(by: self.rules(route.requestHeaders, at: "\(keyPath).request_headers", groups))
            rules.proxied = rules.proxied.followed(by: answer)
            rules.own = rules.own.followed(by: answer)
        }
        rules.request.remove += Self.identityFields(of: site)
        let proxy = site.proxy?.headers ?? ProxyHeaders()
        var request = RequestFieldPolicy(rules.request, removeUntrusted: proxy.removeUntrusted)
        request.addXForwarded = proxy.addXForwarded
        request.addForwarded = proxy.addForwarded
        request.preserveHost = proxy.preserveHost
        request.addVia = proxy.addVia
        request.allowUnderscores = proxy.allowUnderscores
        let hidesServer = configuration.security.hideServerHeader
        return HeaderPlan(
            request: request, answer: ResponseFieldPolicy(rules.proxied, hideServer: hidesServer),
            own: OwnFieldPolicy(rules.own, server: hidesServer ? nil : "gatehouse"))
    }

    /// In which the upstreams of a site are told who somebody is: no client says it, also not on routes where nobody is asked.
    /// But for those that are the client's own wherever nobody asks.
    private static func identityFields(of site: Site) -> [String] {
        let routes = site.routes + (site.proxy?.routes ?? [])
        let accesses = [site.access] + routes.map(\.access)
        let tokens = [site.tokens] + routes.map(\.tokens)
        let asked = [site.forwardAuth] + routes.map(\.forwardAuth)
        let copied = asked.flatMap { $0?.copyHeaders ?? [] }
        let names = accesses.compactMap(\.authUserHeader) + tokens.compactMap { $0?.userHeader } + copied
        return names.filter { !["authorization", "cookie", "set-cookie"].contains($0.lowercased()) }
    }

    private mutating func answerRules(of route: Route, at keyPath: String, _ groups: [String?]) -> FieldRules {
        var answer = rules(route.responseHeaders, at: "\(keyPath).response_headers", groups)
        if case .respond(let fixed) = route.action {
            answer.set = fields(fixed.headers, at: "\(keyPath).respond.headers", groups) + answer.set
        }
        return answer
    }

    private mutating func rules(_ written: HeaderRules, at keyPath: String, _ groups: [String?] = []) -> FieldRules {
        var rules = FieldRules()
        rules.remove = written.remove
        rules.set = fields(written.set, at: "\(keyPath).set", groups)
        rules.add = fields(written.add, at: "\(keyPath).add", groups)
        rules.defaults = fields(written.defaults, at: "\(keyPath).default", groups)
        return rules
    }

    private mutating func fields(_ written: [HeaderField], at keyPath: String, _ groups: [String?] = []) -> [FieldRule] {
        written.compactMap { field in
            let place = "\(keyPath).\(field.name)"
            guard let value = template(field.value, at: place, groups) else { return nil }
            guard let rule = FieldRule(field.name, value) else {
                problem(
                    at: place, "\(field.name) cannot be written: Gatehouse writes it itself, or its name can be taken for that")
                return nil
            }
            return rule
        }
    }

    private func switched(_ name: String, _ value: String) -> [FieldRule] {
        guard let template = try? RequestTemplate(value), let rule = FieldRule(name, template) else { return [] }
        return [rule]
    }

    /// nil if it cannot be one; that is reported.
    mutating func template(_ text: String, at keyPath: String, _ groups: [String?] = []) -> RequestTemplate? {
        do throws(RequestTemplate.Fault) {
            return try RequestTemplate(text, groups: groups)
        } catch {
            problem(at: keyPath, error.reason, hint: error.hint)
            return nil
        }
    }
}
