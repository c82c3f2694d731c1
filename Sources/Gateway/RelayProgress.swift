/// When a relay last moved bytes, each way, and the deadlines that follow from it: timeouts are about progress, never about a
/// whole request. In monotonic nanoseconds.
struct RelayProgress {
    var uploadedAt: UInt64
    var downloadedAt: UInt64

    init(since now: UInt64) {
        uploadedAt = now
        downloadedAt = now
    }

    /// The nearest deadline among what is waited for, and what it means when it passes.
    func deadline(
        _ up: Relay.Blocked, _ down: Relay.Blocked, upload: Relay.Upload, answer: Relay.Answer, limits: PlanLimits,
        timeouts: ProxyTimeoutPlan
    ) -> (UInt64, Failure) {
        var nearest = (UInt64.max >> 1, Failure("timeout", status: 504, blame: .gateway))
        func consider(_ deadline: UInt64, _ failure: @autoclosure () -> Failure) {
            if deadline < nearest.0 { nearest = (deadline, failure()) }
        }
        if up.onClient {
            consider(
                uploadedAt &+ limits.bodyTimeout,
                Failure("body_timeout", status: 408, blame: .client, key: "limits.body_timeout"))
        }
        if up.onUpstream {
            consider(
                uploadedAt &+ timeouts.write,
                Failure("upstream_write_timeout", status: 504, blame: .upstream, key: "sites.proxy.timeout.write"))
        }
        if down.onClient {
            consider(
                downloadedAt &+ limits.sendTimeout,
                Failure("send_timeout", status: 499, blame: .client, key: "limits.send_timeout"))
        }
        // Before the whole request is sent the upstream need not answer.
        if down.onUpstream, upload != .sending {
            let isFirst = answer == .awaited
            consider(
                downloadedAt &+ (isFirst ? timeouts.firstByte : timeouts.read),
                Failure("upstream_read_timeout", status: 504, blame: .upstream, key: "sites.proxy.timeout.read"))
        }
        return nearest
    }
}
