import Testing

@testable import Upstreams

@Suite struct BalancingTests {
    @Test("Round robin is exact over threads", arguments: [1, 2, 3, 5])
    func roundRobin(servers: Int) async {
        let group = Servers.group(Array(repeating: 1, count: servers), .roundRobin)
        let counts = await Self.spread(group, threads: 4, each: servers * 250)
        #expect(counts == Array(repeating: 1000, count: servers))
    }

    @Test("Round robin knows no weights but 0")
    func roundRobinWeights() {
        #expect(Servers.group([5, 0, 1], .roundRobin).counts(of: 100) == [50, 0, 50])
    }

    @Test(
        "Every run of as many picks as the weights' sum has exactly the weights' shares",
        arguments: [[3, 1], [1, 1, 1], [5, 1, 1], [4, 0, 2, 2], [6, 4]])
    func weighted(weights: [Int]) {
        let divisor = weights == [4, 0, 2, 2] || weights == [6, 4] ? 2 : 1
        let group = Servers.group(weights, .weighted)
        let picks = (0..<40).compactMap { _ in group.glance() }
        let run = weights.reduce(0, +) / divisor
        for start in 0...(picks.count - run) {
            let window = picks[start..<start + run]
            for index in weights.indices {
                #expect(window.count { $0 == index } == weights[index] / divisor)
            }
        }
    }

    @Test("Weighted is exact over threads")
    func weightedOverThreads() async {
        let counts = await Self.spread(Servers.group([3, 1], .weighted), threads: 4, each: 1000)
        #expect(counts == [3000, 1000])
    }

    @Test("Least connections never differ by more than one when none ends")
    func leastConnectionsFill() {
        let group = Servers.group([1, 1, 1], .leastConnections)
        for picks in 1...300 {
            guard case .server = group.pick(.init(now: 1)) else { return #expect(Bool(false)) }
            let loads = group.servers.map(\.load)
            #expect(loads.max() ?? 0 <= (loads.min() ?? 0) + 1, "after \(picks)")
        }
    }

    @Test("Least connections divide what is under way by weight")
    func leastConnectionsWeights() {
        let group = Servers.group([3, 1], .leastConnections)
        for _ in 0..<400 { _ = group.pick(.init(now: 1)) }
        #expect(group.servers.map(\.load) == [300, 100])
    }

    @Test("Least connections avoid the one that is busy, and idle ones take turns")
    func leastConnectionsBusy() {
        let group = Servers.group([1, 1, 1], .leastConnections)
        for _ in 0..<9 { _ = group.pick(.init(now: 1)) }
        for _ in 0..<3 { group.servers[1].release() }
        #expect(group.counts(of: 10) == [0, 10, 0])
        for server in group.servers { while server.load > 0 { server.release() } }
        #expect(group.counts(of: 300) == [100, 100, 100])
        // One is busy: the others share evenly what it does not take.
        guard case .server(let busy) = group.pick(.init(now: 1)) else { return #expect(Bool(false)) }
        #expect(group.counts(of: 300).sorted() == [0, 150, 150])
        #expect(group.servers[busy].load == 1)
    }

    @Test("Random two gives weights' shares and takes the less busy of its two")
    func randomTwo() {
        let group = Servers.group([3, 1], .randomTwo)
        let counts = group.counts(of: 40_000)
        // Both draws are by weight and ties keep the first, so the shares are the weights': 30,000 give or take five
        // standard deviations, 5 × √(40,000 × 3/4 × 1/4) = 433.
        #expect(abs(counts[0] - 30_000) < 433)
        let even = Servers.group([1, 1, 1, 1], .randomTwo)
        for _ in 0..<4000 { _ = even.pick(.init(now: 1)) }
        let loads = even.servers.map(\.load)
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 8, "\(loads)")
    }

    @Test("Least time prefers the fast, weighs what is under way, and tries the unknown")
    func leastTime() {
        let group = Servers.group([1, 1], .leastTime)
        group.servers[0].succeeded(in: 10_000_000, now: 1)
        #expect(group.glance() == 1)
        group.servers[1].succeeded(in: 1_000_000, now: 1)
        // 1 ms × (load + 1) stays below 10 ms × 1 for nine requests.
        for _ in 0..<9 { #expect(group.pick(.init(now: 1)) == .server(1)) }
        #expect(Set((0..<4).compactMap { _ in group.glance() }).contains(0))
    }

    @Test("A key always belongs to the same server, and shares follow weights")
    func hash() {
        let group = Servers.group([2, 1, 1], .hash(.path))
        let owners = (0..<4000).map { key in group.glance(Self.keyed(key)) }
        #expect(owners == (0..<4000).map { key in group.glance(Self.keyed(key)) })
        let counts = group.servers.indices.map { index in owners.count { $0 == index } }
        // Five standard deviations of a share: 5 × √(4000 × 1/2 × 1/2) = 158.
        #expect(abs(counts[0] - 2000) < 158)
        #expect(abs(counts[1] - 1000) < 158)
    }

    @Test("A server that goes moves only its own keys; they are spread over all others")
    func hashRemoval() {
        let all = Servers.make([1, 1, 1, 1])
        let before = UpstreamGroup(name: "pool", servers: all, method: .hash(.client))
        let after = UpstreamGroup(name: "pool", servers: Array(all[0..<3]), method: .hash(.client))
        var moved = [0, 0, 0]
        for key in 0..<4000 {
            let owner = before.glance(Self.keyed(key))
            let heir = after.glance(Self.keyed(key))
            if owner == 3 { moved[heir ?? 0] += 1 } else { #expect(owner == heir) }
        }
        for count in moved { #expect(count > 200) }
    }

    @Test("A server that is down moves only its own keys, and gets them back")
    func hashDown() {
        let group = Servers.group([1, 1, 1], .hash(.client))
        let before = (0..<300).map { group.glance(Self.keyed($0)) }
        for _ in 0..<5 { group.servers[1].failed(.badAnswer, reason: "500", now: 1) }
        for key in 0..<300 where before[key] != 1 { #expect(group.glance(Self.keyed(key)) == before[key]) }
        for key in 0..<300 where before[key] == 1 { #expect(group.glance(Self.keyed(key)) != 1) }
        #expect((0..<300).map { group.glance(Self.keyed($0, now: 60 * Servers.second)) } == before)
    }

    private static func keyed(_ number: Int, now: UInt64 = 1) -> UpstreamGroup.Request {
        var request = UpstreamGroup.Request(now: now)
        request.key = HashSource.key("key \(number)".utf8)
        return request
    }

    /// Picks from several threads at once.
    private static func spread(_ group: UpstreamGroup, threads: Int, each: Int) async -> [Int] {
        await withTaskGroup(of: [Int].self) { tasks in
            for _ in 0..<threads { tasks.addTask { group.counts(of: each) } }
            var total = group.servers.map { _ in 0 }
            for await counts in tasks { for index in total.indices { total[index] += counts[index] } }
            return total
        }
    }
}
