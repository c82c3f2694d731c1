import Configuration
import Expressions
import HTTP
import StaticFiles

/// The part of making a plan that is about routes.
extension PlanBuilder {
    /// All routes of a site: those of `[[sites.proxy.routes]]`, of `[[sites.routes]]`, and what the site itself answers with.
    mutating func routes(of site: Site, _ keyPath: String, _ common: SiteHeaders, _ files: StaticSite?) -> [RoutePlan] {
        // Of one name there is only one: the reader has seen to that.
        var pooled = shared.merging(pools(of: site, at: "\(keyPath).proxy.upstreams")) { $1 }
        defer { for name in shared.keys { shared[name] = pooled[name] } }
        var plans: [RoutePlan] = []
        plans.reserveCapacity((site.proxy?.routes.count ?? 0) + site.routes.count + 1)
        func add(_ route: Route, of owner: SettingOwner, at routePath: String) {
            if let plan = self.route(route, owner, routePath, site, keyPath, common, files, &pooled) { plans.append(plan) }
        }
        for (index, route) in (site.proxy?.routes ?? []).enumerated() {
            add(route, of: .proxyRoute, at: "\(keyPath).proxy.routes[\(index)]")
        }
        for (index, route) in site.routes.enumerated() { add(route, of: .siteRoute, at: "\(keyPath).routes[\(index)]") }
        if let action = site.action { add(Route(path: "/", action: action), of: .site, at: keyPath) }
        return plans
    }

    private mutating func route(
        _ route: Route, _ owner: SettingOwner, _ keyPath: String, _ site: Site, _ sitePath: String, _ common: SiteHeaders,
        _ files: StaticSite?, _ pooled: inout PooledUpstreams
    ) -> RoutePlan? {
        guard let pattern = pattern(of: route, keyPath),
            let action = action(of: route, owner, pattern, keyPath, site, files, &pooled)
        else { return nil }
        return RoutePlan(
            owner: owner, pattern: pattern, text: route.path, name: route.name, conditions: RouteConditions(route.match),
            headers: headers(of: route, site, common, at: keyPath, pattern.groups),
            protection: protection(of: site, sitePath, common, route, keyPath), action: action, site: site.name,
            configuration: configurationHash,
            series: metrics?.route(site: site.name, route.path, upstream: route.upstream))
    }

    private mutating func pattern(of route: Route, _ keyPath: String) -> RoutePattern? {
        let key = "\(keyPath).\(route.kind.rawValue)"
        do throws(RegularExpression.Fault) {
            switch route.kind {
            case .path: if let path = PathPrefix(route.path) { return .prefix(path) }
            case .exact: if let path = PathPrefix(route.path) { return .exact(path) }
            case .glob: return .expression(try Glob.expression(route.path))
            case .regex: return .expression(try RegularExpression(route.path))
            }
            problem(at: key, "\"\(route.path)\" cannot be a route's path")
        } catch {
            problem(
                at: key, "\"\(route.path)\": \(error.reason)",
                hint: route.kind == .regex ? Self.hint(on: route.path) : nil)
        }
        return nil
    }

    private static func hint(on expression: String) -> String {
        // As PCRE, and with it nginx, writes it; `(?<=` and `(?<!` look behind.
        let namesGroup = expression.contains(/\(\?<[A-Za-z_]/)
        return namesGroup
            ? "a group's name is written (?P<name>…)"
            : "the syntax is RE2's, which has no back-references and no looking ahead or behind"
    }

    private mutating func action(
        of route: Route, _ owner: SettingOwner, _ pattern: RoutePattern, _ keyPath: String, _ site: Site, _ files: StaticSite?,
        _ pooled: inout PooledUpstreams
    ) -> RoutePlan.Action? {
        switch route.action {
        case .proxy: proxyRoute(route, owner, pattern, keyPath, site, &pooled).map { .proxy($0) }
        case .redirect(let redirect):
            self.redirect(redirect, at: "\(keyPath).redirect", key: "\(owner.rawValue).redirect", pattern.groups)
                .map { .redirect($0) }
        case .respond(let fixed): respond(fixed, keyPath)
        case .files(let paths):
            .files(files.map { FilesPlan($0, tries: tries(paths, keyPath, pattern.groups)) })
        case .tlsInfo: tlsInfo(site, keyPath)
        case .internalAPI(let kind): .internalAPI(InternalAPIPlan(kind, configuration))
        }
    }

    private mutating func respond(_ fixed: FixedAnswer, _ keyPath: String) -> RoutePlan.Action {
        if let (name, variable) = RequestTemplate.foreignVariable(in: fixed.body) {
            problem(
                .warning, at: "\(keyPath).respond.body", "has no variables: \(name) is sent as that text",
                hint: "respond.headers has: {\(variable.rawValue)}")
        }
        return .respond(FixedAnswerPlan(fixed))
    }

    private mutating func tlsInfo(_ site: Site, _ keyPath: String) -> RoutePlan.Action? {
        if site.ssl != nil || site.proxyProtocol != nil { return .tlsInfo }
        problem(
            at: "\(keyPath).tls_info", "the site's clients speak no TLS, so that there is nothing to tell",
            hint: "give the site [sites.ssl], or take the route out")
        return nil
    }

    /// The templates of `try_files`.
    /// - Parameter groups: of the route's pattern.
    mutating func tries(_ paths: [String], _ keyPath: String, _ groups: [String?] = []) -> [RequestTemplate] {
        paths.enumerated().compactMap { template($1, at: "\(keyPath).try_files[\($0)]", groups) }
    }

    private mutating func redirect(
        _ redirect: Redirect, at keyPath: String, key: String, _ groups: [String?] = []
    ) -> RedirectPlan? {
        guard let target = template(redirect.target, at: keyPath, groups) else { return nil }
        do throws(RedirectPlan.Fault) {
            return try RedirectPlan(target, status: redirect.status, key: key)
        } catch {
            problem(at: keyPath, error.reason, hint: error.hint)
            return nil
        }
    }

    /// What the `redirect_hostnames` of a site do: nil if there are none.
    mutating func redirecting(_ site: Site, _ keyPath: String, to plan: SitePlan) -> SitePlan? {
        guard !site.redirectHostnames.isEmpty, let name = site.hostnames.first else { return nil }
        let scheme = site.ssl == nil ? "http" : "https"
        let port = site.port == (site.ssl == nil ? 80 : 443) ? "" : ":\(site.port)"
        let target = Redirect(target: "\(scheme)://\(name)\(port){uri}", status: site.redirectStatus)
        let key = "redirect_hostnames"
        guard let redirect = redirect(target, at: "\(keyPath).\(key)", key: "\(SettingOwner.site.rawValue).\(key)"),
            let prefix = PathPrefix("/")
        else { return nil }
        return plan.answering(
            RoutePlan(
                owner: .site, pattern: .prefix(prefix), text: "/", name: "/", headers: plan.headers, protection: plan.protection,
                action: .redirect(redirect), site: site.name, configuration: configurationHash,
                series: metrics?.route(site: site.name, "/", upstream: "")))
    }
}
