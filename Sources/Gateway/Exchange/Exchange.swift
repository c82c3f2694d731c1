import EventLoop
import HTTP
import Messages
import Upstreams

/// One request: route, prepare, lease, send, answer, log. It does not know which version of HTTP carries it.
///
/// Its steps are `mutating` even where they only look (price 4).
struct Exchange: ~Copyable {
    let client: any ClientSide
    let endpoint: ClientEndpoint
    let resources: WorkerResources
    /// The one that the exchange began in and stays in, whatever is adopted meanwhile.
    let generation: Generation
    /// What the access log will say.
    var record: AccessRecord
    /// By whose rules fields are changed: the site's, or the route's. None before the site is known.
    var headers = HeaderPlan.none
    /// Taken by whoever answers; nil once an answer has begun.
    var responder: Responder?
    /// Nil unless a server has answered badly.
    var heldFault: HeldFault?
    /// What the answer gets besides its own fields, whoever makes it: an upstream, a file, or the gateway.
    var answerFields = AnswerFields()
    /// Where it is counted among the requests that are under way; nil where nobody counts.
    var places: RequestPlaces?
    /// What is changed in the request on its way, besides what the site says.
    var requestRules: FieldRules?
    /// What the cache asks about the answer, and is told; nil where nothing is kept of it.
    var recording: CacheRecording?
    /// A WebSocket's place among the route's, from its handshake on.
    var seat: TunnelSeat?
    /// What the exchange has become, if its upgrade succeeded: to be run by whoever ran the exchange.
    var tunnel: Tunnel?

    init(_ client: any ClientSide, resources: WorkerResources, in generation: Generation) {
        self.client = client
        endpoint = client.endpoint
        self.resources = resources
        self.generation = generation
        record = AccessRecord(began: resources.loop.now)
        responder = Responder(client)
    }

    /// Carries the request out, whatever comes.
    @inline(__always)  // Price 7.
    mutating nonisolated(nonsending) func run() async {
        do throws(Failure) {
            let request = client.request
            record.method = request.method
            if !resources.challengeAnswers.isEmpty, let text = challengeAnswer(to: request) {
                record.site = endpoint.siteIfNamed(by: request)
                try await send(challengeAnswer: text)
                return finish()
            }
            let site = try endpoint.site(for: request)
            record.site = site
            if let tracing = generation.plan.tracing { beginTrace(request, tracing, of: site) }
            headers = site.headers
            if let crossOrigin = site.crossOrigin { answerFields = crossOrigin.fields(for: request) }
            let decision = Router.decide(site, request) { endpoint.origin(of: request, for: site) }
            if let route = decision.route {
                record.route = route
                headers = route.headers
            }
            if headers.hasVariables { fillHeaders(request, site, decision) }
            let protector = decision.protector
            if let protection = protector == nil ? site.protection : protector?.protection {  // Price 9.
                try protect(request, by: protection, of: site)
                if protection.asksWho, decision.asksWho, try await !identify(request, by: protection, of: site) {
                    return finish()
                }
            }
            switch decision {
            case .route(let found):
                if case .proxy(let proxied) = found.route.action, proxied.caching == nil {
                    try await proxy(request, over: proxied, found, of: site)
                } else {
                    try await answer(request, by: found, of: site)
                }
            case .file(let files): try await sendFile(request, from: files, of: site)
            case .redirect(let port):
                try await send(.redirect(request, toPort: port, headers: headers, by: generation.plan.proxyName))
            case .options: try await send(.options(request, headers: headers, by: generation.plan.proxyName))
            case .preflight(let crossOrigin, _):
                let fields = crossOrigin.preflightFields(for: request)
                try await send(.preflight(request, fields, headers: headers, by: generation.plan.proxyName))
            case .health: try await answerHealth(of: site, request)
            case .refuse(let failure): throw failure
            }
        } catch {
            await fail(error)
        }
        finish()
    }

    /// Answers a request that could not even be read.
    mutating nonisolated(nonsending) func refuse(_ failure: Failure) async {
        record.isRequestWhole = false
        if let request = client.requestIfAny {
            record.site = endpoint.siteIfNamed(by: request)
            record.method = request.method
        }
        if let site = record.site { headers = site.headers }
        await fail(failure)
        finish()
    }
}
