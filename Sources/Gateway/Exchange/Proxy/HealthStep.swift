import EventLoop
import HTTP
import Upstreams

/// What every attempt reports about its server, for health and metrics.
extension Exchange {
    /// Reports a failure to the server's health, if the server is to blame.
    mutating func report(_ failure: Failure, of server: UpstreamServer, in group: UpstreamGroup, began: UInt64) {
        guard failure.blame == .upstream else { return }
        if case .status(let status) = failure.retry {
            record.serverSeries?.answered(status, in: resources.loop.now &- began, worker: resources.number)
        } else {
            record.serverSeries?.add(1, at: ServerSeries.Index.failures, worker: resources.number)
        }
        guard let fault = failure.fault else { return }
        let words = failure.detail.isEmpty ? failure.reason.word : "\(failure.reason.word): \(failure.detail)"
        guard fault == .badAnswer else { return server.failed(fault, reason: words, now: resources.loop.now) }
        let kind = if case .status = failure.retry { failure.detail } else { "\(failure.reason)" }
        hold(UnreportedFault(server, of: group, kind: kind, reason: words, began: began))
    }

    private mutating func hold(_ fault: UnreportedFault) {
        if let held = unreportedFault, held.absorbs(fault) { return }
        reportFault()
        unreportedFault = fault
    }

    /// Reports the fault that is held back: the request is over, or has failed in another way.
    mutating func reportFault() {
        if let held = unreportedFault.take() { held.report(now: resources.loop.now) }
    }

    /// Reports an answer to the server's health.
    mutating func report(
        _ relay: borrowing Relay, of server: UpstreamServer, in group: UpstreamGroup, began: UInt64
    ) {
        let now = resources.loop.now
        record.serverSeries?.answered(
            relay.download.status, in: relay.download.answeredAt &- began, worker: resources.number)
        switch relay.download.status {
        // RFC 9110 §15.6.2, §15.6.6: what the request asks for is not supported, which is no sign of trouble.
        case 501, 505: server.succeeded(in: relay.download.answeredAt &- began, now: now)
        case 500...599:
            let words = "status \(relay.download.status)"
            hold(UnreportedFault(server, of: group, kind: words, reason: words, began: began))
        default:
            // A call that its server could not serve has failed, whatever HTTP says.
            if record.grpcStatus == GRPC.Status.unavailable.rawValue {
                let words = "grpc-status 14"
                return hold(UnreportedFault(server, of: group, kind: words, reason: words, began: began))
            }
            server.succeeded(in: relay.download.answeredAt &- began, now: now)
        }
    }
}

extension Relay {
    /// Nanoseconds: no server gives a client up sooner.
    private static let shortestPatience: UInt64 = 1_000_000_000

    /// Was it the client, more than anything else, that the answer has waited for? A server does not wait for ever.
    /// - Parameter now: monotonic nanoseconds.
    func isHeldUpByClient(now: UInt64) -> Bool {
        waitedForTaking >= Self.shortestPatience && waitedForTaking >= (now &- download.answeredAt) / 2
    }
}
