import EventLoop
import HTTP
import Upstreams

/// What every attempt reports about its server, for health and metrics.
extension Exchange {
    /// Reports a failure to the server's health, if the server is to blame.
    mutating func report(
        _ failure: Failure, of server: UpstreamServer, about proxied: borrowing ProxiedRequest, began: UInt64
    ) {
        guard failure.blame == .upstream else { return }
        if case .status(let status) = failure.retry {
            record.serverSeries?.answered(status, in: resources.now &- began, worker: resources.number)
        } else {
            record.serverSeries?.add(1, at: ServerSeries.Index.failures, worker: resources.number)
        }
        guard let fault = failure.fault else { return }
        let reason = failure.detail.isEmpty ? failure.reason.word : "\(failure.reason.word): \(failure.detail)"
        guard fault == .badAnswer else { return server.failed(fault, reason: reason, now: resources.now) }
        let kind = if case .status = failure.retry { failure.detail } else { "\(failure.reason)" }
        hold(server, proxied, kind: kind, reason: reason, began: began)
    }

    private mutating func hold(
        _ server: UpstreamServer, _ proxied: borrowing ProxiedRequest, kind: String, reason: String, began: UInt64
    ) {
        let fault = UnreportedFault(
            server, of: proxied.route.group, kind: kind, reason: reason, began: began, client: boundClient(of: proxied))
        if let held = unreportedFault, held.absorbs(fault) { return }
        reportFault()
        unreportedFault = fault
    }

    /// Whose request it is, where its others come to the same server. By its key and its address: behind one address there may be
    /// many clients, and many have no key.
    private mutating func boundClient(of proxied: borrowing ProxiedRequest) -> UInt64? {
        var isBound = proxied.pick.stuckTo != nil
        if case .hash = proxied.route.group.method { isBound = true }
        return isBound ? proxied.pick.key &* 31 &+ key(.client) : nil
    }

    /// Reports the fault that is held back: the request is over, or has failed in another way.
    mutating func reportFault() {
        if let held = unreportedFault.take() { held.report(now: resources.now) }
    }

    /// Reports an answer to the server's health.
    /// - Parameter began: when the attempt did, in monotonic nanoseconds. The others are only looked at (price 4).
    mutating func report(
        _ relay: inout Relay, of server: UpstreamServer, about proxied: inout ProxiedRequest, began: UInt64
    ) {
        let now = resources.now
        record.serverSeries?.answered(relay.download.status, in: relay.download.answeredAt &- began, worker: resources.number)
        switch relay.download.status {
        // RFC 9110 §15.6.2, §15.6.6: what the request asks for is not supported, which is no sign of trouble.
        case 501, 505: server.succeeded(in: relay.download.answeredAt &- began, now: now)
        case 500...599:
            let reason = "status \(relay.download.status)"
            hold(server, proxied, kind: reason, reason: reason, began: began)
        default:
            // A call that its server could not serve has failed, whatever HTTP says.
            if record.grpcStatus == GRPC.Status.unavailable.rawValue {
                let reason = "grpc-status 14"
                return hold(server, proxied, kind: reason, reason: reason, began: began)
            }
            server.succeeded(in: relay.download.answeredAt &- began, now: now)
        }
    }
}

extension Relay {
    /// Nanoseconds: no server gives a client up sooner.
    private static let minTakingWait: UInt64 = 1_000_000_000

    /// Was it the client, more than anything else, that the answer has waited for? A server does not wait for ever.
    /// - Parameter now: monotonic nanoseconds.
    func isHeldUpByClient(now: UInt64) -> Bool {
        waitedForTaking >= Self.minTakingWait && waitedForTaking >= (now &- download.answeredAt) / 2
    }
}
