/// How healthy one server is, by what its requests and its probes came to.
///
/// A pure value; times are monotonic nanoseconds that the caller gives. `ServerState` shares it.
package struct ServerHealth: Sendable, Equatable {
    /// `[sites.proxy.health]` and `[sites.proxy.health_check]`.
    package struct Settings: Sendable, Equatable {
        package var ejection = Ejection.Settings()
        package var breaker = CircuitBreaker.Settings()
        package var probes = ProbeHistory.Settings()
        /// How long a recovered server takes to get its whole share again, in nanoseconds; 0: at once.
        package var slowStart: UInt64 = 0

        package init() {}
    }

    /// How a request failed.
    package enum Fault: Sendable, Equatable {
        /// It could not be connected to, or TLS failed: it is not there.
        case unreachable
        /// It was there and did badly: no answer in time, a broken one, or a 5xx.
        case badAnswer
    }

    /// A request that failed.
    struct Failure {
        var fault: Fault
        /// What happened, in words for the log.
        var reason: String
        /// What went wrong with a bad answer, without details that differ from one time to the next.
        var kind = ""
        /// When the request was sent; nil: when it failed.
        var began: UInt64?
        /// Who has sent it, if its requests come to one server as long as that is well; nil: anybody.
        var client: UInt64?
        /// Whether it is the server's own fault.
        var mayEject = true
    }

    /// A change worth a line in the log.
    package enum Change: Sendable, Equatable {
        case ejected(Ejection.Cause, reason: String, until: UInt64)
        case returned
        case circuitOpened(reason: String, until: UInt64)
        case circuitClosed
        case probesFail(finding: String)
        case probesPass(finding: String)
        /// Its name has no addresses, or none newer than those that are known.
        case unresolved(reason: String)
        case resolved
    }

    private struct BadAnswer: Equatable {
        let kind: String
        let at: UInt64
    }

    package private(set) var ejection = Ejection()
    package private(set) var breaker = CircuitBreaker()
    package private(set) var probes = ProbeHistory()
    /// The newest failure's reason, in words.
    package private(set) var lastFault: String?
    private var badAnswer: BadAnswer?
    /// When it began to get requests again; 0 if it never was out.
    private(set) var recoveredAt: UInt64 = 0

    package init() {}

    /// Whether a success would change anything: if not, it need not be told.
    var isUntouched: Bool { ejection.isUntouched && breaker.isUntouched }

    /// A request failed.
    /// - Parameter requests: all that the server was sent, ever.
    mutating func failed(_ failure: Failure, requests: Int, now: UInt64, _ settings: Settings) -> [Change] {
        lastFault = failure.reason
        if failure.fault == .badAnswer { badAnswer = BadAnswer(kind: failure.kind, at: now) }
        var changes: [Change] = []
        if failure.fault == .unreachable, breaker.failed(now: now, settings.breaker), let end = breaker.blockedUntil {
            changes.append(.circuitOpened(reason: failure.reason, until: end))
        } else if failure.fault == .badAnswer, breaker.succeeded() {
            // It was reached: whatever else is wrong, that is not the breaker's affair.
            changes.append(.circuitClosed)
        }
        let cause = ejection.failed(
            now: now, requests: requests, began: failure.began, client: failure.client, mayEject: failure.mayEject,
            settings.ejection)
        if let cause, let end = ejection.until {
            changes.append(.ejected(cause, reason: failure.reason, until: end))
        }
        return changes
    }

    /// Has it been failing in the same way lately, about as often as would eject it?
    /// - Parameter kind: of the bad answer.
    func failsAlike(_ kind: String, now: UInt64, _ settings: Settings) -> Bool {
        guard let badAnswer, badAnswer.kind == kind, now &- badAnswer.at < settings.ejection.time else { return false }
        return ejection.until != nil || ejection.failuresInARow * 2 >= settings.ejection.failures
    }

    /// Has it been ejected for this client's requests alone, or been failing them in the same way lately?
    /// - Parameter kind: of the bad answer.
    func fails(_ client: UInt64, _ kind: String, now: UInt64, _ settings: Settings) -> Bool {
        ejection.rowClient == client && (ejection.until != nil || failsAlike(kind, now: now, settings))
    }

    /// Notes that a request went well.
    /// - Returns: what changes by it, for the log.
    mutating func succeeded(now: UInt64) -> [Change] {
        ejection.succeeded()
        return reached(now: now)
    }

    /// It has taken a connection, whatever becomes of the request over it.
    /// - Returns: what changes by it, for the log.
    mutating func reached(now: UInt64) -> [Change] {
        guard breaker.succeeded() else { return [] }
        recover(now)
        return [.circuitClosed]
    }

    /// The trial of an open breaker has begun.
    mutating func beganTrial(until end: UInt64) {
        breaker.began(trialUntil: end)
    }

    /// A probe was made.
    /// - Parameter isConfirmed: whether one is enough, since another gateway has made the others.
    mutating func probed(
        _ probe: ProbeHistory.Last, isConfirmed: Bool = false, now: UInt64, _ settings: Settings
    ) -> [Change] {
        var changes: [Change] = []
        if isConfirmed ? probes.settle(probe) : probes.add(probe, settings.probes) {
            changes.append(probe.isHealthy ? .probesPass(finding: probe.finding) : .probesFail(finding: probe.finding))
            if probe.isHealthy { recover(now) }
        }
        // A probe reaches the server as a request would.
        if probe.isHealthy, breaker.succeeded() {
            changes.append(.circuitClosed)
            recover(now)
        }
        return changes
    }

    /// Looks at the clock: an ejection may have ended.
    mutating func review(now: UInt64, _ settings: Settings) -> [Change] {
        guard ejection.review(now: now, settings.ejection) else { return [] }
        recover(now)
        return [.returned]
    }

    private mutating func recover(_ now: UInt64) {
        recoveredAt = now
    }
}
