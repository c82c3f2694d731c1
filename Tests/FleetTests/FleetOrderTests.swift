import TestSupport
import Testing

@testable import Fleet

/// Orders and purges that are for all members, by a real etcd.
@Suite("Orders to a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetOrderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func start(_ name: String, _ etcd: Etcd) async throws -> RunningMember {
        let running = try await RunningMember(name, etcd, in: directory)
        _ = try await running.log.first { $0.hasPrefix("a member of the fleet") }
        return running
    }

    private func order(_ action: String, _ url: String) -> FleetOrder {
        FleetOrder(action: action, url: url, site: nil, upstream: nil)
    }

    @Test("an order reaches all, those too that start later or without etcd, and is undone likewise")
    func orders() async throws {
        let etcd = try await Etcd(in: directory)
        let (one, other) = (try await start("a", etcd), try await start("b", etcd))
        try await one.member.publish(order("drain", "http://x"))
        for running in [one, other] { #expect(try await running.deployed.orders.first(1) == [order("drain", "http://x")]) }
        try await other.member.publish(order("disable", "http://y"))
        _ = try await one.deployed.orders.first { $0.url == "http://y" }
        let late = try await start("c", etcd)
        #expect(try await late.deployed.orders.first(2).map(\.action) == ["drain", "disable"])
        try await late.member.publish(order("reset", "http://x"))
        for running in [one, other] { _ = try await running.deployed.orders.first { $0 == order("reset", "http://x") } }
        _ = try await late.log.first {
            $0.hasPrefix("the fleet's orders about servers are carried out") && $0.contains("orders=1")
        }
        await late.stop()
        try await etcd.fail(0)
        let alone = try await RunningMember("c", etcd, in: directory)
        #expect(try await alone.deployed.orders.first(1) == [order("disable", "http://y")])
        await #expect(throws: FleetMember.NotPublished.self) { try await alone.member.publish(order("drain", "http://z")) }
        for running in [one, other, alone] { await running.stop() }
    }

    @Test("a purge reaches all once, and who has missed one forgets everything")
    func purges() async throws {
        let etcd = try await Etcd(in: directory)
        let (one, other) = (try await start("a", etcd), try await start("b", etcd))
        func purge(_ target: String) -> FleetPurge { FleetPurge(site: nil, target: target, isPrefix: false) }
        try await one.member.publish(purge("x/1"))
        for running in [one, other] { #expect(try await running.deployed.purges.first(1) == [purge("x/1")]) }
        await other.stop()
        try await one.member.publish(purge("x/2"))
        let again = try await start("b", etcd)
        #expect(try await again.deployed.purges.first(1) == [purge("x/2")])
        await again.stop()
        try await one.member.publish(purge("x/3"))
        try await one.member.publish(purge("x/4"))
        _ = try await one.deployed.purges.first(4)
        // As an hour later: who was there has it by now.
        try await etcd.delete(try RunningMember.settings("a", etcd, in: directory).purge(3))
        let late = try await start("b", etcd)
        #expect(try await late.deployed.purges.first(1) == [.everything])
        // Who was never a member has missed nothing.
        let new = try await start("c", etcd)
        try await one.member.publish(purge("x/5"))
        #expect(try await new.deployed.purges.first(1) == [purge("x/5")])
        _ = try await one.deployed.purges.first(5)
        #expect(one.deployed.purges.all.map(\.target) == (1...5).map { "x/\($0)" })
        for running in [one, late, new] { await running.stop() }
    }

    @Test("of orders about the same the last one holds, and what is no more ordered is reset")
    func changes() {
        let none = FleetOrders()
        let one = none.adding(order("drain", "x"))
        #expect(one?.orders == [order("drain", "x")] && one?.adding(order("disable", "x"))?.orders == [order("disable", "x")])
        #expect(one?.adding(order("reset", "x")) == none && one?.changes(to: none) == [order("reset", "x")])
        let two = one?.adding(order("disable", "y"))
        #expect(two.map { one?.changes(to: $0) } == [order("disable", "y")])
        // A weight is another matter than whether there are requests; a reset is about both.
        func weigh(_ weight: Int) -> FleetOrder {
            FleetOrder(action: "weight", weight: weight, url: "x", site: nil, upstream: nil)
        }
        let both = one?.adding(weigh(3))
        #expect(both?.orders == [order("drain", "x"), weigh(3)])
        #expect(both?.adding(weigh(5))?.orders == [order("drain", "x"), weigh(5)] && both?.adding(order("reset", "x")) == none)
        #expect(both.flatMap { one?.changes(to: $0) } == [weigh(3)])
        #expect(one.flatMap { both?.changes(to: $0) } == [order("reset", "x"), order("drain", "x")])
        let full = FleetOrders(orders: (0..<FleetOrders.maxOrders).map { order("drain", "\($0)") })
        #expect(full.adding(order("drain", "more")) == nil && full.adding(order("reset", "1")) != nil)
    }
}
