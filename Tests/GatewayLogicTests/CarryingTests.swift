import EventLoop
import HTTP
import LoopTesting
import Protection
import Testing

@testable import Gateway
@testable import Upstreams

@Suite("A plan takes over")
struct CarryingTests {
    private static let sticky = "[sites.proxy.load_balancing]\nmethod = \"round_robin\"\nsticky_sessions = true\n"

    @Test("nothing and changes nothing until it is used: not even a drain that it orders")
    func buildingChangesNothing() throws {
        let old = try Plans.plan(Plans.pool([1, 2]))
        old.takeEffect()
        let next = try Plans.plan(Plans.pool([2, 1], keys: "drain = true\nweight = 7"), after: old)
        _ = try Plans.plan(Plans.pool([3]), after: old)
        #expect(try old.server(1).isAvailable && old.server(2).isAvailable)
        #expect(try old.route().group.pick(.init(now: 1)) == .server(0))
        next.takeEffect()
        #expect(try !old.server(1).isAvailable && !next.server(1).isAvailable)
        try Plans.plan(Plans.pool([1, 2]), after: next).takeEffect()
        #expect(try old.server(1).isAvailable && next.server(1).isAvailable)
    }

    @Test("the health of a server, wherever it stands now")
    func health() throws {
        let old = try Plans.plan(Plans.pool([1, 2]))
        for _ in 0..<5 { try old.server(1).failed(.badAnswer, reason: "500", now: 1) }
        let next = try Plans.plan(Plans.pool([3, 2, 1]), after: old)
        #expect(try !next.server(1).isAvailable && next.server(1).state.health.ejection.until != nil)
        #expect(try next.server(2).isAvailable && next.server(3).isAvailable)
    }

    @Test("what is under way at a server, and holds it against the new limit")
    func load() throws {
        let old = try Plans.plan(Plans.pool([1]))
        #expect(try old.route().group.pick(.init(now: 1)) == .server(0))
        let next = try Plans.plan(Plans.pool([1], keys: "max_conns = 1"), after: old)
        #expect(try next.route().group.pick(.init(now: 1)) == .full)
        try old.server(1).release()
        #expect(try next.route().group.pick(.init(now: 1)) == .server(0))
    }

    @Test("whose turn it is")
    func turns() throws {
        let old = try Plans.plan(Plans.pool([1, 2, 3]))
        #expect(try old.route().group.pick(.init(now: 1)) == .server(0))
        let next = try Plans.plan(Plans.pool([1, 2, 3]), after: old)
        #expect(try next.route().group.pick(.init(now: 1)) == .server(1))
        #expect(try old.route().group.pick(.init(now: 1)) == .server(2))
    }

    @Test("the retries that were saved up, even if their share changes")
    func budget() throws {
        let old = try Plans.plan(Plans.pool([1]))
        while try old.route().group.budget.withdraw() {}
        let next = try Plans.plan(Plans.pool([1], proxy: "[sites.proxy.retry]\nbudget_percent = 50\n"), after: old)
        #expect(try !next.route().group.budget.withdraw())
        try next.route().group.countRequest()
        try next.route().group.countRequest()
        #expect(try old.route().group.budget.withdraw())
    }

    @Test("the tunnels of a route, and holds them against the new limit")
    func tunnels() throws {
        let (clients, keys) = (ClientTunnelCounts(), "websocket = true\n")
        let old = try Plans.plan(Plans.pool([1], route: keys))
        let next = try Plans.plan(Plans.pool([1], route: keys + "max_tunnels = 1"), after: old)
        do {
            let slot = try TunnelSlot(old.route(), client: nil, clients: clients, clientLimit: 0)
            #expect(throws: Failure.self) {
                _ = try TunnelSlot(next.route(), client: nil, clients: clients, clientLimit: 0)
            }
            _ = consume slot
        }
        _ = try TunnelSlot(next.route(), client: nil, clients: clients, clientLimit: 0)
        #expect(try next.route().tunnelCount.value == 0)
    }

    @Test("what each route counts, also where two have one path and differ in what must hold besides")
    func routesOfOnePath() throws {
        let limits = "rate_limit = { requests_per_minute = 10 }\nconcurrency = { requests = 9 }"
        let keys = "websocket = true\nmax_tunnels = 1\n\(limits)"
        let matching = "match = { methods = [\"GET\"], headers = { X-Beta = \"1\" } }\n" + keys
        let text = Plans.site([("app", "http://127.0.0.1:1", "")], routes: [("/", "app", matching), ("/", "app", keys)])
        let old = try Plans.plan(text)
        let next = try Plans.plan(text, after: old)
        let (before, after) = (try #require(old.listeners.first).fallback.routes, next.listeners[0].fallback.routes)
        #expect(before.count == 2 && after.count == 2)
        let clients = ClientTunnelCounts()
        for (place, other) in [(0, 1), (1, 0)] {
            let (own, another) = (try #require(before[place].proxied), try #require(after[other].proxied))
            let slot = try TunnelSlot(own, client: nil, clients: clients, clientLimit: 0)
            #expect(another.tunnelCount.value == 0 && after[place].proxied?.tunnelCount.value == 1)
            _ = try TunnelSlot(another, client: nil, clients: clients, clientLimit: 0)
            #expect(after[place].proxied?.tunnelCount === own.tunnelCount)
            _ = consume slot
            let (mine, theirs) = (try #require(before[place].protection), try #require(after[other].protection))
            #expect(mine.limits.count == 1 && mine.limits[0].table !== theirs.limits[0].table)
            #expect(mine.limits[0].table === after[place].protection?.limits[0].table)
            #expect(mine.concurrency.count == 1 && mine.concurrency[0].counts !== theirs.concurrency[0].counts)
        }
    }

    @Test("the handshakes that a server has had in this second")
    func handshakes() throws {
        let keys = "handshake_rate = 2"
        let old = try Plans.plan(Plans.pool([1, 2], keys: keys))
        let rate = try old.route().pool.handshakeRates[0]
        #expect(rate.admit(now: 1) && rate.admit(now: 1) && !rate.admit(now: 1))
        let next = try Plans.plan(Plans.pool([2, 1], keys: keys), after: old).route().pool
        #expect(next.handshakeRates[0].admit(now: 1))
        #expect(!next.handshakeRates[1].admit(now: 1))
    }

    @Test("those who wait for a pool's servers")
    func queue() throws {
        let text = Plans.pool([1], keys: "max_conns = 1", proxy: "[sites.proxy.load_balancing]\nqueue = 1\n")
        let old = try Plans.plan(text)
        let next = try Plans.plan(text, after: old)
        let loop = try EventLoop()
        let before = try #require(try old.route().pool.queue)
        let after = try #require(try next.route().pool.queue)
        let line = RequestQueue(before.count)
        let (first, second) = (Waiter(loop: loop), Waiter(loop: loop))
        #expect(line.enter(first, before.limit))
        #expect(!RequestQueue(after.count).enter(second, after.limit))
        line.leave(first)
        #expect(after.count.value == 0)
    }

    @Test("the secret of sticky cookies, where none is configured")
    func stickySecret() throws {
        let old = try Plans.plan(Plans.pool([1, 2], proxy: Self.sticky))
        let next = try Plans.plan(Plans.pool([2, 1], proxy: Self.sticky), after: old)
        let server = try old.server(2).identityHash
        let sticky = try #require(try old.route().proxying.sticky)
        var cookie = FieldSection()
        let value = try #require(sticky.value(of: server))
        cookie.append("Cookie", "\(sticky.name)=" + String(decoding: value, as: UTF8.self))
        #expect(try next.route().proxying.sticky?.server(in: cookie) == server)
        let stranger = try Plans.plan(Plans.pool([1, 2], proxy: Self.sticky))
        #expect(try stranger.route().proxying.sticky?.server(in: cookie) == nil)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        /// Whether the same thing is meant before and after.
        var server = false
        var pool = false
        var route = false
    }

    @Test(
        "nothing from what is another's",
        arguments: [
            Change(
                testDescription: "another pool", text: Plans.site([("other", "http://127.0.0.1:1", "")]), route: true),
            Change(
                testDescription: "another base path", text: Plans.site([("app", "http://127.0.0.1:1/base", "")]), pool: true,
                route: true),
            Change(
                testDescription: "another address", text: Plans.site([("app", "http://127.0.0.2:1", "")]), pool: true, route: true
            ),
            Change(
                testDescription: "another path",
                text: Plans.site([("app", "http://127.0.0.1:1", "")], routes: [("/other", "app", "")]), server: true, pool: true),
            Change(
                testDescription: "another site",
                text: Plans.pool([1]).replacing("hostname = \"localhost\"", with: "hostname = \"other\"")),
        ])
    func identity(change: Change) throws {
        let old = try Plans.plan(Plans.pool([1], keys: "max_conns = 1"))
        let text = change.text.replacing("[[sites.proxy.routes]]", with: "max_conns = 1\n[[sites.proxy.routes]]")
        let next = try Plans.plan(text, after: old)
        let (before, after) = (try old.route(), try #require(next.listeners.first?.fallback.routes.first?.proxied))
        #expect((before.group.servers[0].state === after.group.servers[0].state) == change.server)
        #expect((before.pool.queue?.count === after.pool.queue?.count) == change.pool)
        #expect((before.tunnelCount === after.tunnelCount) == change.route)
    }

    @Test("what clients have used of a rate limit, even if its rate changes")
    func rates() throws {
        func text(_ rate: Int, path: String = "/") -> String {
            let limit = "requests_per_minute = \(rate)\nburst_size = 1\n"
            return Plans.site(
                [("app", "http://127.0.0.1:1", "")], routes: [(path, "app", "rate_limit = { max_requests = \(rate) }")],
                site: "[sites.rate_limit]\n\(limit)", top: "[security.rate_limiting]\n\(limit)")
        }
        func admits(_ plan: Plan, _ index: Int) throws -> Bool {
            let limit = try #require(plan.routePlan().protection?.limits[index])
            return limit.table.admit(7, under: limit.limit, now: 1 << 40).isAdmitted
        }
        let old = try Plans.plan(text(1))
        for index in 0..<3 { #expect(try admits(old, index)) }
        let next = try Plans.plan(text(2), after: old)
        for index in 0..<3 { #expect(try !admits(next, index)) }
        let other = try Plans.plan(text(2, path: "/other"), after: next)
        let route = try other.routePlan("/other")
        #expect(try route.protection?.limits[1].table === next.routePlan().protection?.limits[1].table)
        #expect(try route.protection?.limits[2].table !== next.routePlan().protection?.limits[2].table)
    }

    @Test("what an older plan still holds, and forgets what none does")
    func forgetting() throws {
        var first: Plan? = try Plans.plan(Plans.pool([1, 2]))
        for _ in 0..<5 { try first?.server(1).failed(.badAnswer, reason: "500", now: 1) }
        let second = try Plans.plan(Plans.pool([2]), after: first)
        #expect(try !Plans.plan(Plans.pool([1, 2]), after: second).server(1).isAvailable)
        first = nil
        #expect(try Plans.plan(Plans.pool([1, 2]), after: second).server(1).isAvailable)
    }
}
