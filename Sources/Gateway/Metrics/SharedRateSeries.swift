import EventLoop
package import Protection

extension Gateway {
    /// Rate limits that count over the fleet.
    package var sharedRates: SharedRates { currentPlan.carried.sharedRates }

    /// How it stands with who counts them; nil: each gateway counts alone by its configuration.
    package var sharedRateStatus: SharedRateStatus? {
        let figures = sharedRates.figures
        return figures.contact == .none ? nil : SharedRateStatus(figures)
    }
}

/// How a gateway stands to who counts rate limits for a fleet. Times are nanoseconds.
package struct SharedRateStatus: Sendable {
    package let isInTouch: Bool
    /// How long it has been so, in nanoseconds.
    package let duration: UInt64
    /// Since the last answer; nil: there was none.
    package let silence: UInt64?
    /// How long the last question took, in nanoseconds.
    package let roundTrip: UInt64
    /// Times that contact was lost, or not made.
    package let failures: UInt64
    /// Whose limits count together, as far as it is known.
    package let members: UInt64
    /// Requests let in, of which the others were told, and of which they were not.
    package let told: UInt64
    package let untold: UInt64

    fileprivate init(_ figures: SharedRates.Figures) {
        let now = monotonicNanoseconds()
        isInTouch = figures.contact == .made
        duration = now - min(now, figures.since)
        silence = figures.lastAnswer == 0 ? nil : now - min(now, figures.lastAnswer)
        (roundTrip, failures, members) = (figures.roundTrip, figures.failures, figures.members)
        (told, untold) = (figures.shared, figures.local)
    }
}

extension MetricsText {
    mutating func appendSharedRates(of gateway: Gateway) {
        let figures = gateway.sharedRates.figures
        guard figures.contact != .none else { return }
        family("gatehouse_fleet_redis_up", .gauge, "Whether Redis counts rate limits for the fleet.")
        sample(figures.contact == .made ? 1 : 0)
        let status = SharedRateStatus(figures)
        family("gatehouse_fleet_redis_since_seconds", .gauge, "For how long that has been so.")
        sample(nanoseconds: status.duration)
        family(
            "gatehouse_fleet_redis_lag_seconds", .gauge,
            "Since the last answer, or without one since the first try: what others have let in may be missing here.")
        sample(nanoseconds: status.silence ?? status.duration)
        family("gatehouse_fleet_redis_failures", .counter, "How often contact with Redis was lost, or not made.")
        sample(figures.failures)
        family("gatehouse_fleet_redis_questions", .counter, "Questions that Redis has answered.")
        sample(figures.batches)
        family("gatehouse_fleet_redis_round_trip_seconds", .gauge, "How long the last one took.")
        sample(nanoseconds: figures.roundTrip)
        family("gatehouse_fleet_rate_members", .gauge, "Members whose rate limits count together, as far as this one knows.")
        sample(figures.members)
        family(
            "gatehouse_fleet_rate_admissions", .counter,
            "Requests that a shared rate limit has let in, by whether the other members were told.")
        sample(nil, ("told", "yes"), figures.shared)
        sample(nil, ("told", "no"), figures.local)
    }
}
