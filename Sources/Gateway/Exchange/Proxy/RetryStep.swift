import EventLoop
import HTTP
import Messages
import Upstreams

/// What an attempt may do so that another can follow it, and whether another follows it.
extension Exchange {
    /// What the next attempt does beyond passing bytes on. A client that is to stay with its server gets a sticky cookie.
    mutating func terms(
        of request: RequestHead, over route: ProxyRoute, _ choice: Int, isStuck: Bool, _ replay: inout Replay?
    ) -> RelayTerms {
        let plan = route.proxying
        var terms = RelayTerms(answerFields: answerFields, recording: recording)
        let isIdempotent = request.method.isIdempotent
        if replay?.stored != nil { terms.replay = replay }
        // A request that the server provably has not looked at is sent again whatever its method; only HTTP/2 can tell that.
        if plan.retry.retries > 0, isIdempotent || route.group.servers[choice].parameters.version != .http1 {
            if !request.framing.isEmpty, plan.replayLimit > 0, replay == nil { replay = Replay(limit: plan.replayLimit) }
            terms.replay = replay
        }
        if plan.retry.retries > 0, isIdempotent {
            terms.declines = plan.retry.declinable(
                RetryPolicy.Request(
                    attempts: record.countedAttempts, isIdempotent: true, hasBegunAnswer: false, isBodyKept: true))
        }
        terms.reverseRewrite = route.targets[choice].reverseRewrite
        if !isStuck, let sticky = plan.sticky {
            let server = route.group.servers[choice].identityHash
            if let cookie = sticky.field(for: server, isSecure: endpoint.isTLS) {
                terms.answerFields.append("Set-Cookie") { $0 += cookie }
            }
        }
        if let plan = record.site?.compression {
            terms.compression = CompressionUse(plan: plan, encoders: resources.encoders, limit: generation.limits.maxCompressions)
        }
        terms.forwardsTrailers = route.forwardsTrailers && request.framing.isChunked && replay?.stored == nil
        if request.isGRPC, route.group.servers[choice].parameters.version != .http1 { setTerms(&terms, ofCall: request) }
        return terms
    }

    /// May the request be sent again? If not, the log says why.
    mutating func mayRetry(_ failure: Failure, _ route: ProxyRoute, _ replay: Replay?) -> Bool {
        guard failure.blame != .client, !client.hasLeft, let occasion = occasion(of: failure, route) else { return false }
        if case .unprocessed = failure.retry { record.noteUnprocessed() }
        let kept = replay.map { $0.isWhole ? UInt64($0.count) : 0 } ?? 0
        let request = RetryPolicy.Request(
            attempts: record.countedAttempts, isIdempotent: client.request.method.isIdempotent, hasBegunAnswer: responder == nil,
            isBodyKept: client.body.bodyBytes == kept)
        switch route.proxying.retry.decide(occasion, request, hasBudget: route.group.budget.withdraw) {
        case .retry: return true
        case .refuse(let refusal):
            record.notRetried = refusal
            return false
        }
    }

    /// The failure as the retry policy classifies it; nil if no other attempt could mend it.
    private func occasion(of failure: Failure, _ route: ProxyRoute) -> RetryPolicy.Occasions? {
        // A WebSocket handshake that came to nothing, or that nobody answered, has done nothing: RFC 6455 §1.3 makes it a GET.
        let isLostHandshake =
            slot != nil && failure.blame == .upstream && failure.fault != nil && (failure.status == 502 || failure.status == 504)
        // An answer that has begun is never repeated, whatever broke it; the policy gives the word for the log.
        let isBegun = responder == nil && failure.blame == .upstream
        guard let stated = failure.retry.occasion else { return isLostHandshake || isBegun ? .closed : nil }
        // Waiting for an answer to a handshake is retried even where the route does not retry timeouts.
        if isLostHandshake, stated == .timeout, !route.proxying.retry.occasions.contains(.timeout) { return .closed }
        return stated
    }
}
