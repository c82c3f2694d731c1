import EventLoop
import HTTP
import Messages
import Upstreams

/// What an attempt may do so that another can follow it, and whether another follows it.
extension Exchange {
    /// What the next attempt does beyond passing bytes on. A client that is to stay with its server gets a sticky cookie.
    /// - Parameter proxied: is only looked at (price 4).
    mutating func options(of proxied: inout ProxiedRequest, _ choice: Int) -> RelayOptions {
        let (route, plan) = (proxied.route, proxied.route.proxying)
        var options = RelayOptions(answerFields: answerFields, recording: recording)
        options.replay = proxied.replay
        if plan.retry.retries > 0, proxied.head.method.isIdempotent {
            options.retriedStatuses = plan.retry.declinable(
                RetryPolicy.Request(
                    attempts: record.countedAttempts, isIdempotent: true, hasBegunAnswer: false, isBodyKept: true))
        }
        options.reverseRewrite = route.targets[choice].reverseRewrite
        if proxied.pick.stuckTo != choice, let sticky = plan.sticky {
            let server = route.group.servers[choice].identityHash
            if let cookie = sticky.field(for: server, isSecure: endpoint.isTLS) {
                options.answerFields.append("Set-Cookie") { $0 += cookie }
            }
        }
        if let plan = record.site?.compression {
            let limit = generation.limits.maxCompressions
            options.compression = CompressionUse(plan: plan, encoders: resources.encoders, limit: limit)
        }
        options.forwardsTrailers = route.forwardsTrailers && proxied.head.framing.isChunked && proxied.replay?.stored == nil
        if proxied.head.isGRPC, route.group.servers[choice].parameters.version != .http1 {
            setOptions(&options, ofCall: proxied.head)
        }
        return options
    }

    /// May the request be sent again? If not, the log says why.
    mutating func mayRetry(_ proxied: borrowing ProxiedRequest, after failure: Failure) -> Bool {
        let route = proxied.route
        guard failure.blame != .client, !client.hasLeft, let condition = condition(of: failure, route) else { return false }
        if case .unprocessed = failure.retry { record.noteUnprocessed() }
        let kept = proxied.replay.map { $0.isWhole ? UInt64($0.count) : 0 } ?? 0
        let request = RetryPolicy.Request(
            attempts: record.countedAttempts, isIdempotent: proxied.head.method.isIdempotent, hasBegunAnswer: responder == nil,
            isBodyKept: client.body.bodyBytes == kept)
        switch route.proxying.retry.decide(condition, request, hasBudget: route.group.budget.withdraw) {
        case .retry: return true
        case .refuse(let refusal):
            record.notRetried = refusal
            return false
        }
    }

    /// The failure as the retry policy classifies it; nil if no other attempt could mend it.
    private func condition(of failure: Failure, _ route: ProxyRoute) -> RetryPolicy.Conditions? {
        // A WebSocket handshake that came to nothing, or that nobody answered, has done nothing: RFC 6455 §1.3 makes it a GET.
        let isLostHandshake =
            slot != nil && failure.blame == .upstream && failure.fault != nil && (failure.status == 502 || failure.status == 504)
        // An answer that has begun is never repeated, whatever broke it; the policy gives the word for the log.
        let isBegun = responder == nil && failure.blame == .upstream
        guard let stated = failure.retry.condition else { return isLostHandshake || isBegun ? .closed : nil }
        // Waiting for an answer to a handshake is retried even where the route does not retry timeouts.
        if isLostHandshake, stated == .timeout, !route.proxying.retry.conditions.contains(.timeout) { return .closed }
        return stated
    }
}

extension ProxiedRequest {
    /// Has the attempt keep what it takes of the body, if another one may need that.
    mutating func keepBody(for choice: Int) {
        let plan = route.proxying
        guard !head.framing.isEmpty, replay == nil, plan.retry.retries > 0, plan.replayLimit > 0 else { return }
        // A request that the server provably has not looked at is sent again whatever its method; only HTTP/2 can tell that.
        guard head.method.isIdempotent || route.group.servers[choice].parameters.version != .http1 else { return }
        replay = Replay(limit: plan.replayLimit)
    }

    /// Says what the next attempt does otherwise than the one to this server.
    mutating func learn(from failure: Failure, of choice: Int) {
        // The connection has ended or is full, not the server: another connection to it will do.
        if case .unprocessed = failure.retry { return }
        if case .closed(isReused: true) = failure.retry {
            // A stale connection says nothing about its server, but others may be as stale.
            needsFresh = true
            if route.group.servers.count == 1 || pick.stuckTo == choice { return }
        }
        pick.excluded.insert(choice)
    }
}
