/// A pick while something is out of the ordinary: a server is down, full, draining, starting slowly, has just failed this very
/// request, or an operator has given one another weight.
///
/// It looks at every server. Without arrays: it walks over them as often as it needs.
struct DegradedPick {
    /// Who may be chosen.
    private enum Tier {
        /// The healthy ones.
        case primaries
        /// The healthy ones, backups included.
        case withBackups
        /// All that are not known to be unreachable: too few are healthy.
        case all
    }

    let group: UpstreamGroup
    var request: UpstreamGroup.Request
    let turn: Int
    /// Is what is chosen to count as under way? Else it is only asked who would be chosen.
    let claims: Bool

    init(group: UpstreamGroup, request: UpstreamGroup.Request, turn: Int, claims: Bool = true) {
        self.group = group
        self.request = request
        self.turn = turn
        self.claims = claims
    }

    consuming func run() -> UpstreamGroup.Pick {
        var tier = tier()
        while true {
            // A server whose last place or trial another request took meanwhile is no candidate any more.
            for _ in 0...group.servers.count {
                guard let choice = choose(tier) else { break }
                if claim(choice) { return .server(choice) }
            }
            switch tier {
            case .primaries: tier = .withBackups
            // Those that are healthy have failed: one that is merely ejected is a better choice than them once more.
            case .withBackups where !request.excluded.isEmpty: tier = .all
            case .all where !request.excluded.isEmpty:
                // Nobody else: those that have failed may try again.
                request.excluded = UpstreamGroup.Excluded()
                tier = self.tier()
            case .withBackups, .all: return refusal()
            }
        }
    }

    // MARK: Who may

    private func tier() -> Tier {
        var (primaries, healthy, healthyBackups) = (0, 0, 0)
        for server in group.servers where server.weight > 0 {
            let impairments = impairments(server)
            if impairments.contains(.draining) { continue }
            let isHealthy = impairments.isDisjoint(with: [.unhealthy, .ejected, .circuitOpen, .backingOff])
            if server.parameters.isBackup {
                if isHealthy { healthyBackups += 1 }
            } else {
                primaries += 1
                if isHealthy { healthy += 1 }
            }
        }
        if healthy > 0, healthy * 100 >= primaries * group.panicPercent { return .primaries }
        return healthyBackups > 0 ? .withBackups : .all
    }

    /// May it be chosen, were there room?
    private func mayTake(_ index: Int, _ tier: Tier) -> Bool {
        let server = group.servers[index]
        guard server.weight > 0, !request.excluded.contains(index), !server.parameters.isBackup || tier != .primaries else {
            return false
        }
        let impairments = impairments(server)
        guard !impairments.contains(.draining) else { return false }
        // Its trial is due: one request may try.
        if impairments.contains(.circuitOpen) { return request.now >= server.state.trialTime }
        return tier == .all || impairments.isDisjoint(with: [.unhealthy, .ejected, .backingOff])
    }

    private func impairments(_ server: UpstreamServer) -> ServerState.Impairments {
        server.state.impairments(now: request.now, server.parameters.health)
    }

    // MARK: Whom to choose

    private func choose(_ tier: Tier) -> Int? {
        switch group.method {
        case .roundRobin, .weighted, .randomTwo: byChance(tier)
        case .leastConnections, .leastTime, .hash: cheapest(tier)
        }
    }

    /// The server whose turn it is, if it may; else any other by weight, in an order that has no pattern: what a missing
    /// server leaves is spread over all others.
    private func byChance(_ tier: Tier) -> Int? {
        if group.servers[0].state.isReweighted { return byOverriddenWeight(tier) }
        let draw = StableHash.fmix64(UInt64(bitPattern: Int64(turn)))
        if let index = group.server(ofTurn: turn), isCandidate(index, tier) {
            // In slow start it keeps only a part of its turns.
            guard weight(index) < fullWeight(index), Int(draw >> 32) % 1000 * fullWeight(index) >= weight(index) * 1000 else {
                return index
            }
            return drawn(StableHash.fmix64(draw), tier, besides: index) ?? index
        }
        return drawn(StableHash.fmix64(draw), tier, besides: nil)
    }

    /// Picks by weights of which an operator has overridden some. Turns go round a circle, on which each server has an arc, in
    /// steps of the golden ratio: so each gets its share in every run of turns, but for one or two, without a schedule that would
    /// have to be replaced.
    private func byOverriddenWeight(_ tier: Tier) -> Int? {
        let turn = UInt64(bitPattern: Int64(turn))
        guard group.method == .randomTwo else { return drawn(turn &* Self.goldenStep, tier, besides: nil) }
        let draw = StableHash.fmix64(turn)
        guard let first = drawn(draw, tier, besides: nil), let second = drawn(StableHash.fmix64(draw), tier, besides: nil) else {
            return nil
        }
        func cost(_ index: Int) -> Double { group.cost(group.servers[index], weight(index), request) }
        return cost(second) < cost(first) ? second : first
    }

    /// 2^64 divided by the golden ratio.
    private static let goldenStep: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// - Parameter point: on the circle of all that may, in parts of 2^64.
    private func drawn(_ point: UInt64, _ tier: Tier, besides first: Int?) -> Int? {
        var total = 0
        for index in group.servers.indices where index != first && isCandidate(index, tier) { total += weight(index) }
        guard total > 0 else { return nil }
        var rest = Int(point.multipliedFullWidth(by: UInt64(total)).high)
        // If weights or room have become less meanwhile it is the last of them.
        var found: Int?
        for index in group.servers.indices where index != first && isCandidate(index, tier) {
            found = index
            rest -= weight(index)
            if rest < 0 { break }
        }
        return found
    }

    private func cheapest(_ tier: Tier) -> Int? {
        var best: Int?
        var lowest = Double.infinity
        var ties: UInt64 = 1
        for index in group.servers.indices where isCandidate(index, tier) {
            let cost = group.cost(group.servers[index], weight(index), request)
            if cost < lowest {
                (best, lowest, ties) = (index, cost, 1)
            } else if cost == lowest {
                // Of n equals each is kept with the chance 1/n.
                ties += 1
                if StableHash.fmix64(UInt64(bitPattern: Int64(turn &+ index &<< 32))) % ties == 0 { best = index }
            }
        }
        return best
    }

    private func isCandidate(_ index: Int, _ tier: Tier) -> Bool {
        group.servers[index].hasRoom && mayTake(index, tier)
    }

    /// The weight of a server in thousandths, less while it starts slowly. Round robin knows no weights but an operator's.
    private func weight(_ index: Int) -> Int {
        let server = group.servers[index]
        guard impairments(server).contains(.slowStart) else { return fullWeight(index) }
        return fullWeight(index) / 1000 * server.state.slowStartShare(now: request.now, server.parameters.health)
    }

    private func fullWeight(_ index: Int) -> Int {
        let server = group.servers[index]
        // Of one that has become 0 since it was asked whether it may.
        return 1000 * max(1, group.method == .roundRobin ? server.state.weightOverride ?? 1 : server.weight)
    }

    private func claim(_ index: Int) -> Bool {
        guard claims else { return true }
        let server = group.servers[index]
        if impairments(server).contains(.circuitOpen), !server.state.claimTrial(now: request.now, server.parameters.health) {
            return false
        }
        return server.state.begin(atMost: server.parameters.maxConns, now: request.now)
    }

    // MARK: Nobody

    private func refusal() -> UpstreamGroup.Pick {
        var soonest = UInt64.max
        var isDraining = true
        for index in group.servers.indices {
            if mayTake(index, .all) { return .full }
            let server = group.servers[index]
            guard server.weight > 0, impairments(server).isDisjoint(with: .draining) else { continue }
            isDraining = false
            guard impairments(server).contains(.circuitOpen) else { continue }
            soonest = min(soonest, server.state.trialTime)
        }
        if isDraining { return .draining }
        return .unavailable(retryAfter: soonest == .max || soonest < request.now ? 1_000_000_000 : soonest - request.now)
    }
}
