import HTTP

/// Decides what is done with a request, from the plan and the head alone.
enum Router {
    /// The site that a request is for.
    /// - Parameters:
    ///   - host: of the request, lower case, without port; empty if it named none.
    ///   - serverName: the site whose name the TLS client asked for; nil without one.
    static func site(_ listener: ListenerPlan, host: String, serverName: SitePlan?) throws(Failure) -> SitePlan {
        let site = listener.site(named: host) ?? listener.fallback
        // RFC 9110 §7.4: a request for another site than the one the connection was secured for is misdirected.
        if let serverName, serverName !== site {
            throw Failure(.misdirected, detail: "the TLS server name is of another site")
        }
        return site
    }

    /// What the site does with the request.
    /// - Parameter origin: who sends it; called only where a route's conditions ask for it.
    static func decide(_ site: SitePlan, _ request: RequestHead, from origin: () -> RequestOrigin) -> Decision {
        let decision = decideOfAny(site, request, from: origin)
        return request.isExtendedConnect && !decision.mayFollowExtendedConnect ? .refuse(noWebSocket) : decision
    }

    private static func decideOfAny(_ site: SitePlan, _ request: RequestHead, from origin: () -> RequestOrigin) -> Decision {
        switch request.form {
        case .authority:
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            return .refuse(
                Failure(
                    .connectRefused, detail: "CONNECT is for forward proxies", fields: AnswerFields("Allow", "GET, HEAD")))
        case .origin, .absolute, .asterisk: break
        }
        if site.healthPath != nil, site.isHealthCheck(request) { return .health }
        if let port = site.redirectPort {
            // A client that names no host (HTTP/1.0) cannot be redirected to a URL of that host.
            guard request.authority != nil else { return .refuse(Failure(HTTPRefusal(.hostMissing))) }
            return .redirect(port: port)
        }
        if let decision = lastHop(request) { return decision }
        if let crossOrigin = site.crossOrigin, request.isPreflight {
            return .preflight(crossOrigin, site.table.route(for: request, from: origin)?.route)
        }
        if let found = site.table.route(for: request, from: origin) {
            if found.route.isDegraded { return .refuse(SiteFault.failure(of: found.route)) }
            return .route(found)
        }
        // RFC 9110 §9.3.7: `OPTIONS *` is about a server as a whole: where the whole site goes nowhere, about the gateway.
        if request.form == .asterisk { return .options }
        if let files = site.files { return .file(files) }
        if site.lacksFiles { return .refuse(SiteFault.failure(key: "sites.static_dir")) }
        return .refuse(Failure(.noRoute, detail: "no route and no static file of this site"))
    }

    /// A WebSocket handshake in HTTP/1.1 is a GET, which any route may answer. An extended CONNECT (RFC 8441) is not.
    static let noWebSocket = Failure(
        .noWebSocket, detail: "no WebSocket is to be had here", key: "sites.proxy.routes.websocket")

    /// RFC 9110 §7.6.2: OPTIONS and TRACE with `Max-Forwards: 0` go no further; with other methods the field has no meaning.
    private static func lastHop(_ request: RequestHead) -> Decision? {
        // Not by `==`: that of an enumeration of another module is called through its conformance.
        if case .options = request.method { return request.maxForwards == 0 ? .options : nil }
        guard case .trace = request.method, request.maxForwards == 0 else { return nil }
        // RFC 9110 §9.3.8 would have us send back what came, which may hold secrets.
        return .refuse(
            Failure(.traceRefused, detail: "TRACE is not answered here", fields: AnswerFields("Allow", "GET, HEAD")))
    }
}
