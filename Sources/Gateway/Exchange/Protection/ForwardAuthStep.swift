import EventLoop
import HTTP
import Messages
import TLS
import Upstreams

/// The step that asks another server whether a request may pass.
extension Exchange {
    /// What the server said.
    enum ForwardAuthVerdict {
        /// The request passes, with the fields that the upstream is to get: lines, each with its end.
        case passes([UInt8])
        /// The client has its answer.
        case answered
    }

    /// Asks the server. A 2xx lets the request pass; any other answer is the client's.
    /// - Throws: 503 if there is no answer to be had, or one that is none: nobody passes then.
    mutating nonisolated(nonsending) func ask(
        _ plan: ForwardAuthPlan, about request: RequestHead, of site: SitePlan
    ) async throws(Failure) -> ForwardAuthVerdict {
        let answer = try await answer(of: plan, about: request, site)
        let forThisHop = answer.fields.namesForThisHop
        let fields: [Said] = answer.fields.lines
            .map { (name: answer.fields.name(of: $0), value: answer.fields.bytes[$0.value]) }
            .filter { !forThisHop.contains($0.name.lowercased()) }
        guard 200...299 ~= answer.status else {
            guard 300...599 ~= answer.status, answer.status != 304 else {
                throw Self.cannotAsk("status \(answer.status)", plan)
            }
            try await pass(answer, fields, of: plan)
            return .answered
        }
        if let name = plan.userField {
            let users = fields.filter { $0.name.lowercased() == name.lowercased() }
            // RFC 9110 §5.3: but for lists a field has one line. Of two some upstreams read the first, others the last or both.
            guard users.count < 2 else { throw Self.cannotAsk("it says twice who it is, in \(name)", plan) }
            record.user = users.first.map { String(decoding: $0.value, as: UTF8.self) }
        }
        // A session that was renewed is the client's to keep.
        for field in fields where field.name.lowercased() == "set-cookie" { answerFields.append("Set-Cookie", said: field.value) }
        let copied = Set(plan.copied.map { $0.lowercased() })
        return .passes(
            fields.filter { copied.contains($0.name.lowercased()) }.flatMap { ConfiguredField.line($0.name, $0.value) ?? [] })
    }

    /// A field of the server's answer.
    private typealias Said = (name: String, value: ArraySlice<UInt8>)

    private mutating nonisolated(nonsending) func answer(
        of plan: ForwardAuthPlan, about request: RequestHead, _ site: SitePlan
    ) async throws(Failure) -> Call.Answer {
        let isTrusted = endpoint.forwarding(to: site).isTrusted
        let question = ForwardAuthRequest(
            request, plan, address: endpoint.clientAddress(of: request, for: site), isTLS: endpoint.isTLS,
            trusted: isTrusted ? TrustedClaims(request.fields, trusted: site.trustedProxies) : nil)
        var limits = Call.Limits()
        limits.timeout = plan.timeout
        limits.connectTimeout = plan.timeout
        limits.handshakeTimeout = plan.timeout
        limits.maxBodyBytes = Self.maxPageBytes
        let server: UpstreamClient
        do throws(TLSError) {
            server = try generation.client(for: plan, loop: resources.loop)
        } catch {
            throw Self.cannotAsk(error.reason, plan)
        }
        do throws(CallError) {
            return try await server.send(question.call, waiter: client.waiter, buffers: resources.buffers, limits: limits)
        } catch {
            throw Self.cannotAsk(error.description, plan)
        }
    }

    /// Sends the server's answer to the client, as it is but for what is about its connection.
    private mutating nonisolated(nonsending) func pass(
        _ answer: Call.Answer, _ fields: [Said], of plan: ForwardAuthPlan
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        record.failure = keyed(Failure(.forwardAuth, status: answer.status, key: plan.key))
        record.status = answer.status
        var own = AnswerFields()
        for field in fields where !["date", "server", "via", "alt-svc"].contains(field.name.lowercased()) {
            own.append(field.name, said: field.value)
        }
        if !answer.fields.contains(.cacheControl) { own.append("Cache-Control", "no-store") }
        own.append(proxyStatus: .exchange(.forwardAuth), by: generation.plan.proxyName)
        own.append(answerFields)
        fillOwnHeaders()
        headers.own.apply(to: &own)
        let length = UInt64(answer.body.count)
        let isHead = client.requestIfAny?.method == .head
        let writer = responder.begin(
            Answer(
                status: answer.status, framing: isHead ? .none : .length(length), statedLength: isHead ? length : nil,
                fields: own, siteFields: headers.own.common, hasDate: headers.own.replacesDate))
        if !isHead { try await send(answer.body, 0..<answer.body.count, to: writer) }
        writer.finish()
        try await flush()
    }

    /// What is wrong is the operator's to know.
    private static func cannotAsk(_ reason: String, _ plan: ForwardAuthPlan) -> Failure {
        Failure(
            .forwardAuthFailed, detail: "\(plan.server.url): \(reason)", key: "\(plan.key).url", retryAfter: 1,
            clientDetail: "Nobody can be let in at the moment; try again later.")
    }

    /// Bytes of an answer's body: a page that says why not.
    private static var maxPageBytes: Int { 65_536 }
}
