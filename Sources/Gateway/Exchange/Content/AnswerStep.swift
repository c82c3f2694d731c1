import HTTP
import StaticFiles

/// The step that answers by a route which says itself what the answer is.
extension Exchange {
    mutating nonisolated(nonsending) func answer(
        _ request: RequestHead, by found: RouteTable.Found, of site: SitePlan
    ) async throws(Failure) {
        switch found.route.action {
        case .proxy(let proxied): try await answerFromCache(request, over: proxied, found, of: site)
        case .redirect(let redirect):
            // Whoever names no host (HTTP/1.0) cannot be sent to another URL of it.
            if redirect.needsHost, request.authority == nil { throw Failure(HTTPRefusal(.hostMissing)) }
            guard let location = redirect.location(variables(of: request, site, found)) else {
                throw Failure(.redirectImpossible, detail: "The address to go to cannot be written.", key: redirect.key)
            }
            try await send(
                .redirect(
                    request, to: location, redirect.status(for: request.method), headers: headers, by: generation.plan.proxyName))
        case .files(let files):
            guard let files else { throw SiteFault.failure(key: "sites.static_dir") }
            try await sendFile(request, from: files, of: site, by: found)
        case .internalAPI(let api):
            let answer = api.answer(of: site, isStopping: resources.shared.isStopping)
            try await send(.fixed(answer, headers: headers, by: generation.plan.proxyName))
        case .tlsInfo: try await sendTLSInfo(request, of: site)
        case .respond(let fixed):
            var page: ErrorPage?
            if fixed.takesPage { page = await errorPage(of: fixed.status) }
            try await send(.fixed(fixed, page: page, headers: headers, by: generation.plan.proxyName))
        }
    }

    /// Fills the rules in use with what their variables stand for: those for what goes on to an upstream and comes back, or those
    /// for an answer that is made here.
    mutating func fillHeaders(_ request: RequestHead, _ site: SitePlan, _ decision: Decision) {
        var found: RouteTable.Found?
        if case .route(let taken) = decision { found = taken }
        let values = variables(of: request, site, found)
        headers = if case .proxy? = found?.route.action { headers.filled(values) } else { headers.filledForOwn(values) }
    }

    /// Fills the rules in use for an answer that is made here in place of an upstream's.
    mutating func fillOwnHeaders() {
        guard headers.leavesOwn, record.isRequestWhole, let site = record.site, let request = client.requestIfAny else { return }
        var found: RouteTable.Found?
        if case .route(let taken) = Router.decide(site, request, from: { endpoint.origin(of: request, for: site) }) {
            found = taken
        }
        headers = headers.filledForOwn(variables(of: request, site, found))
    }

    /// The normalised path that a template makes; a query is no part of it.
    /// - Throws: what the variables made is no path.
    mutating func path(
        of request: RequestHead, by template: RequestTemplate, _ found: RouteTable.Found?, of site: SitePlan
    ) throws(Failure) -> [UInt8] {
        var target: [UInt8] = []
        template.append(variables(of: request, site, found), to: &target)
        var path: [UInt8] = []
        do throws(HTTPRefusal) {
            try NormalisedPath.append(
                target.span, 0..<(target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex), to: &path, allowsDots: false)
        } catch {
            throw Failure(error)
        }
        return path
    }

    /// What stands in place of the path and the query of a request that goes upstream; empty: they stay.
    /// - Throws: what the variables made is no path.
    mutating func rewritten(
        _ request: RequestHead, by template: RequestTemplate, _ found: RouteTable.Found, of site: SitePlan
    ) throws(Failure) -> [UInt8] {
        request.form == .asterisk ? [] : try Self.rewritten(request, by: template, variables(of: request, site, found))
    }

    static func rewritten(
        _ request: RequestHead, by template: RequestTemplate, _ variables: ExchangeVariables
    ) throws(Failure) -> [UInt8] {
        guard request.form != .asterisk else { return [] }
        var target: [UInt8] = []
        template.appendTarget(variables, to: &target)
        let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        var path: [UInt8] = []
        do throws(HTTPRefusal) {
            // `{remainder}` may be empty. A group of `^/user-(.*)$` may be `../admin`, which must not leave `/users/{1}`.
            try NormalisedPath.append(target.span, 0..<end, to: &path, allowsDots: false)
        } catch {
            throw Failure(error)
        }
        if end == target.endIndex { return path + request.fields.bytes[request.query] }
        // A query that would be empty is none.
        return end + 1 == target.endIndex ? path : path + target[end...]
    }

    /// - Parameter found: nil without a route.
    private mutating func variables(of request: RequestHead, _ site: SitePlan, _ found: RouteTable.Found?) -> ExchangeVariables {
        let requestID = RequestID(
            of: request, isTrusted: endpoint.forwarding(to: site).isTrusted, or: record.requestID ?? resources.requestIDs.next())
        record.requestID = requestID
        return ExchangeVariables(
            request: request, endpoint: endpoint, site: site, remainder: found?.remainder ?? request.path.lowerBound,
            captures: found?.captures ?? [], requestID: requestID)
    }
}
