import Configuration
import HTTP

/// The part of making a plan that is about fields. The order of the rules, and what follows what, is in docs/headers.md.
extension PlanBuilder {
    /// What a site, or a route, does to fields.
    struct HeaderSettings {
        var request = FieldRules()
        /// The rules for answers of upstreams.
        var proxied = FieldRules()
        /// The rules for answers that the gateway makes itself.
        var own = FieldRules()
    }

    /// A site's settings, which those of its routes follow, and the plan of the routes that have none: most of 10,000.
    struct SiteHeaders {
        let settings: HeaderSettings
        /// Removed after all rules.
        let identityFields: [String]
        let plan: HeaderPlan
    }

    /// All that a site's settings are made of, besides what holds for all sites.
    struct HeaderSource: Equatable {
        var proxy: ProxyHeaders
        var headers: [HeaderField]
        var request: HeaderRules
        var answer: HeaderRules
        var sendsCertificates: Bool
        var identityFields: [String]

        init(_ site: Site, identityFields: [String]) {
            proxy = site.proxy?.headers ?? ProxyHeaders()
            headers = site.headers
            request = site.requestHeaders
            answer = site.responseHeaders
            sendsCertificates = site.ssl?.clientAuthentication.sendsHeaders == true
            self.identityFields = identityFields
        }
    }

    mutating func headers(of site: Site, at keyPath: String) -> SiteHeaders {
        let identityFields = identityFields(of: site)
        let source = HeaderSource(site, identityFields: identityFields)
        if let lastHeaders, lastHeaders.source == source { return lastHeaders.headers }
        let before = problems.count
        let settings = headerSettings(source, keyPath)
        let headers = SiteHeaders(
            settings: settings, identityFields: identityFields, plan: headerPlan(site, settings, identityFields))
        // What is wrong is said at each place.
        lastHeaders = problems.count == before ? (source, headers) : nil
        return headers
    }

    private mutating func headerSettings(_ source: HeaderSource, _ keyPath: String) -> HeaderSettings {
        let proxy = source.proxy
        var request = FieldRules()
        request.remove = proxy.remove
        request.set = fields(proxy.add, at: "\(keyPath).proxy.headers.add")
        if proxy.addXRealIP { request.set += switched("X-Real-IP", "{client_ip}") }
        if source.sendsCertificates {
            request.set += switched("Client-Cert", "{client_cert}") + switched("Client-Cert-Chain", "{client_cert_chain}")
        }
        if proxy.addRequestID { request.set += switched("X-Request-ID", "{request_id}") }
        var answer = FieldRules()
        answer.set = fields(source.headers, at: "\(keyPath).headers")
        let own = rules(source.answer, at: "\(keyPath).response_headers")
        var security = FieldRules()
        security.defaults = fields(configuration.security.securityHeaders, at: "security.security_headers")
        let onProxied = configuration.security.headersOnProxied ? security : FieldRules()
        return HeaderSettings(
            request: request.followed(by: rules(source.request, at: "\(keyPath).request_headers")),
            proxied: onProxied.followed(by: answer).followed(by: own),
            own: security.followed(by: answer).followed(by: own))
    }

    /// - Parameters:
    ///   - common: the site's.
    ///   - keyPath: the route's.
    ///   - groups: of the route's pattern.
    mutating func headers(
        of route: Route, _ site: Site, _ common: SiteHeaders, at keyPath: String, _ groups: [String?]
    ) -> HeaderPlan {
        let prefix = forwardedPrefix(of: route, site)
        var isFixed = false
        if case .respond = route.action { isFixed = true }
        guard prefix != nil || isFixed || route.requestHeaders != HeaderRules() || route.responseHeaders != HeaderRules()
        else { return common.plan }
        let answer = answerRules(of: route, at: keyPath, groups)
        var settings = common.settings
        settings.request = settings.request.followed(by: FieldRules(set: prefix.map { [$0] } ?? []))
            .followed(by: rules(route.requestHeaders, at: "\(keyPath).request_headers", groups))
        settings.proxied = settings.proxied.followed(by: answer)
        settings.own = settings.own.followed(by: answer)
        return headerPlan(site, settings, common.identityFields)
    }

    /// `X-Forwarded-Prefix`, where it is switched on and something is taken off the path.
    private func forwardedPrefix(of route: Route, _ site: Site) -> ConfiguredField? {
        guard site.proxy?.headers.addXForwardedPrefix == true, route.stripPrefix || route.rewriteTarget != nil
        else { return nil }
        let prefix = route.path.hasSuffix("/") ? String(route.path.dropLast()) : route.path
        return prefix.isEmpty ? nil : ConfiguredField("X-Forwarded-Prefix", prefix)
    }

    private func headerPlan(_ site: Site, _ settings: HeaderSettings, _ identityFields: [String]) -> HeaderPlan {
        var rules = settings
        rules.request.remove += identityFields
        let proxy = site.proxy?.headers ?? ProxyHeaders()
        var request = RequestFieldPolicy(rules.request, removeUntrusted: proxy.removeUntrusted)
        request.addXForwarded = proxy.addXForwarded
        request.addForwarded = proxy.addForwarded
        request.preserveHost = proxy.preserveHost
        request.addVia = proxy.addVia
        request.allowUnderscores = proxy.allowUnderscores
        let hidesServer = configuration.security.hideServerHeader
        let server = hidesServer ? nil : "gatehouse"
        let errors = rules.own.withoutCaching
        return HeaderPlan(
            request: request, answer: ResponseFieldPolicy(rules.proxied, hideServer: hidesServer),
            own: OwnFieldPolicy(rules.own, server: server),
            errors: errors == rules.own ? nil : OwnFieldPolicy(errors, server: server))
    }

    /// In which the upstreams of a site are told who somebody is: no client says it, also not on routes where nobody is asked.
    /// But for those that are the client's own wherever nobody asks.
    private func identityFields(of site: Site) -> [String] {
        var (users, tokens, copied): ([String], [String], [String]) = ([], [], [])
        func add(_ access: Access, _ token: Tokens?, _ asked: ForwardAuth?) {
            if let name = access.authUserHeader { users.append(name) }
            if let name = token?.userHeader { tokens.append(name) }
            if let asked { copied += asked.copyHeaders }
        }
        add(site.access, site.tokens, site.forwardAuth)
        // Without a copy of any of thousands of routes.
        for index in site.routes.indices {
            add(site.routes[index].access, site.routes[index].tokens, site.routes[index].forwardAuth)
        }
        if let routes = site.proxy?.routes {
            for index in routes.indices { add(routes[index].access, routes[index].tokens, routes[index].forwardAuth) }
        }
        let names = users + tokens + copied + certificateFields(of: site)
        return names.filter { !["authorization", "cookie", "set-cookie"].contains($0.lowercased()) }
    }

    /// In which upstreams are told of clients' certificates: nobody else says it, not even a trusted proxy, since the client's
    /// connection ends here.
    private func certificateFields(of site: Site) -> [String] {
        guard let ssl = site.ssl, ssl.clientAuthentication.mode != .none else { return [] }
        let rules = [site.requestHeaders] + (site.routes + (site.proxy?.routes ?? [])).map(\.requestHeaders)
        let written = rules.flatMap { $0.set + $0.add + $0.defaults } + (site.proxy?.headers.add ?? [])
        return ["Client-Cert", "Client-Cert-Chain"] + written.filter { $0.value.contains("{client_cert") }.map(\.name)
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
            let key = "\(keyPath).\(field.name)"
            guard let value = template(field.value, at: key, groups) else { return nil }
            guard let rule = FieldRule(field.name, value) else {
                problem(
                    at: key, "\(field.name) cannot be written: Gatehouse writes it itself, or its name can be taken for that")
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
