/// A pick while something is wrong: a server is down, full, draining, starting slowly, or has just failed this very request.
///
/// It looks at every server. Without arrays: it walks over them as often as it needs.
struct TroubledPick {
    /// Who may be chosen.
    private enum Circle {
        /// The well ones.
        case primaries
        /// The well ones, backups included.
        case withBackups
        /// All that are not known to be unreachable: too few are well.
        case all
    }

    let group: UpstreamGroup
    var request: UpstreamGroup.Request
    let turn: Int

    init(group: UpstreamGroup, request: UpstreamGroup.Request, turn: Int) {
        self.group = group
        self.request = request
        self.turn = turn
    }

    consuming func run() -> UpstreamGroup.Pick {
        var circle = circle()
        while true {
            // A server whose last place or trial another request took meanwhile is no candidate any more.
            for _ in 0...group.servers.count {
                guard let choice = choose(circle) else { break }
                if claim(choice) { return .server(choice) }
            }
            switch circle {
            case .primaries: circle = .withBackups
            // Those that are well have failed: one that is merely ejected is a better choice than them once more.
            case .withBackups where !request.excluded.isEmpty: circle = .all
            case .all where !request.excluded.isEmpty:
                // Nobody else: those that have failed may try again.
                request.excluded = UpstreamGroup.Excluded()
                circle = self.circle()
            case .withBackups, .all: return refusal()
            }
        }
    }

    // MARK: Who may

    private func circle() -> Circle {
        var (primaries, well, wellBackups) = (0, 0, 0)
        for server in group.servers where server.weight > 0 {
            let standing = standing(server)
            if standing.contains(.draining) { continue }
            let isWell = standing.isDisjoint(with: [.unwell, .ejected, .open])
            if server.terms.isBackup {
                if isWell { wellBackups += 1 }
            } else {
                primaries += 1
                if isWell { well += 1 }
            }
        }
        if well > 0, well * 100 >= primaries * group.panicPercent { return .primaries }
        return wellBackups > 0 ? .withBackups : .all
    }

    /// May it be chosen, were there room?
    private func mayTake(_ index: Int, _ circle: Circle) -> Bool {
        let server = group.servers[index]
        guard server.weight > 0, !request.excluded.contains(index), !server.terms.isBackup || circle != .primaries else {
            return false
        }
        let standing = standing(server)
        guard !standing.contains(.draining) else { return false }
        // Its trial is due: one request may try.
        if standing.contains(.open) { return request.now >= server.state.trialTime }
        return circle == .all || standing.isDisjoint(with: [.unwell, .ejected])
    }

    private func standing(_ server: UpstreamServer) -> ServerRecord.Standing {
        server.state.standing(now: request.now, server.terms.health)
    }

    // MARK: Whom to choose

    private func choose(_ circle: Circle) -> Int? {
        switch group.method {
        case .roundRobin, .weighted, .randomTwo: byChance(circle)
        case .leastConnections, .leastTime, .hash: cheapest(circle)
        }
    }

    /// The server whose turn it is, if it may; else any other by weight, in an order that has no pattern: what a missing
    /// server leaves is spread over all others.
    private func byChance(_ circle: Circle) -> Int? {
        let draw = UpstreamGroup.mixed(UInt64(bitPattern: Int64(turn)))
        if let index = group.server(ofTurn: turn), isCandidate(index, circle) {
            // In slow start it keeps only a part of its turns.
            guard weight(index) < fullWeight(index), Int(draw >> 32) % 1000 * fullWeight(index) >= weight(index) * 1000 else {
                return index
            }
            return drawn(draw, circle, besides: index) ?? index
        }
        return drawn(draw, circle, besides: nil)
    }

    private func drawn(_ draw: UInt64, _ circle: Circle, besides owner: Int?) -> Int? {
        var total = 0
        for index in group.servers.indices where index != owner && isCandidate(index, circle) { total += weight(index) }
        guard total > 0 else { return nil }
        var draw = Int(draw % UInt64(total))
        for index in group.servers.indices where index != owner && isCandidate(index, circle) {
            draw -= weight(index)
            if draw < 0 { return index }
        }
        return nil
    }

    private func cheapest(_ circle: Circle) -> Int? {
        var best: Int?
        var lowest = Double.infinity
        var ties: UInt64 = 1
        for index in group.servers.indices where isCandidate(index, circle) {
            let cost = group.cost(group.servers[index], weight(index), request)
            if cost < lowest {
                (best, lowest, ties) = (index, cost, 1)
            } else if cost == lowest {
                // Of n equals each is kept with the chance 1/n.
                ties += 1
                if UpstreamGroup.mixed(UInt64(bitPattern: Int64(turn &+ index &<< 32))) % ties == 0 { best = index }
            }
        }
        return best
    }

    private func isCandidate(_ index: Int, _ circle: Circle) -> Bool {
        group.servers[index].hasRoom && mayTake(index, circle)
    }

    /// In thousandths, less while it starts slowly. Round robin knows no weights.
    private func weight(_ index: Int) -> Int {
        let server = group.servers[index]
        guard standing(server).contains(.warming) else { return fullWeight(index) }
        return fullWeight(index) / 1000 * server.state.warmth(now: request.now, server.terms.health)
    }

    private func fullWeight(_ index: Int) -> Int {
        group.method == .roundRobin ? 1000 : group.servers[index].weight * 1000
    }

    private func claim(_ index: Int) -> Bool {
        let server = group.servers[index]
        if standing(server).contains(.open), !server.state.claimTrial(now: request.now, server.terms.health) { return false }
        return server.state.begin(atMost: server.terms.maxConns)
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
            soonest = min(soonest, server.state.trialTime)
        }
        if isDraining { return .draining }
        return .unavailable(retryAfter: soonest == .max || soonest < request.now ? 1_000_000_000 : soonest - request.now)
    }
}
