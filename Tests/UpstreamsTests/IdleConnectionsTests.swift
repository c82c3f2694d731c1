import Testing

@testable import Upstreams

/// Which idle connection is lent and which are closed, from nothing but numbers.
@Suite("A pool's idle connections")
struct IdleConnectionsTests {
    private static func connections(most: Int = 3, timeout: UInt64 = 100, _ kept: [(Int, at: UInt64)]) -> IdleConnections<Int> {
        var idle = IdleConnections<Int>(maxConnections: most, timeout: timeout)
        for (connection, now) in kept { _ = idle.put(connection, now: now) }
        return idle
    }

    @Test("the newest is lent first")
    func newestFirst() {
        var idle = Self.connections([(1, at: 0), (2, at: 1), (3, at: 2)])
        var lent: [Int] = []
        while let next = idle.takeNewest(now: 3) { lent.append(next.connection) }
        #expect(lent == [3, 2, 1] && idle.isEmpty)
    }

    @Test("no more are kept than may be", arguments: 0...4)
    func most(_ most: Int) {
        var idle = IdleConnections<Int>(maxConnections: most, timeout: 100)
        for connection in 0..<5 { #expect(idle.put(connection, now: 0) == (connection < most)) }
        #expect(idle.count == most)
    }

    @Test(
        "one is too old after the timeout, and not before",
        arguments: [(99, false), (100, false), (101, true)] as [(UInt64, Bool)])
    func timeout(_ now: UInt64, _ isExpired: Bool) {
        var idle = Self.connections([(1, at: 0)])
        #expect(idle.takeNewest(now: now)?.isExpired == isExpired)
    }

    @Test(
        "the upstream's own limit counts when it is shorter",
        arguments: [(50, 51, true), (50, 50, false), (500, 101, true)] as [(UInt64, UInt64, Bool)])
    func ownLimit(_ limit: UInt64, _ now: UInt64, _ isExpired: Bool) {
        var idle = IdleConnections<Int>(maxConnections: 3, timeout: 100)
        _ = idle.put(1, limit: limit, now: 0)
        #expect(idle.takeNewest(now: now)?.isExpired == isExpired)
    }

    @Test("a time beyond all measure is no time in the past")
    func overflow() {
        var idle = IdleConnections<Int>(maxConnections: 3, timeout: .max)
        _ = idle.put(1, now: 1_000)
        #expect(idle.takeNewest(now: .max)?.isExpired == false)
    }

    @Test("the stale are taken out, old or unclean, and the others stay in their order")
    func stale() {
        var idle = Self.connections(most: 9, [(1, at: 0), (2, at: 50), (3, at: 60), (4, at: 70)])
        #expect(idle.takeStale(now: 101) { $0 != 3 }.map(\.connection) == [1, 3])
        #expect(idle.takeStale(now: 101) { $0 != 3 }.isEmpty)
        #expect(idle.takeNewest(now: 101)?.connection == 4)
        #expect(idle.takeNewest(now: 101)?.connection == 2)
    }

    @Test("all are taken out at the end")
    func all() {
        var idle = Self.connections([(1, at: 0), (2, at: 1)])
        #expect(idle.takeAll() == [1, 2] && idle.isEmpty && idle.takeNewest(now: 2) == nil)
    }

    private static func since(_ since: UInt64...) -> IdleConnections<Int> {
        var idle = IdleConnections<Int>(maxConnections: 10, timeout: 1000)
        for (number, now) in since.enumerated() { _ = idle.put(number, now: now) }
        return idle
    }

    @Test("The newest that suits is taken, and the others stay")
    func suiting() {
        var idle = Self.since(1, 2, 3)
        let taken = idle.takeNewest(now: 5, youngerThan: .max) { $0 != 2 }
        #expect(taken?.connection == 1 && taken?.age == 3 && taken?.isExpired == false)
        #expect(idle.count == 2)
        #expect(idle.takeNewest(now: 5, youngerThan: .max) { $0 == 1 } == nil)
    }

    @Test("One that has been idle for too long for a request stays for others")
    func tooOld() {
        var idle = Self.since(1, 10)
        #expect(idle.takeNewest(now: 20, youngerThan: 10) { _ in true } == nil)
        #expect(idle.count == 2)
        #expect(idle.takeNewest(now: 19, youngerThan: 10) { _ in true }?.connection == 1)
        #expect(idle.takeNewest(now: 19)?.connection == 0)
    }

    @Test("What is stale is told with its age")
    func staleWithAge() {
        var idle = Self.since(1, 10)
        #expect(idle.oldestAge(now: 20) == 19)
        let stale = idle.takeStale(now: 20) { $0 != 0 }
        #expect(stale.map(\.connection) == [0] && stale.map(\.age) == [19])
        #expect(idle.oldestAge(now: 20) == 10)
    }
}
