import EventLoop
import HTTP
import Messages
import StaticFiles
import Upstreams

/// One request: route, prepare, lease, send, answer, log. It does not know which version of HTTP carries it.
///
/// Its steps are `mutating` even where they only look (price 4).
struct Exchange: ~Copyable {
    let client: any ClientSide
    let endpoint: ClientEndpoint
    let state: WorkerResources
    /// The one that the exchange began in and stays in, whatever is adopted meanwhile.
    let generation: Generation
    /// What the access log will say.
    var record: AccessRecord
    /// Taken by whoever answers; nil once an answer has begun.
    var responder: Responder?
    /// Nil unless a server has answered badly.
    var heldFault: HeldFault?
    /// What the answer gets besides its own fields, whoever makes it: an upstream, a file, or the gateway.
    var answerFields = AnswerFields()
    /// A WebSocket's place among the route's, from its handshake on.
    var seat: TunnelSeat?
    /// What the exchange has become, if its upgrade succeeded: to be run by whoever ran the exchange.
    var tunnel: Tunnel?

    init(_ client: any ClientSide, state: WorkerResources) {
        self.client = client
        endpoint = client.endpoint
        self.state = state
        generation = endpoint.generation
        record = AccessRecord(began: state.loop.now)
        responder = Responder(client)
    }

    /// Carries the request out, whatever comes.
    @inline(__always)  // Price 7.
    mutating nonisolated(nonsending) func run() async {
        do throws(Failure) {
            let request = client.request
            let site = try endpoint.site(for: request)
            record.site = site
            if let crossOrigin = site.crossOrigin { answerFields = crossOrigin.fields(for: request) }
            switch Router.decide(site, request) {
            case .proxy(let route, let remainder): try await proxy(request, over: route, remainder, of: site)
            case .file(let files): try await sendFile(request, from: files, of: site)
            case .redirect(let port):
                try await send(.redirect(request, toPort: port, headers: site.headers, by: generation.plan.proxyName))
            case .options: try await send(.options(request, headers: site.headers, by: generation.plan.proxyName))
            case .preflight(let crossOrigin):
                let fields = crossOrigin.preflightFields(for: request)
                try await send(.preflight(request, fields, headers: site.headers, by: generation.plan.proxyName))
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
        if let request = client.requestIfAny { record.site = endpoint.siteIfNamed(by: request) }
        await fail(failure)
        finish()
    }

    /// Answers with the failure, unless an answer has begun: that one is cut, which dropping its writer has done. If the client
    /// is not to blame it gets all that had come.
    private mutating nonisolated(nonsending) func fail(_ failure: Failure) async {
        record.failure = failure
        if responder == nil || failure.status == 499 {
            record.status = record.status == 0 ? failure.status : record.status
            let hasBegun = responder == nil
            responder = nil
            client.abort()
            if hasBegun, failure.blame != .client { await deliverRest() }
            return
        }
        let page = errorPage(for: failure)
        do throws(Failure) {
            try await send(
                OwnAnswer.page(
                    for: failure, to: client.requestIfAny, headers: record.site?.headers, by: generation.plan.proxyName,
                    page: page))
        } catch {
            client.abort()
        }
    }

    /// The operator's page for the failure; nil if there is none, or it cannot be read: the log says so then.
    private mutating func errorPage(for failure: Failure) -> ErrorPage? {
        guard let files = record.site?.errorPages else { return nil }
        do throws(StaticError) {
            return try files.errorPage(failure.status, now: state.clock.seconds, from: state.fileCache)
        } catch {
            record.failure = failure.noting("error_pages: \(error.reason)")
            return nil
        }
    }

    /// Sends what there is of an answer that will not become whole.
    private mutating nonisolated(nonsending) func deliverRest() async {
        do throws(Failure) {
            try await flush()
            client.endShort()
        } catch {
            // The client takes no more of it: the cut stands.
            return
        }
    }

    private mutating func finish() {
        guard state.log.isOn else { return }
        if let tunnel {
            tunnel.logLine = state.log.template(record, client)
            return
        }
        record.bodyBytesReceived = client.body.bodyBytes
        record.bodyBytesSent = client.answerBody.bodyBytes
        record.duration = state.loop.now &- record.began
        state.log.append(record, client)
    }
}
