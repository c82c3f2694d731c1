import Testing

@testable import Upstreams

/// Weights that an operator orders while the gateway runs.
@Suite struct WeightOrderTests {
    private func order(_ weights: [Int?], of group: UpstreamGroup) {
        for (server, weight) in zip(group.servers, weights) { server.state.overrideWeight(weight) }
        UpstreamServer.applyWeightOverrides(group.servers)
    }

    @Test(
        "An ordered weight holds at once, in every run of picks, and the configured ones hold again after it",
        arguments: [UpstreamGroup.Method.roundRobin, .weighted])
    func inTurn(method: UpstreamGroup.Method) {
        let group = Servers.group([1, 1, 1], method)
        #expect(group.counts(of: 300) == [100, 100, 100])
        order([3, nil, nil], of: group)
        let picks = (0..<1000).compactMap { _ in group.glance() }
        #expect(picks.count == 1000)
        for start in stride(from: 0, to: 1000, by: 50) {
            let share = picks[start..<start + 50].count { $0 == 0 }
            #expect(abs(share - 30) <= 2, "\(share) of 50 from \(start) on")
        }
        order([nil, nil, nil], of: group)
        #expect(group.counts(of: 300) == [100, 100, 100])
    }

    @Test("Round robin knows no configured weight beside one that was ordered; weighted does")
    func besides() {
        let (even, weighted) = (Servers.group([1, 9], .roundRobin), Servers.group([1, 9], .weighted))
        for group in [even, weighted] { order([3, nil], of: group) }
        #expect(abs(even.counts(of: 400)[0] - 300) <= 3)
        #expect(abs(weighted.counts(of: 1200)[0] - 300) <= 3)
    }

    @Test("What is under way is divided by ordered weights")
    func leastConnections() {
        let group = Servers.group([1, 1], .leastConnections)
        order([3, nil], of: group)
        for _ in 0..<400 { _ = group.pick(.init(now: 1)) }
        #expect(group.servers.map(\.load) == [300, 100])
    }

    @Test("Random two draws by ordered weights and takes the less busy of its two")
    func randomTwo() {
        let group = Servers.group([1, 1], .randomTwo)
        order([3, nil], of: group)
        // As of configured weights: 30,000 give or take five standard deviations.
        #expect(abs(group.counts(of: 40_000)[0] - 30_000) < 433)
        for _ in 0..<4000 { _ = group.pick(.init(now: 1)) }
        #expect(abs(group.servers[0].load - 3000) <= 30, "\(group.servers.map(\.load))")
    }

    @Test("Keys move to a server that becomes heavier, and between no others")
    func hash() {
        let group = Servers.group([1, 1, 1], .hash(.client))
        func homes() -> [Int?] {
            (0..<3000).map { number in
                var request = UpstreamGroup.Request(now: 1)
                request.key = StableHash.fmix64(UInt64(number))
                return group.glance(request)
            }
        }
        let before = homes()
        order([4, nil, nil], of: group)
        let after = homes()
        for (home, next) in zip(before, after) where home != next { #expect(next == 0) }
        // 2,000 of 3,000 give or take five standard deviations, 5 × √(3,000 × 2/3 × 1/3).
        #expect(abs(after.count { $0 == 0 } - 2000) < 130)
    }

    @Test(
        "A weight of 0 takes a server out, one above it brings one in; when all have 0 the group takes nothing",
        arguments: [UpstreamGroup.Method.roundRobin, .weighted, .leastConnections, .randomTwo, .leastTime, .hash(.client)])
    func zero(method: UpstreamGroup.Method) {
        let group = Servers.group([1, 1, 0], method)
        order([0, nil, nil], of: group)
        #expect(group.counts(of: 100) == [0, 100, 0])
        order([0, 0, 5], of: group)
        #expect(group.counts(of: 100) == [0, 0, 100])
        var stuck = UpstreamGroup.Request(now: 1)
        stuck.stuckTo = 0
        #expect(group.glance(stuck) == 2)
        order([0, 0, nil], of: group)
        #expect(group.pick(.init(now: 1)) == .draining)
        order([nil, nil, nil], of: group)
        #expect(group.counts(of: 100)[2] == 0)
    }

    @Test("An order about a weight and one about requests do not undo each other")
    func beside() {
        let group = Servers.group([1, 1, 1], .weighted)
        order([2, nil, nil], of: group)
        group.servers[1].state.setAdminState(.draining)
        #expect(abs(group.counts(of: 300)[0] - 200) <= 2)
        group.servers[1].failed(.unreachable, reason: "gone", now: 1)
        group.servers[1].state.setAdminState(.none)
        #expect(group.servers.allSatisfy { $0.state.isReweighted })
        order([nil, nil, nil], of: group)
        #expect(group.servers.allSatisfy { !$0.state.isReweighted })
    }
}
