import Testing

@testable import Upstreams

/// What each method promises when several workers pick from one group at once.
@Suite struct OverWorkersTests {
    private static let workers = 4

    /// Servers are held. Whoever decides on a server has seen that it has the least; until its pick counts every other worker may
    /// have decided on the same one. So none is ahead of another by more than the workers and one.
    @Test(
        "What is under way never differs by more than the number of workers and one",
        arguments: [UpstreamGroup.Method.leastConnections, .leastTime])
    func evenLoads(method: UpstreamGroup.Method) async {
        let group = Servers.group([1, 1, 1], method)
        for server in group.servers { server.succeeded(in: 1_000_000, now: 1) }
        await Self.atOnce { _ in for _ in 0..<3000 { _ = group.pick(.init(now: 1)) } }
        let loads = group.servers.map(\.load)
        #expect(loads.reduce(0, +) == Self.workers * 3000)
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= Self.workers + 1, "\(loads)")
    }

    @Test("Least connections hold the weights' shares, within the number of workers and one per unit of weight")
    func weightedLoads() async {
        let group = Servers.group([3, 1], .leastConnections)
        await Self.atOnce { _ in for _ in 0..<1000 { _ = group.pick(.init(now: 1)) } }
        let loads = group.servers.map(\.load)
        #expect(abs(loads[0] - 3000) <= 3 * (Self.workers + 1), "\(loads)")
        #expect(loads[0] + loads[1] == 4000)
    }

    @Test("Least time gives a server that is twice as fast twice as much")
    func latencies() async {
        let group = Servers.group([1, 1], .leastTime)
        group.servers[0].succeeded(in: 1_000_000, now: 1)
        group.servers[1].succeeded(in: 2_000_000, now: 1)
        await Self.atOnce { _ in for _ in 0..<1500 { _ = group.pick(.init(now: 1)) } }
        let loads = group.servers.map(\.load)
        #expect(abs(loads[0] - 4000) <= 2 * (Self.workers + 1), "\(loads)")
        #expect(loads[0] + loads[1] == 6000)
    }

    /// The expected gap of two choices is ln ln n / ln 2 and a constant: below 3 for four servers, however many picks there were.
    @Test("Random two keeps what is under way close together")
    func randomTwoLoads() async {
        let group = Servers.group([1, 1, 1, 1], .randomTwo)
        await Self.atOnce { _ in for _ in 0..<3000 { _ = group.pick(.init(now: 1)) } }
        let loads = group.servers.map(\.load)
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 8 + Self.workers, "\(loads)")
    }

    @Test("A key belongs to the same server whichever worker asks")
    func hash() async {
        let group = Servers.group([2, 1, 1], .hash(.client))
        let owners = await withTaskGroup(of: [Int?].self) { tasks in
            for _ in 0..<Self.workers {
                tasks.addTask {
                    (0..<1000).map { number in
                        var request = UpstreamGroup.Request(now: 1)
                        request.key = HashSource.key("key \(number)".utf8)
                        return group.glance(request)
                    }
                }
            }
            var seen: Set<[Int?]> = []
            for await owners in tasks { seen.insert(owners) }
            return seen
        }
        #expect(owners.count == 1)
    }

    @Test("Turns and weights are exact for any number of workers, also while one server is out")
    func exact() async {
        let turns = Servers.group([1, 1, 1], .roundRobin)
        #expect(await Self.sum(of: turns) { turns.counts(of: 300) } == [400, 400, 400])
        let weights = Servers.group([3, 1], .weighted)
        #expect(await Self.sum(of: weights) { weights.counts(of: 400) } == [1200, 400])
        let two = Servers.group([1, 1, 1], .roundRobin)
        for _ in 0..<5 { two.servers[2].failed(.badAnswer, reason: "status 500", now: 1) }
        let counts = await Self.sum(of: two) { two.counts(of: 300) }
        // Their own turns are exact; a third's turns fall to either by chance: 5 × √(400 × 1/4) = 50.
        #expect(counts[2] == 0 && counts[0] + counts[1] == 1200)
        #expect(abs(counts[0] - 600) <= 50, "\(counts)")
    }

    private static func atOnce(_ work: @escaping @Sendable (Int) -> Void) async {
        await withTaskGroup(of: Void.self) { tasks in
            for worker in 0..<workers { tasks.addTask { work(worker) } }
        }
    }

    private static func sum(of group: UpstreamGroup, _ work: @escaping @Sendable () -> [Int]) async -> [Int] {
        await withTaskGroup(of: [Int].self) { tasks in
            for _ in 0..<workers { tasks.addTask { work() } }
            var total = group.servers.map { _ in 0 }
            for await counts in tasks { for index in total.indices { total[index] += counts[index] } }
            return total
        }
    }
}
