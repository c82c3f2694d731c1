/// A pick while something is wrong: a server is down, full, draining, starting slowly, or has just failed this very request.
///
/// It looks at every server. Without arrays: it walks over them as often as it needs.
struct TroubledPick {
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
            let standing = standing(server)
            if standing.contains(.draining) { continue }
            let isHealthy = standing.isDisjoint(with: [.unhealthy, .ejected, .open])
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
        let standing = standing(server)
        guard !standing.contains(.draining) else { return false }
        // Its trial is due: one request may try.
        if standing.contains(.open) { return request.now >= server.record.trialTime }
        return tier == .all || standing.isDisjoint(with: [.unhealthy, .ejected])
    }

    private func standing(_ server: UpstreamServer) -> ServerRecord.Standing {
        server.record.standing(now: request.now, server.parameters.health)
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
        let draw = StableHash.fmix64(UInt64(bitPattern: Int64(turn)))
        if let index = group.server(ofTurn: turn), isCandidate(index, tier) {
            // In slow start it keeps only a part of its turns.
            guard weight(index) < fullWeight(index), Int(draw >> 32) % 1000 * fullWeight(index) >= weight(index) * 1000 else {
                return index
            }
            return drawn(draw, tier, besides: index) ?? index
        }
        return drawn(draw, tier, besides: nil)
    }

    private func drawn(_ draw: UInt64, _ tier: Tier, besides first: Int?) -> Int? {
        var total = 0
        for index in group.servers.indices where index != first && isCandidate(index, tier) { total += weight(index) }
        guard total > 0 else { return nil }
        var draw = Int(draw % UInt64(total))
        for index in group.servers.indices where index != first && isCandidate(index, tier) {
            draw -= weight(index)
            if draw < 0 { return index }
        }
        return nil
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

    /// In thousandths, less while it starts slowly. Round robin knows no weights.
    private func weight(_ index: Int) -> Int {
        let server = group.servers[index]
        guard standing(server).contains(.warming) else { return fullWeight(index) }
        return fullWeight(index) / 1000 * server.record.warmth(now: request.now, server.parameters.health)
    }

    private func fullWeight(_ index: Int) -> Int {
        group.method == .roundRobin ? 1000 : group.servers[index].weight * 1000
    }

    private func claim(_ index: Int) -> Bool {
        guard claims else { return true }
        let server = group.servers[index]
        if standing(server).contains(.open), !server.record.claimTrial(now: request.now, server.parameters.health) {
            return false
        }
        return server.record.begin(atMost: server.parameters.maxConns)
    }

    // MARK: Nobody

    private func refusal() -> UpstreamGroup.Pick {
        var soonest = UInt64.max
        var isDraining = true
        for index in group.servers.indices {
            if mayTake(index, .all) { return .full }
            let server = group.servers[index]
            guard server.weight > 0, standing(server).isDisjoint(with: .draining) else { continue }
            isDraining = false
            guard standing(server).contains(.open) else { continue }
            soonest = min(soonest, server.record.trialTime)
        }
        if isDraining { return .draining }
        return .unavailable(retryAfter: soonest == .max || soonest < request.now ? 1_000_000_000 : soonest - request.now)
    }
}
