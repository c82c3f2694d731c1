import EventLoop
import HTTP
import Messages
import Upstreams

/// One request and its answer: route, protect, answer or proxy, log. It does not know which version of HTTP carries it.
/// Its steps are `mutating` even where they only look: price 4 of docs/swift-prices.md, as other comments cite them.
struct Exchange: ~Copyable {
    let client: any ClientSide
    let endpoint: ClientEndpoint
    let resources: WorkerResources
    /// The generation that the exchange began in and stays in, whatever plan comes into use meanwhile.
    let generation: Generation
    /// What the access log will say.
    var record: AccessRecord
    /// The rules by which fields are changed: the route's, or the site's. None before the site is known.
    var headers = HeaderPlan.none
    /// The right to answer, taken by the step that answers; nil once an answer has begun.
    var responder: Responder?
    /// A bad answer of which its server's health has not been told yet; nil if there is none.
    var unreportedFault: UnreportedFault?
    /// Fields added to the answer, whether it comes from an upstream, a file, or the gateway itself.
    var answerFields = AnswerFields()
    /// Its slots in the limits of concurrent requests; nil where there is no such limit.
    var slots: RequestSlots?
    /// What the upstream is told of the request's sender; nil: nobody has asked who it is.
    var identity: IdentityFields?
    /// Judges and stores the answer for the cache; nil if it is not to be stored.
    var recording: CacheRecording?
    /// A WebSocket's slot in the limits of tunnels, from its handshake on.
    var slot: TunnelSlot?
    /// What the exchange has become, if its upgrade succeeded. Whoever ran the exchange runs it.
    var tunnel: Tunnel?

    @inline(__always)  // Else it is made in one place and copied to another.
    init(_ client: any ClientSide, resources: WorkerResources, in generation: Generation) {
        self.client = client
        endpoint = client.endpoint
        self.resources = resources
        self.generation = generation
        record = AccessRecord(began: resources.now)
        responder = Responder(client)
    }

    /// Carries the request out to its end: an answer, a visible cut, or a tunnel.
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
            if let crossOrigin = site.crossOrigin { answerFields = crossOrigin.fields(for: request) }
            let decision = Router.decide(site, request) { endpoint.origin(of: request, for: site) }
            record.route = decision.route
            headers = record.route?.headers ?? site.headers
            if headers.hasVariables { fillHeaders(request, site, decision) }
            let protector = decision.protector
            if let protection = protector == nil ? site.protection : protector?.protection {  // Price 9.
                try protect(request, by: protection, of: site)
                if protection.authenticates, decision.authenticates, try await !authenticate(request, by: protection, of: site) {
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
