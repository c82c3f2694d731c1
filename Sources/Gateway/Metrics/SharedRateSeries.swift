package import Protection

extension Gateway {
    /// Rate limits that count over the fleet.
    package var sharedRates: SharedRates { currentPlan.carried.sharedRates }
}

extension MetricsText {
    mutating func appendSharedRates(of gateway: Gateway) {
        let figures = gateway.sharedRates.figures
        guard figures.contact != .none else { return }
        family("gatehouse_fleet_redis_up", .gauge, "Whether Redis counts rate limits for the fleet.")
        sample(figures.contact == .made ? 1 : 0)
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
