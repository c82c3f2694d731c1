package import Configuration
import EventLoop
import HTTP
import Transport
import Upstreams

/// Says what would become of a request: by the same steps that a request takes (`Router`, `HeaderPlan`, `ForwardedHead`), so that
/// it cannot say otherwise than what is done.
package struct Explainer {
    let configuration: Configuration
    let plan: Plan
    /// Is the plan in use?
    let isLive: Bool

    /// - Parameters:
    ///   - plan: built of the configuration.
    ///   - isLive: whether it is in use, so that its servers' states say something. Nothing is changed either way.
    package init(_ configuration: Configuration, _ plan: Plan, isLive: Bool = false) {
        self.configuration = configuration
        self.plan = plan
        self.isLive = isLive
    }

    /// - Throws: when nobody would take the request at all.
    package func explain(_ request: ExplainedRequest) throws(ExplainedRequest.Fault) -> Explanation {
        let listener = try listener(for: request)
        if let tcp = listener.tcp { return explain(tcp, of: listener, request) }
        var explanation = Explanation(listener: explained(listener), result: "")
        guard (listener.tls != nil) == request.isTLS else {
            refuseScheme(of: request, &explanation)
            return explanation
        }
        if request.isTLS { explanation.certificate = certificate(request, listener) }
        let head = RequestHead()
        do throws(HTTPRefusal) {
            guard try head.parse(request.head.span, limits: plan.limits.head) != nil else {
                throw HTTPRefusal(.headTooLarge)
            }
            try explain(head, request, listener, &explanation)
        } catch {
            refuse(Failure(error), &explanation)
        }
        return explanation
    }

    // MARK: Who takes it

    private func listener(for request: ExplainedRequest) throws(ExplainedRequest.Fault) -> ListenerPlan {
        let here = plan.listeners.filter { $0.address.port == request.port }
        let name = request.host.lowercased()
        let found = here.first { ($0.tls != nil) == request.isTLS && $0.site(named: name) != nil } ?? here.first
        guard let found else {
            let known = plan.listeners.map { listener in
                "\(listener.tcp != nil ? "tcp" : listener.tls == nil ? "http" : "https") \(listener.address)"
            }.joined(separator: ", ")
            throw ExplainedRequest.Fault(description: "nothing listens on port \(request.port); there is: \(known)")
        }
        return found
    }

    private func explained(_ listener: ListenerPlan) -> Explanation.Listener {
        Explanation.Listener(
            address: listener.address.description, scheme: listener.tls == nil ? "http" : "https",
            at: configuration.location(of: "\(listener.keyPath).port")?.description)
    }

    private func refuseScheme(of request: ExplainedRequest, _ explanation: inout Explanation) {
        if request.isTLS {
            explanation.result = "the TLS handshake fails: this port speaks plain HTTP"
        } else {
            refuse(
                Failure(.plainHTTPOnTLSPort, detail: "This port speaks HTTPS: use https:// instead of http://"), &explanation)
        }
    }

    private func certificate(_ request: ExplainedRequest, _ listener: ListenerPlan) -> Explanation.Certificate? {
        let site = listener.site(named: request.host.lowercased()) ?? listener.fallback
        guard let certificate = plan.certificates.first(where: { $0.keyPath == site.keyPath }) else { return nil }
        return Explanation.Certificate(
            serverName: request.namesHost ? request.host.lowercased() : nil, file: certificate.certificateFile,
            at: configuration.location(of: "\(site.keyPath).ssl.cert_file")?.description,
            expires: certificate.loaded?.expires.map { Timestamp.text(seconds: $0) })
    }

    // MARK: What becomes of it

    private func explain(
        _ head: RequestHead, _ request: ExplainedRequest, _ listener: ListenerPlan, _ explanation: inout Explanation
    ) throws(HTTPRefusal) {
        let sender = ExplainedSender(request: request)
        let host = head.lowercasedHost
        explanation.request = Explanation.Request(
            method: head.methodText, target: head.string(head.target), host: host, path: head.string(head.path),
            query: head.string(head.query))
        let site: SitePlan
        do throws(Failure) {
            let named = request.namesHost && request.isTLS ? listener.site(named: request.host.lowercased()) : nil
            site = try Router.site(listener, host: host, serverName: named)
        } catch {
            return refuse(error, &explanation)
        }
        explanation.site = explained(site, host, listener)
        let index = RouteIndex(configuration, site, host: host)
        explanation.site?.at = configuration.location(of: index.nameKey)?.description
        explanation.request?.client = sender.clientAddress(of: head, for: site)?.text
        let decision = Router.decide(site, head) { sender.origin(of: head, for: site) }
        let taken = decision.route ?? decision.protector
        explanation.routes = site.table.trace(head, from: { sender.origin(of: head, for: site) }, taken: taken).enumerated().map {
            index.explained($1, order: $0 + 1)
        }
        let limits = ExplainedLimits(
            configuration: configuration, site: index.site, sitePath: site.keyPath, route: taken.flatMap { index.written($0) })
        explanation.limits = limits.all
        explanation.answerFields = limits.answerFields
        let protector = decision.protector
        let protection = protector == nil ? site.protection : protector?.protection
        let rules = ExplainedProtection(
            configuration: configuration, sitePath: site.keyPath, routePath: protector.flatMap { index.written($0)?.path })
        explanation.protection = rules.settings(protection, authenticates: decision.authenticates)
        let address = sender.clientAddress(of: head, for: site)
        if let refusal = protection?.addresses.refusal(of: address, content: { $0.shared.value }) {
            var failure = Exchange.addressFailure(refusal)
            if case .refused(let key) = refusal { failure = Failure(.addressRefused, key: key) }
            return refuse(protector.map { failure.keyed(by: $0) } ?? failure, &explanation)
        }
        conclude(decision, head, sender, site, index, &explanation)
    }

    private func explained(_ site: SitePlan, _ host: String, _ listener: ListenerPlan) -> Explanation.Site {
        let why =
            if listener.exact[host] != nil {
                "\"\(host)\" is one of its names"
            } else if listener.site(named: host) != nil {
                "\"\(host)\" is one of those that a wildcard of its names stands for"
            } else {
                "no site of this listener has the name \"\(host)\", and this is its default"
            }
        return Explanation.Site(
            name: site.name, key: site.keyPath, at: configuration.location(of: "\(site.keyPath).hostname")?.description, why: why)
    }

    func refuse(_ failure: Failure, _ explanation: inout Explanation) {
        explanation.status = failure.status
        explanation.reason = failure.reason.word
        explanation.result =
            "refused" + (failure.detail.isEmpty ? "" : ": \(failure.detail)")
            + (failure.key.map { " (\($0))" } ?? "")
    }
}

extension ExplainedRequest {
    /// Is it asked by a name? A literal address is none that a TLS client may ask for (RFC 6066 §3).
    var namesHost: Bool { !host.hasPrefix("[") && IPAddress(host) == nil }
}
