import Testing

@testable import Upstreams

/// Picks while servers are down, full, draining or starting.
@Suite struct TroubleTests {
    private static let later = 3600 * Servers.second

    @Test("A server that failed this request is avoided, unless it is alone", arguments: [[1, 1, 1], [1, 1]])
    func excluded(weights: [Int]) {
        let group = Servers.group(weights, .roundRobin)
        var request = UpstreamGroup.Request(now: 1)
        request.excluded.insert(0)
        let counts = group.counts(of: 300) { _ in request }
        #expect(counts[0] == 0)
        #expect(counts.reduce(0, +) == 300)
        #expect(Servers.group([1], .weighted).counts(of: 3) { _ in request } == [3])
    }

    private static let methods: [UpstreamGroup.Method] = [.roundRobin, .weighted, .leastConnections, .randomTwo, .leastTime]

    @Test(
        "Every server that failed this request is avoided, however many there are",
        arguments: [3, 63, 64, 65, 66, 127, 128, 129, 192, 193, 200], methods)
    func severalExcluded(servers: Int, method: UpstreamGroup.Method) {
        let group = Servers.group(Array(repeating: 1, count: servers), method)
        // One that has not failed, at each edge of what is kept in a word, and the first and the last of all.
        for left in Set([0, 1, 63, 64, 65, 127, 128, servers - 2, servers - 1]) where left < servers {
            var request = UpstreamGroup.Request(now: 1)
            for index in 0..<servers where index != left { request.excluded.insert(index) }
            #expect(group.counts(of: 5) { _ in request }[left] == 5)
            request.excluded.insert(left)
            #expect(group.counts(of: 5) { _ in request }.reduce(0, +) == 5)
        }
    }

    @Test("A request that fails everywhere has tried each server once before it tries one again", arguments: [65, 200], methods)
    func eachOnce(servers: Int, method: UpstreamGroup.Method) {
        let group = Servers.group(Array(repeating: 1, count: servers), method)
        var request = UpstreamGroup.Request(now: 1)
        var tried: Set<Int> = []
        for _ in 0..<servers {
            guard let choice = group.glance(request) else { break }
            tried.insert(choice)
            request.excluded.insert(choice)
        }
        #expect(tried.count == servers)
    }

    @Test("What is excluded is what was inserted, in any order")
    func excludedIsASet() {
        var excluded = UpstreamGroup.Excluded()
        #expect(excluded.isEmpty)
        let inserted: Set<Int> = [199, 0, 63, 64, 127, 128, 130]
        for index in inserted { excluded.insert(index) }
        for index in inserted { excluded.insert(index) }
        #expect((0..<300).filter(excluded.contains) == inserted.sorted())
        var high = UpstreamGroup.Excluded()
        high.insert(64)
        #expect(!high.isEmpty)
    }

    @Test("An ejected server gets nothing, the others share what was its", arguments: methods)
    func ejected(method: UpstreamGroup.Method) {
        let group = Servers.group([1, 1, 1], method)
        for _ in 0..<5 { group.servers[2].failed(.badAnswer, reason: "status 500", now: 1) }
        let counts = group.counts(of: 600)
        #expect(counts[2] == 0)
        #expect(counts[0] > 200 && counts[1] > 200, "\(counts)")
        #expect(counts.reduce(0, +) == 600)
    }

    @Test("Below the panic threshold all are tried again")
    func panic() {
        let group = Servers.group([1, 1, 1], .roundRobin, panicPercent: 50)
        for index in 0..<2 { for _ in 0..<5 { group.servers[index].failed(.badAnswer, reason: "500", now: 1) } }
        #expect(group.counts(of: 300).allSatisfy { $0 > 50 })
        let alone = Servers.group([1], .roundRobin)
        for _ in 0..<5 { alone.servers[0].failed(.badAnswer, reason: "500", now: 1) }
        #expect(alone.counts(of: 10) == [10])
    }

    @Test("When those that are healthy have failed this request, one that is merely ejected may try", arguments: methods)
    func ejectedBeforeRefusing(method: UpstreamGroup.Method) {
        let group = Servers.group([1, 1], method)
        for _ in 0..<5 { group.servers[0].failed(.badAnswer, reason: "status 500", now: 1) }
        #expect(group.counts(of: 20) == [0, 20])
        var request = UpstreamGroup.Request(now: 1)
        request.excluded.insert(1)
        #expect(group.counts(of: 20) { _ in request } == [20, 0])
        request.excluded.insert(0)
        #expect(group.counts(of: 20) { _ in request } == [0, 20])
    }

    @Test("What fails alike on all servers ejects none of them, what fails on one ejects that one", arguments: methods)
    func alike(method: UpstreamGroup.Method) {
        let group = Servers.group([1, 1, 1], method)
        for _ in 0..<20 {
            for server in group.servers { group.failed(server, kind: "status 500", reason: "status 500", now: 1) }
        }
        #expect(group.counts(of: 300).allSatisfy { $0 > 50 })
        let other = Servers.group([1, 1, 1], method)
        for _ in 0..<5 {
            other.failed(other.servers[0], kind: "status 500", reason: "status 500", now: 1)
            other.failed(other.servers[1], kind: "status 503", reason: "status 503", now: 1)
        }
        #expect(other.counts(of: 20) == [0, 0, 20])
    }

    @Test("A burst that fails everywhere ejects nobody, whichever server is the first that fails its part", arguments: [2, 3])
    func burst(servers: Int) {
        let group = Servers.group(Array(repeating: 1, count: servers), .roundRobin)
        for round in 0..<3 {
            // Longer after the burst before than what is remembered of it.
            let now = UInt64(round) * 60 * Servers.second + 1
            let picks = (0..<servers * 20).compactMap { _ in group.take(now: now) }
            #expect(picks.count == servers * 20)
            for (place, server) in group.servers.enumerated() {
                let answered = now + UInt64(place + 1) * Servers.second / 10
                for pick in picks where pick == place {
                    group.failed(server, kind: "status 503", reason: "status 503", began: now, now: answered)
                    server.release()
                }
            }
            #expect(group.servers.allSatisfy { $0.isAvailable })
        }
        // Nor does what is left of it make the next one that fails the last straw.
        let later = 300 * Servers.second
        group.failed(group.servers[0], kind: "status 503", reason: "status 503", began: later, now: later)
        #expect(group.servers[0].isAvailable)
    }

    @Test("A server that fails is ejected as soon as one of the others answers well what was sent at the same time")
    func burstOfOne() {
        let group = Servers.group([1, 1], .roundRobin)
        let now = Servers.second
        for _ in 0..<40 { #expect(group.take(now: now) != nil) }
        func fail(_ now: UInt64) {
            group.failed(group.servers[0], kind: "status 503", reason: "status 503", began: Servers.second, now: now)
        }
        for _ in 0..<10 { fail(2 * now) }
        #expect(group.servers[0].isAvailable)
        group.servers[1].succeeded(in: 2 * now, now: 3 * now)
        for _ in 0..<2 { fail(4 * now) }
        #expect(!group.servers[0].isAvailable)
    }

    @Test("What another server was sent before, as a WebSocket that stays open, keeps nobody from being ejected")
    func longExchanges() {
        let group = Servers.group([1, 1], .roundRobin)
        for _ in 0..<2 { #expect(group.take(now: 1) != nil) }
        for _ in 0..<5 {
            group.failed(group.servers[0], kind: "status 503", reason: "status 503", began: Servers.second, now: Servers.second)
        }
        #expect(!group.servers[0].isAvailable)
    }

    @Test("When one is ejected for what fails everywhere, the last of the others is not")
    func ejectedOneAfterTheOther() {
        let group = Servers.group([1, 1], .roundRobin)
        for server in group.servers {
            for _ in 0..<5 { group.failed(server, kind: "status 500", reason: "status 500", now: 1) }
        }
        #expect(group.counts(of: 20) == [0, 20])
        // What it did so long ago is no excuse any more.
        let later = 11 * Servers.second
        #expect(group.counts(of: 20) { _ in .init(now: later) } == [10, 10])
        for _ in 0..<5 { group.failed(group.servers[1], kind: "status 500", reason: "status 500", now: later) }
        #expect(group.counts(of: 20) { _ in .init(now: later) } == [20, 0])
    }

    @Test("One client's requests eject its server, and then no second one; with another client's they do")
    func oneClient() {
        let group = Servers.group([1, 1, 1], .hash(.client))
        func fail(_ place: Int, _ client: UInt64?, _ times: Int = 1, kind: String = "status 500", at second: UInt64 = 1) {
            for _ in 0..<times {
                group.failed(group.servers[place], kind: kind, reason: kind, client: client, now: second * Servers.second)
            }
        }
        fail(0, 7, 5)
        #expect(!group.servers[0].isAvailable)
        fail(1, 7, 20)
        fail(2, 7, 20, kind: "status 502")
        #expect(group.servers[1].isAvailable && group.servers[2].isAvailable)
        // The first one is back: what the other does alike is no fault of its own.
        #expect(group.glance(.init(now: 12 * Servers.second)) != nil && group.servers[0].isAvailable)
        fail(1, 7, at: 12)
        fail(0, 7, 5, at: 13)
        #expect(group.servers[0].isAvailable)
        // Others meet it too.
        fail(1, 8, 2, at: 13)
        #expect(!group.servers[1].isAvailable)
    }

    @Test("Requests that are bound to no server, or of several clients, eject as ever", arguments: [nil, 7] as [UInt64?])
    func severalClients(second: UInt64?) {
        let group = Servers.group([1, 1, 1], .hash(.client))
        for server in group.servers[..<2] {
            for client in [6, second, 6, second, 6] {
                group.failed(server, kind: "status 500", reason: "status 500", client: client, now: 1)
            }
        }
        #expect(!group.servers[0].isAvailable && !group.servers[1].isAvailable)
    }

    @Test("When every server drains the pick says so")
    func allDrain() {
        let group = Servers.group([1, 1], .roundRobin)
        for server in group.servers { server.state.setDraining(true) }
        #expect(group.pick(.init(now: 1)) == .draining)
    }

    @Test("When every circuit is open the answer is at once, with the time to the first trial")
    func allOpen() {
        let group = Servers.group([1, 1], .roundRobin)
        for server in group.servers { for _ in 0..<5 { server.failed(.unreachable, reason: "refused", now: 1) } }
        #expect(group.pick(.init(now: 1)) == .unavailable(retryAfter: Servers.second))
        // Then one request may try each, and only one.
        let trials = (0..<5).map { _ in group.pick(.init(now: 2 * Servers.second)) }
        #expect(trials.count { if case .server = $0 { true } else { false } } == 2)
        group.servers[0].succeeded(in: 1, now: 2 * Servers.second)
        #expect(group.counts(of: 10) { _ in .init(now: 3 * Servers.second) } == [10, 0])
        // The other one has taken its trial's connection, and has yet to answer.
        group.servers[1].reached(now: 3 * Servers.second)
        #expect(group.servers[1].state.takeChanges().last == .circuitClosed)
    }

    @Test("Backups serve only when too few others are healthy")
    func backups() {
        let group = Servers.group([1, 1, 1], .roundRobin, panicPercent: 50) { index, terms in terms.isBackup = index == 2 }
        #expect(group.counts(of: 100) == [50, 50, 0])
        for index in 0..<2 { for _ in 0..<5 { group.servers[index].failed(.unreachable, reason: "refused", now: 1) } }
        #expect(group.counts(of: 100) == [0, 0, 100])
    }

    @Test("A full server is passed over; when all are full the pick says so")
    func full() {
        let group = Servers.group([1, 1], .roundRobin) { _, terms in terms.maxConns = 2 }
        for _ in 0..<4 {
            guard case .server = group.pick(.init(now: 1)) else { return #expect(Bool(false)) }
        }
        #expect(group.pick(.init(now: 1)) == .full)
        group.servers[1].release()
        #expect(group.pick(.init(now: 1)) == .server(1))
        #expect(group.servers.map(\.load) == [2, 2])
    }

    @Test("The limit holds over threads")
    func fullOverThreads() async {
        let group = Servers.group([1, 1], .leastConnections) { _, terms in terms.maxConns = 100 }
        let taken = await withTaskGroup(of: Int.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    var taken = 0
                    for _ in 0..<200 { if case .server = group.pick(.init(now: 1)) { taken += 1 } }
                    return taken
                }
            }
            return await tasks.reduce(0, +)
        }
        #expect(taken == 200)
        #expect(group.servers.map(\.load) == [100, 100])
    }

    @Test("What an operator orders goes before what the configuration says, and outlives it")
    func orders() {
        let group = Servers.group([1, 1], .roundRobin)
        let record = group.servers[0].state
        var stuck = UpstreamGroup.Request(now: 1)
        stuck.stuckTo = 0
        func counts(stuck isStuck: Bool = false) -> [Int] {
            isStuck ? group.counts(of: 10) { _ in stuck } : group.counts(of: 10)
        }
        record.setAdminState(.draining)
        #expect(counts() == [0, 10] && counts(stuck: true) == [10, 0])
        record.setAdminState(.disabled)
        #expect(counts() == [0, 10] && counts(stuck: true) == [0, 10])
        // Another plan comes into use, and a change of health.
        record.setDraining(false)
        group.servers[0].failed(.badAnswer, reason: "status 500", now: 1)
        #expect(counts() == [0, 10] && record.isDisabled)
        record.setAdminState(.enabled)
        record.setDraining(true)
        #expect(counts() == [5, 5] && !record.isDraining)
        record.setAdminState(.none)
        #expect(counts() == [0, 10] && record.isDraining && !record.isDisabled)
    }

    @Test("A draining server takes only those who are stuck to it")
    func draining() {
        let group = Servers.group([1, 1], .roundRobin)
        group.servers[0].state.setDraining(true)
        #expect(group.counts(of: 10) == [0, 10])
        var request = UpstreamGroup.Request(now: 1)
        request.stuckTo = 0
        #expect(group.counts(of: 10) { _ in request } == [10, 0])
        group.servers[0].state.setDraining(false)
        #expect(group.counts(of: 10) == [5, 5])
    }

    @Test("Who is stuck to a server that is down gets another")
    func stuck() {
        let group = Servers.group([1, 1], .roundRobin)
        var request = UpstreamGroup.Request(now: 1)
        request.stuckTo = 1
        #expect(group.counts(of: 10) { _ in request } == [0, 10])
        for _ in 0..<5 { group.servers[1].failed(.unreachable, reason: "refused", now: 1) }
        #expect(group.counts(of: 10) { _ in request } == [10, 0])
    }

    @Test("A server that comes back starts slowly")
    func slowStart() {
        let group = Servers.group([1, 1], .weighted) { _, terms in terms.health.slowStart = 100 * Servers.second }
        for _ in 0..<5 { group.servers[1].failed(.badAnswer, reason: "500", now: 1) }
        let back = 20 * Servers.second
        // It keeps a tenth of its turns at first, then more.
        let (early, middle, late) = (
            group.counts(of: 2000) { _ in .init(now: back) }[1],
            group.counts(of: 2000) { _ in .init(now: back + 50 * Servers.second) }[1],
            group.counts(of: 2000) { _ in .init(now: back + 101 * Servers.second) }[1]
        )
        #expect(early > 50 && early < 150, "\(early)")
        #expect(middle > 470 && middle < 630, "\(middle)")
        #expect(late == 1000)
    }
}
