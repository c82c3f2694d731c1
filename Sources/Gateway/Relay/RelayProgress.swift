import Configuration
import HTTP

/// How far an exchange is, and what it waits for: all that its deadlines depend on. Times in monotonic nanoseconds.
struct RelayProgress {
    var up: Blocked
    var down: Blocked
    var upload: Upload.State
    var download: Download.State
    /// When the request last moved.
    var uploadedAt: UInt64
    /// When the answer last moved.
    var downloadedAt: UInt64
    /// Bytes of the request's body that have come.
    var received: UInt64 = 0
    /// Is the answer a stream of events, in which pauses are nothing unusual?
    var isEventStream = false
    /// Is it a call of gRPC's, in which either side may be silent?
    var isCall = false
    /// When that must have ended; the end of time if it need not.
    var end = UInt64.max
    /// Nanoseconds spent waiting for the client's body while the upstream would have taken it: what the client's rate is measured
    /// over, so that a slow upstream is never its fault.
    var waitedForBody: UInt64 = 0
    var client = ClientPresence.there
}

/// The time by which something must have moved, and what it means if nothing has: timeouts are about progress, not about whole
/// requests.
struct RelayDeadline {
    /// Monotonic nanoseconds.
    var at: UInt64
    var expiry: Expiry

    /// What the passing of a deadline means.
    enum Expiry: Equatable {
        case body, bodyRate, send
        /// The failure names the key that decides how long the first byte may take.
        case upstreamFirstByte(key: ProxyTimeouts.FirstByteKey)
        case upstreamRead(ofRoute: Bool), upstreamStreamIdle(ofRoute: Bool), upstreamWrite(ofRoute: Bool)
        /// The client's own deadline.
        case call
        case left
        /// The client sends no more, and nothing has come back from it that tells whether it has gone.
        case halfClosed

        var failure: Failure {
            switch self {
            case .body: Failure(.bodyTimeout, key: "limits.body_timeout")
            case .bodyRate: Failure(.bodyTooSlow, key: "limits.min_body_rate")
            case .send: Failure(.sendTimeout, key: "limits.send_timeout")
            case .upstreamFirstByte(let key): Failure(.upstreamFirstByteTimeout, retry: .timeout, key: key.rawValue)
            case .upstreamRead(let ofRoute): Failure(.upstreamReadTimeout, key: Self.key("read", ofRoute))
            case .upstreamStreamIdle(let ofRoute): Failure(.upstreamReadTimeout, key: Self.key("stream_idle", ofRoute))
            case .upstreamWrite(let ofRoute): Failure(.upstreamWriteTimeout, key: Self.key("write", ofRoute))
            case .call: Failure(.grpcDeadline, detail: "the call's grpc-timeout has passed")
            case .left: Failure.clientLeft()
            case .halfClosed:
                Failure(.clientLeft, detail: "the client ended its side and may have gone", key: "limits.half_close_grace")
            }
        }

        private static func key(_ name: String, _ ofRoute: Bool) -> String {
            (ofRoute ? "sites.proxy.routes.timeout." : "sites.proxy.timeout.") + name
        }
    }

    /// When the next bytes of the request's body must have come.
    static func ofBody(_ progress: RelayProgress, limits: PlanLimits, now: UInt64) -> RelayDeadline {
        let body = RelayDeadline(at: progress.uploadedAt &+ limits.bodyTimeout, expiry: .body)
        guard let left = progress.bodyTimeLeft(limits), now &+ left < body.at else { return body }
        return RelayDeadline(at: now &+ left, expiry: .bodyRate)
    }

    /// The nearest deadline among what is waited for.
    static func nearest(
        of progress: RelayProgress, limits: PlanLimits, timeouts: ProxyTimeoutPlan, now: UInt64
    ) -> RelayDeadline {
        var nearest = RelayDeadline(at: UInt64.max >> 1, expiry: .body)
        func consider(_ deadline: UInt64, _ expiry: Expiry) {
            if deadline < nearest.at { nearest = RelayDeadline(at: deadline, expiry: expiry) }
        }
        switch progress.client {
        case .there: break
        case .halfClosed(let since):
            // Of one that has gone bytes would have come back as a reset: those that lie in its kernel's buffer, and those that
            // were sent after its end, however long ago.
            let hasTaken = progress.download != .awaited && progress.downloadedAt > since
            guard !progress.down.onClient, !hasTaken || limits.halfCloseGrace == 0 else { break }
            consider(since &+ limits.halfCloseGrace, .halfClosed)
        case .left: consider(0, .left)
        }
        if progress.end != .max { consider(progress.end, .call) }
        if progress.isCall {
            if progress.up.onClient || progress.down.onUpstream {
                consider(
                    max(progress.uploadedAt, progress.downloadedAt) &+ timeouts.streamIdle,
                    .upstreamStreamIdle(ofRoute: timeouts.ofRoute.contains(.streamIdle)))
            }
        } else if progress.up.onClient {
            let body = ofBody(progress, limits: limits, now: now)
            consider(body.at, body.expiry)
        }
        if progress.up.onUpstream {
            consider(progress.uploadedAt &+ timeouts.write, .upstreamWrite(ofRoute: timeouts.ofRoute.contains(.write)))
        }
        if progress.down.onClient { consider(progress.downloadedAt &+ limits.sendTimeout, .send) }
        // Before the whole request is sent the upstream need not answer.
        if progress.down.onUpstream, progress.upload != .sending, !progress.isCall {
            let since = max(progress.uploadedAt, progress.downloadedAt)
            if progress.download == .awaited {
                consider(since &+ timeouts.firstByte, .upstreamFirstByte(key: timeouts.firstByteKey))
            } else if progress.isEventStream {
                consider(since &+ timeouts.streamIdle, .upstreamStreamIdle(ofRoute: timeouts.ofRoute.contains(.streamIdle)))
            } else {
                consider(since &+ timeouts.read, .upstreamRead(ofRoute: timeouts.ofRoute.contains(.read)))
            }
        }
        return nearest
    }
}

extension RelayProgress {
    /// Nanoseconds for which the client's body may still be waited for, by the least rate; nil without one.
    fileprivate func bodyTimeLeft(_ limits: PlanLimits) -> UInt64? {
        guard limits.minBodyRate > 0 else { return nil }
        let earned = received / limits.minBodyRate
        let allowed = limits.minBodyRateGrace &+ min(earned, 1 << 32) &* 1_000_000_000
        return allowed > waitedForBody ? allowed &- waitedForBody : 0
    }
}

extension Download {
    /// Asked only where the answer's body is waited for.
    var isEventStream: Bool { state == .body && head.isEventStream }
}
