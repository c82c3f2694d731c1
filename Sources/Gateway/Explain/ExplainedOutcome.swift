import Configuration
import EventLoop
import HTTP
import StaticFiles
import Transport
import Upstreams

/// The last step of an explanation: what is done with the request.
extension Explainer {
    func conclude(
        _ decision: Decision, _ head: RequestHead, _ sender: ExplainedSender, _ site: SitePlan, _ index: RouteIndex,
        _ explanation: inout Explanation
    ) {
        switch decision {
        case .route(let found):
            do throws(Failure) {
                try conclude(found, head, sender, site, index, &explanation)
            } catch {
                refuse(error.keyed(by: found.route), &explanation)
            }
        case .file(let files): conclude(files, head, &explanation)
        case .redirect(let port):
            let status = OwnAnswer.statusToHTTPS(for: head.method)
            answer(status, "redirect to https, port \(port)", .redirectToHTTPS, &explanation)
        case .options:
            let isLastHop = head.maxForwards == 0
            answer(
                200, isLastHop ? "the gateway answers: Max-Forwards is 0" : "the gateway answers: no route is for the whole site",
                .options, &explanation)
        case .preflight: answer(204, "the gateway answers for access_control", .crossOriginPreflight, &explanation)
        case .health: answer(200, "the gateway says whether the site is ready", .ready, &explanation)
        case .refuse(let failure): refuse(failure, &explanation)
        }
    }

    private func answer(_ status: Int, _ result: String, _ reason: ExchangeReason, _ explanation: inout Explanation) {
        explanation.status = status
        explanation.result = result
        explanation.reason = reason.rawValue
    }

    private func conclude(
        _ found: RouteTable.Found, _ head: RequestHead, _ sender: ExplainedSender, _ site: SitePlan, _ index: RouteIndex,
        _ explanation: inout Explanation
    ) throws(Failure) {
        let variables = ExchangeVariables(
            request: head, endpoint: sender, site: site, remainder: found.remainder, captures: found.captures,
            // One that nobody has, unless a trusted proxy names one: of a request that is sent it is another each time.
            requestID: RequestID(of: head, isTrusted: sender.forwarding(to: site).isTrusted, or: .made(0, 0)))
        switch found.route.action {
        case .redirect(let redirect):
            let location = redirect.location(variables).map { String(decoding: $0, as: UTF8.self) }
            answer(redirect.status(for: head.method), "redirect to \(location ?? "nowhere")", .redirect, &explanation)
        case .respond: answer(respondStatus(found.route, index), "a fixed answer", .respond, &explanation)
        case .internalAPI: answer(200, "how the gateway is", .respond, &explanation)
        case .tlsInfo: answer(200, "what is known of the client's own TLS connection", .tlsInfo, &explanation)
        case .files(let files?): conclude(files, head, &explanation)
        case .files(nil): explanation.result = "the site's files cannot be had"
        case .proxy(let proxied):
            explanation.upstream = try upstream(proxied, found, head, sender, variables, index)
            explanation.result = "to upstream \(proxied.group.name)"
            if head.upgrade == .websocket {
                explanation.result +=
                    proxied.takesWebSocket ? ", as a WebSocket" : ", without its upgrade: the route has no websocket = true"
            }
            if let refusal = explanation.upstream?.refusal {
                explanation.result += ", which has no server for it now: \(refusal)"
            }
        }
    }

    /// A file, unless the request is refused before anything is looked for. Of `try_files` it is not known which path is asked
    /// for.
    private func conclude(_ files: FilesPlan, _ head: RequestHead, _ explanation: inout Explanation) {
        explanation.result = "a file of \(files.site.path)"
        let path = files.tries.isEmpty ? Array(head.fields.bytes[head.path]) : [0x2F]
        do throws(StaticError) {
            _ = try files.site.search(
                path: path.span, method: .get, conditions: StaticConditions(head.fields), now: 0, cache: nil)
        } catch {
            return refuse(Failure(ExchangeReason(error.refusal), detail: error.reason), &explanation)
        }
        guard head.method != .get, head.method != .head else { return }
        refuse(Failure(.methodNotAllowed, detail: "static files answer only GET and HEAD"), &explanation)
    }

    private func respondStatus(_ route: RoutePlan, _ index: RouteIndex) -> Int {
        if case .respond(let fixed)? = index.written(route)?.route.action { fixed.status } else { 200 }
    }

    // MARK: The upstream

    private func upstream(
        _ route: ProxyRoute, _ found: RouteTable.Found, _ head: RequestHead, _ sender: ExplainedSender,
        _ variables: ExchangeVariables, _ index: RouteIndex
    ) throws(Failure) -> Explanation.Upstream {
        var rewritten: [UInt8] = []
        if let rewrite = route.rewrite { rewritten = try Exchange.rewritten(head, by: rewrite, variables) }
        let isHandshake = head.upgrade == .websocket && route.takesWebSocket
        if isHandshake { try Exchange.checkHandshake(head, over: route, of: variables.site) }
        if case .length(let length) = head.framing { try route.proxying.bodyLimit.check(length) }
        var wanted = UpstreamGroup.Request(now: monotonicNanoseconds())
        if let server = route.proxying.sticky?.server(in: head.fields) {
            wanted.stuckTo = route.group.servers.firstIndex { $0.identityHash == server }
        }
        if case .hash(let source) = route.group.method {
            let client = sender.clientAddress(of: head, for: variables.site)
            wanted.key = source.key(of: head) { client?.text ?? sender.peer.host }
        }
        let servers = ExplainedServers(route.group, wanted, configuration, isLive: isLive)
        var forwarded = UpstreamRequest(target: route.targets[servers.choice], remainder: found.remainder, framing: head.framing)
        forwarded.rewritten = rewritten
        forwarded.asksForWebSocket = isHandshake
        forwarded.acceptsTrailers = head.acceptsTrailers
        forwarded.expectsContinue = true
        forwarded.forwardsTrailers = route.forwardsTrailers && head.framing.isChunked
        let headers = found.route.headers.hasVariables ? found.route.headers.filled(variables) : found.route.headers
        let client = sender.forwarding(to: variables.site)
        change(&forwarded, head, policy: headers.request, client: client, asked: found.route.protection)
        let came = FieldComparison.lines(of: head)
        if let compression = variables.site.compression { head.addPlainTags(codings: compression.codings) }
        var sent: [UInt8] = []
        sent.append(guessing: 4096) {
            ForwardedHead.writeRequest(head, forwarded, policy: headers.request, client: client, to: &$0)
        }
        let written = index.written(found.route)
        let causes = FieldCauses(
            configuration: configuration, site: index.site, sitePath: variables.site.keyPath,
            route: written?.route ?? Route(path: "/", action: .proxy), routePath: written?.path ?? "")
        return Explanation.Upstream(
            name: route.group.name, method: Self.name(route.group.method),
            servers: servers.all(of: index.site, at: variables.site.keyPath), refusal: servers.refusal?.reason.word,
            requestLine: FieldComparison.requestLine(sent), fields: FieldComparison(came, sent, causes: causes).fields)
    }

    static func name(_ method: UpstreamGroup.Method) -> String {
        switch method {
        case .roundRobin: "round_robin"
        case .weighted: "weighted"
        case .leastConnections: "least_connections"
        case .randomTwo: "random_two"
        case .leastTime: "least_time"
        case .hash(.client): "hash of client"
        case .hash(.path): "hash of path"
        case .hash(.header(let name)): "hash of header \(name)"
        case .hash(.cookie(let name)): "hash of cookie \(name)"
        }
    }
}
