import HTTP
import Transport

/// How far each direction of an exchange is.
extension Relay {
    enum Upload {
        case sending
        case sent
        /// The upstream takes no more; its answer may still come.
        case refused
    }

    enum Answer {
        case awaited
        case body
        case flushing
        case done
    }

    /// Where a direction stands after a step: it waits for something, wants another turn, or has nothing more to do.
    struct Blocked {
        var onClient = false
        var onUpstream = false
        /// It has moved all it may in a turn.
        var wantsTurn = false
    }
}

/// When each direction of an exchange last moved, and which deadline follows from that: timeouts are about progress, not about
/// whole requests.
struct RelayProgress {
    /// Monotonic nanoseconds.
    var uploadedAt: UInt64
    var downloadedAt: UInt64
    /// Nanoseconds spent waiting for the client's body while the upstream would have taken it: what the client's rate is measured
    /// over, so that a slow upstream is never its fault.
    var waitedForBody: UInt64 = 0

    /// The 1xx heads that came before the answer.
    private(set) var interimHeads = 0

    /// RFC 9110 §15.2 sets no bound to them. Nobody sends more than a few, and each of them starts the wait for the answer anew.
    private static let maxInterimHeads = 100

    init(since now: UInt64) {
        uploadedAt = now
        downloadedAt = now
    }

    /// What the passing of a deadline means.
    enum Expiry {
        /// The first byte's time is `read` unless `first_byte` is written, and the failure names the key that holds.
        case body, bodyRate, send, upstreamFirstByte(hasOwnKey: Bool), upstreamRead, upstreamWrite

        var failure: Failure {
            switch self {
            case .body: Failure("body_timeout", status: 408, blame: .client, key: "limits.body_timeout")
            case .bodyRate: Failure("body_too_slow", status: 408, blame: .client, key: "limits.min_body_rate")
            case .send: Failure("send_timeout", status: 499, blame: .client, key: "limits.send_timeout")
            case .upstreamFirstByte(let hasOwnKey):
                Failure(
                    "upstream_first_byte_timeout", status: 504, blame: .upstream, retry: .timeout,
                    key: hasOwnKey ? "sites.proxy.timeout.first_byte" : "sites.proxy.timeout.read")
            case .upstreamRead:
                Failure("upstream_read_timeout", status: 504, blame: .upstream, key: "sites.proxy.timeout.read")
            case .upstreamWrite:
                Failure("upstream_write_timeout", status: 504, blame: .upstream, key: "sites.proxy.timeout.write")
            }
        }
    }

    /// Counts a 1xx head, and refuses one too many.
    mutating func countInterim() throws(HTTPRefusal) {
        interimHeads += 1
        if interimHeads > Self.maxInterimHeads { throw HTTPRefusal(.tooManyInterimHeads, from: .upstream) }
    }

    /// How much longer a body of which `received` bytes have come may be waited for, by the least rate.
    func patience(received: UInt64, limits: PlanLimits) -> UInt64 {
        guard limits.minBodyRate > 0 else { return UInt64.max >> 1 }
        let earned = received / limits.minBodyRate
        let allowed = limits.minBodyRateGrace &+ min(earned, 1 << 32) &* 1_000_000_000
        return allowed > waitedForBody ? allowed &- waitedForBody : 0
    }

    /// The nearest deadline among what is waited for.
    /// - Parameter patience: how long from `now` the client's body may still be waited for.
    func deadline(
        _ up: Relay.Blocked, _ down: Relay.Blocked, upload: Relay.Upload, answer: Relay.Answer, limits: PlanLimits,
        timeouts: ProxyTimeoutPlan, now: UInt64, patience: UInt64
    ) -> (UInt64, Expiry) {
        var nearest = (UInt64.max >> 1, Expiry.upstreamRead)
        func consider(_ deadline: UInt64, _ expiry: Expiry) {
            if deadline < nearest.0 { nearest = (deadline, expiry) }
        }
        if up.onClient {
            consider(uploadedAt &+ limits.bodyTimeout, .body)
            consider(now &+ patience, .bodyRate)
        }
        if up.onUpstream { consider(uploadedAt &+ timeouts.write, .upstreamWrite) }
        if down.onClient { consider(downloadedAt &+ limits.sendTimeout, .send) }
        // Before the whole request is sent the upstream need not answer.
        if down.onUpstream, upload != .sending {
            if answer == .awaited {
                let hasOwnKey = timeouts.firstByte != timeouts.read
                consider(downloadedAt &+ timeouts.firstByte, .upstreamFirstByte(hasOwnKey: hasOwnKey))
            } else {
                consider(downloadedAt &+ timeouts.read, .upstreamRead)
            }
        }
        return nearest
    }
}
