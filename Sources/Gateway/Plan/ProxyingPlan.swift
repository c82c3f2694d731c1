import Upstreams

/// How requests of a route are retried and kept on their server.
final class ProxyingPlan: Sendable {
    let retry: RetryPolicy
    /// Bytes of a body that are kept for another attempt.
    let replayLimit: Int
    /// Nil without sticky sessions.
    let sticky: StickyCookie?

    init(retry: RetryPolicy, replayLimit: Int, sticky: StickyCookie?) {
        self.retry = retry
        self.replayLimit = replayLimit
        self.sticky = sticky
    }
}
