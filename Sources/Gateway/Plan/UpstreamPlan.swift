import Upstreams

/// All servers of all sites, and what belongs to them, in the order of `UpstreamServer.index`.
struct UpstreamPlan {
    var servers: [UpstreamServer] = []
    var poolSettings: [Pool.Settings] = []
    var serverLines: [Int?] = []
    var lines: [WaitingLine.Limit] = []
    var probes: [ProbePlan] = []
    var handshakeRates: [HandshakeRate] = []
    /// By site, pool and address: what the next plan carries over.
    var states: [String: ServerState] = [:]
}

/// A server that is probed.
struct ProbePlan: Sendable {
    var server: UpstreamServer
    var settings: Prober.Settings
}

/// How requests of a route are retried, kept on their server, and made to wait.
final class ProxyingPlan: Sendable {
    let retry: RetryPolicy
    /// Bytes of a body that are kept for another attempt.
    let replayLimit: Int
    /// Nil without sticky sessions.
    let sticky: StickyCookie?
    /// The place in the plan's `lines`; nil if no server of the group has a limit.
    let line: Int?

    init(retry: RetryPolicy, replayLimit: Int, sticky: StickyCookie?, line: Int?) {
        self.retry = retry
        self.replayLimit = replayLimit
        self.sticky = sticky
        self.line = line
    }
}
