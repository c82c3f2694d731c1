import Synchronization

/// The servers of one name, and how requests are spread over them. Shared by all workers without a lock.
package final class UpstreamGroup: Sendable {
    /// How requests are spread.
    package enum Method: Sendable, Hashable {
        /// Each in turn, whatever its weight (0: never).
        case roundRobin
        /// Smooth: every run of as many picks as the weights' sum has exactly the weights' shares.
        case weighted
        /// The fewest exchanges and tunnels under way per weight.
        case leastConnections
        /// The less loaded of two that chance names, by weight.
        case randomTwo
        /// The lowest product of peak-sensitive average answer time and load, per weight.
        case leastTime
        /// The server that the request's key belongs to, by weight; a change of one server moves only its share.
        case hash(HashSource)
    }

    /// What is known of the request for which a server is picked.
    package struct Request: Sendable {
        /// Monotonic nanoseconds.
        package var now: UInt64
        /// The hash of what `HashSource` names.
        package var key: UInt64 = 0
        /// The server that the client is stuck to.
        package var stuckTo: Int?
        /// The servers that have failed this request; they are picked only if there is no other.
        package var excluded = Excluded()

        package init(now: UInt64) {
            self.now = now
        }
    }

    /// Indices of servers, any number of them; those below 64 without an allocation.
    package struct Excluded: Sendable {
        private var low: UInt64 = 0
        /// 64 indices a word, of those above; only as long as the last one needs.
        private var high: [UInt64] = []

        package init() {}

        package var isEmpty: Bool { low == 0 && high.isEmpty }

        /// Adds a server.
        package mutating func insert(_ index: Int) {
            if index < 64 {
                low |= 1 &<< UInt64(index)
            } else {
                let word = index / 64 - 1
                if word >= high.count { high += repeatElement(0, count: word + 1 - high.count) }
                high[word] |= 1 &<< UInt64(index % 64)
            }
        }

        /// Is this server one of them?
        package func contains(_ index: Int) -> Bool {
            if index < 64 { return low & 1 &<< UInt64(index) != 0 }
            let word = index / 64 - 1
            return word < high.count && high[word] & 1 &<< UInt64(index % 64) != 0
        }
    }

    /// What came of looking for a server.
    package enum Pick: Sendable, Equatable {
        /// The index in `servers`. It counts as under way from now on: a pool's lease takes that over, or `release()` ends it.
        case server(Int)
        /// Every server that could take it has as much as it may have.
        case full
        /// Every server drains.
        case draining
        /// None can be reached, and no server may be tried before so many nanoseconds have passed.
        case unavailable(retryAfter: UInt64)
    }

    package let name: String
    package let servers: [UpstreamServer]
    package let method: Method
    package let budget: RetryBudget
    /// Below this share of healthy servers, in percent, health is disregarded: better a bad answer than a dead group.
    let panicPercent: Int
    /// The order in which servers take turns. Round robin: each once. Weighted: as often as its weight says, spread evenly.
    private let schedule: [Int]
    /// The indices of the servers that take part while all are healthy: no backups, and no weight of 0.
    private let primaries: [Int]
    private let turns: Turns

    /// Counts picks, so that servers take turns. It outlives a plan: the group that comes after goes on where this one was.
    package final class Turns: Sendable {
        private let next = Atomic<Int>(0)

        package init() {}

        /// Whose turn the next pick is.
        var present: Int { next.load(ordering: .relaxed) }

        func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// - Parameters:
    ///   - servers: not empty; at least one that is no backup has a weight above 0.
    ///   - budget: shared with other groups over the same servers.
    ///   - turns: of the same group in the plan before.
    package init(
        name: String, servers: [UpstreamServer], method: Method, budget: RetryBudget = RetryBudget(percent: 20),
        turns: Turns = Turns(), panicPercent: Int = 25
    ) {
        self.name = name
        self.servers = servers
        self.method = method
        self.budget = budget
        self.turns = turns
        self.panicPercent = panicPercent
        let weights = servers.map { $0.parameters.isBackup ? 0 : $0.parameters.weight }
        primaries = weights.indices.filter { weights[$0] > 0 }
        schedule =
            method == .roundRobin
            ? primaries : SmoothSchedule.order(of: weights)
    }

    /// Pays a request's share into the retry budget. Once for each request, whatever its attempts.
    package func countRequest() { budget.deposit() }

    /// Chooses a server. O(1) for the schedules and `randomTwo` while all are healthy, O(servers) else; allocates nothing.
    package func pick(_ request: Request) -> Pick {
        let turn = turns.take()
        if let stuck = request.stuckTo, !request.excluded.contains(stuck), claim(stuck: stuck, request) { return .server(stuck) }
        if let choice = ordinaryChoice(turn, request), !request.excluded.contains(choice), servers[choice].isAvailable,
            servers[choice].state.begin(atMost: servers[choice].parameters.maxConns, now: request.now)
        {
            return .server(choice)
        }
        return DegradedPick(group: self, request: request, turn: turn).run()
    }

    /// Which server `pick` would choose now. Nothing counts as under way, and nobody's turn is taken.
    package func preview(_ request: Request) -> Pick {
        let turn = turns.present
        if let stuck = request.stuckTo, !request.excluded.contains(stuck), mayStay(at: stuck, request), servers[stuck].hasRoom {
            return .server(stuck)
        }
        if let choice = ordinaryChoice(turn, request), !request.excluded.contains(choice), servers[choice].isAvailable {
            return .server(choice)
        }
        return DegradedPick(group: self, request: request, turn: turn, claims: false).run()
    }

    /// One of its servers answered a request badly. It is not ejected for that while all others answer alike: then the requests,
    /// or what all servers share, are at fault, and fewer servers would be no help. Nor while they have yet to answer what they
    /// were sent since: in a burst of requests that fail everywhere, one server is the first that fails them. And one client that
    /// comes to one server alone, and to the next when that is ejected, ejects no second one by its requests alone.
    /// - Parameters:
    ///   - kind: what went wrong, without details that differ from one time to the next.
    ///   - reason: in words, for the log.
    ///   - began: when the request was sent, in monotonic nanoseconds; nil: now.
    ///   - client: who has sent it, where a hash or a cookie binds it to a server; nil: anybody.
    ///   - now: monotonic nanoseconds.
    package func failed(
        _ server: UpstreamServer, kind: String, reason: String, began: UInt64? = nil, client: UInt64? = nil, now: UInt64
    ) {
        let others = servers.filter { $0 !== server && $0.weight > 0 && !$0.parameters.isBackup && !$0.state.isDraining }
        let row = server.state.health.ejection
        let began = min(row.rowBegan ?? now, began ?? now)
        var isShared =
            !others.isEmpty
            && others.allSatisfy {
                $0.state.owesAnswer(since: began) || $0.state.health.failsAlike(kind, now: now, $0.parameters.health)
            }
        if !isShared, let client, row.mayBeRow(of: client) {
            isShared = others.contains { $0.state.health.fails(client, kind, now: now, $0.parameters.health) }
        }
        server.failed(.badAnswer, reason: reason, began: began, now: now, kind: kind, client: client, mayEject: !isShared)
    }

    /// The method's choice while nothing is wrong; nil if it must look closer.
    private func ordinaryChoice(_ turn: Int, _ request: Request) -> Int? {
        guard !schedule.isEmpty else { return nil }
        switch method {
        case .roundRobin, .weighted: return schedule[scheduleIndex(turn)]
        case .randomTwo:
            let draw = StableHash.fmix64(UInt64(bitPattern: Int64(turn)))
            let first = schedule[scheduleIndex(Int(truncatingIfNeeded: draw & 0x7fff_ffff))]
            let second = schedule[scheduleIndex(Int(truncatingIfNeeded: draw &>> 32 & 0x7fff_ffff))]
            guard servers[first].isAvailable, servers[second].isAvailable else { return nil }
            return cost(servers[second], request) < cost(servers[first], request) ? second : first
        case .leastConnections, .leastTime, .hash: return best(turn, request)
        }
    }

    /// The server whose turn it is.
    func server(ofTurn turn: Int) -> Int? {
        guard !schedule.isEmpty else { return nil }
        guard method == .randomTwo else { return schedule[scheduleIndex(turn)] }
        return schedule[scheduleIndex(Int(truncatingIfNeeded: StableHash.fmix64(UInt64(bitPattern: Int64(turn))) & 0x7fff_ffff))]
    }

    private func scheduleIndex(_ turn: Int) -> Int { Int(UInt(bitPattern: turn) % UInt(schedule.count)) }

    /// The best of all servers; nil if one of them needs a closer look. Equals take turns, else the first, or the one behind
    /// a busy one, would take more than its share.
    private func best(_ turn: Int, _ request: Request) -> Int? {
        var best: Int?
        var lowest = Double.infinity
        var equals = 0
        for candidate in primaries {
            guard servers[candidate].isAvailable else { return nil }
            let cost = cost(servers[candidate], request)
            if cost < lowest {
                (best, lowest, equals) = (candidate, cost, 1)
            } else if cost == lowest {
                equals += 1
            }
        }
        guard equals > 1 else { return best }
        var skipped = Int(UInt(bitPattern: turn) % UInt(equals))
        for candidate in primaries where cost(servers[candidate], request) == lowest {
            if skipped == 0 { return candidate }
            skipped -= 1
        }
        // Others have changed the loads meanwhile.
        return best
    }

    /// What one more request costs on a server that nothing impairs: no weight was overridden.
    private func cost(_ server: UpstreamServer, _ request: Request) -> Double {
        cost(server, server.parameters.weight, request)
    }

    /// What sending one more request to a server costs by the group's method; the lowest wins.
    /// - Parameter weight: the server's, or less while it starts slowly.
    func cost(_ server: UpstreamServer, _ weight: Int, _ request: Request) -> Double {
        switch method {
        case .roundRobin, .weighted, .leastConnections, .randomTwo: Double(server.load) / Double(weight)
        // A server without an answer yet costs nothing: it is tried at once.
        case .leastTime: Double(server.state.averageLatency) * Double(server.load + 1) / Double(weight)
        case .hash: Rendezvous.cost(server: server.identityHash, key: request.key, weight: weight)
        }
    }

    /// Takes the server that the client is stuck to. It may have it while it drains, and as long as it is not known to be down.
    /// - Returns: false if it may not, or the server has as much under way as it may.
    private func claim(stuck index: Int, _ request: Request) -> Bool {
        mayStay(at: index, request) && servers[index].state.begin(atMost: servers[index].parameters.maxConns, now: request.now)
    }

    private func mayStay(at index: Int, _ request: Request) -> Bool {
        let server = servers[index]
        let impairments = server.state.impairments(now: request.now, server.parameters.health)
        guard server.weight > 0 || impairments.contains(.draining) else { return false }
        return impairments.isDisjoint(with: [.circuitOpen, .unhealthy, .ejected, .disabled])
    }
}
