import HTTP
import Messages
import Upstreams

/// What a failed attempt means, to the retry policy and to the server's health.
extension Failure.Retry {
    /// The retry policy's word for the failure; nil if another attempt could not better it.
    var condition: RetryPolicy.Conditions? {
        switch self {
        case .never, .exhausted, .heldUp: nil
        case .unsent, .unprocessed, .unoffered: .connect
        case .closed, .rejected: .closed
        case .timeout: .timeout
        case .status(let status): .status(status)
        }
    }

    /// For an exchange whose stream ended as the error says, where that is known, before any byte of an answer came.
    /// - Parameter hasOtherVersion: see `UpstreamSide`.
    func after(_ error: PeerError, hasOtherVersion: Bool) -> Failure.Retry {
        guard case .closed = self else { return self }
        return switch error {
        case _ where error.isUnprocessed: .unprocessed
        // It was not served, and will be in HTTP/1.1.
        case _ where error.wantsHTTP1 && hasOtherVersion: .unprocessed
        case _ where error.isOfMalformedRequest: .rejected
        // The server itself ended it: that is no idle timeout.
        case .reset: .closed(isReused: false)
        case .connection, .broken, .malformed: self
        }
    }

    /// What it says about the server; nil if nothing.
    var fault: ServerHealth.Fault? {
        switch self {
        case .unsent: .unreachable
        case .closed(isReused: true), .unprocessed, .exhausted, .unoffered, .heldUp: nil
        // What one client sent: as an answer 400.
        case .rejected: nil
        case .closed, .timeout, .status, .never: .badAnswer
        }
    }
}

extension Failure {
    /// What it says about the server; nil if nothing.
    var fault: ServerHealth.Fault? {
        // RFC 9110 §7.8: a server may answer as if it had not been asked to switch, and any client can ask it to.
        if case .message(let refusal) = reason, refusal.reason == .switchMissing { return nil }
        return retry.fault
    }
}

/// How an upstream's connection ends when it should not.
extension Failure {
    /// The failure of a connection that the upstream closed before its answer.
    static func closedEarly(_ detail: String, retry: Retry) -> Failure {
        Failure(.upstreamClosedEarly, detail: detail, retry: retry)
    }

    /// The failure of a connection that broke by an error before the answer; a TLS alert says why.
    static func brokeOff(_ error: PeerError, retry: Retry) -> Failure {
        if error.wantsHTTP1 {
            return Failure(
                .upstreamClosedEarly, detail: error.description, retry: retry, key: "sites.proxy.upstreams.http_version")
        }
        return refusedByTLS(error, retry: retry) ?? closedEarly(error.description, retry: retry)
    }

    /// The failure of an upstream that ended in the middle of its answer.
    static func truncated(_ detail: String = "the upstream closed the connection in the middle of its answer") -> Failure {
        Failure(.upstreamTruncated, detail: detail)
    }

    /// The same failure, of an answer whose client took next to nothing of it for long.
    var ofHeldUpAnswer: Failure {
        guard case .exchange(.upstreamTruncated) = reason else { return self }
        return Failure(.upstreamTruncated, detail: detail, retry: .heldUp)
    }
}
