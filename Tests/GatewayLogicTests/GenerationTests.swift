import Buffers
import EventLoop
import HTTP
import LoopTesting
import Testing
import Transport

@testable import Gateway
@testable import Upstreams

@Suite("A worker's generation")
struct GenerationTests {
    private static func generation(
        _ plan: Plan, after previous: Generation? = nil, on loop: EventLoop, live: LiveGenerations = LiveGenerations()
    ) throws -> Generation {
        try Generation(
            plan, after: previous, loop: loop, buffers: BufferPool(smallCapacity: 1024), live: live, probes: false)
    }

    private static func listener(on loop: EventLoop) throws -> Listener {
        try Listener(SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: 0), on: loop)
    }

    /// A lease on a new connection, as after a pick.
    private static func lease(_ pool: Pool, _ loop: EventLoop) async throws(TransportError) -> Lease {
        _ = pool.server.state.begin(atMost: 0, now: 1)
        return try await pool.connect(Waiter(loop: loop))
    }

    @Test("finds a route's servers by their order in its own plan")
    func ownOrder() async throws {
        try await onLoop { actor in
            let loop = actor.loop
            let old = try Self.generation(Plans.plan(Plans.pool([1, 2, 3])), on: loop)
            let pools = Plans.site(
                [("first", "http://127.0.0.1:9", ""), ("app", "http://127.0.0.1:3", ""), ("app", "http://127.0.0.1:1", "")],
                routes: [("/", "app", "")])
            let next = try Self.generation(Plans.plan(pools, after: old.plan), after: old, on: loop)
            func ports(_ generation: Generation) throws -> [UInt16] {
                let route = try generation.plan.route()
                return route.group.servers.indices.map { generation.pool(of: route, $0).server.identity.port }
            }
            #expect(try ports(old) == [1, 2, 3])
            #expect(try ports(next) == [3, 1])
        }
    }

    @Test("does not take another plan's route")
    func foreignRoute() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            try await onLoop { actor in
                let plan = try Plans.plan(Plans.pool([1, 2]))
                let next = try Plans.plan(Plans.pool([2, 1]), after: plan)
                _ = try Self.generation(next, on: actor.loop).pool(of: plan.route(), 0)
            }
        }
        let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(words.contains("a route is looked up in its own generation"))
    }

    @Test("shares the pool of a server that is the same, and no other's")
    func sharedPools() async throws {
        try await onLoop { actor in
            let loop = actor.loop
            let old = try Self.generation(Plans.plan(Plans.pool([1, 2])), on: loop)
            func pool(_ text: String) throws -> Pool {
                let next = try Self.generation(Plans.plan(text, after: old.plan), after: old, on: loop)
                return try next.pool(of: next.plan.route(), 0)
            }
            let known = try old.pool(of: old.plan.route(), 1)
            #expect(try pool(Plans.pool([2, 1])) === known)
            #expect(try pool(Plans.pool([2], keys: "weight = 5\nbackup = false")) === known)
            #expect(try pool(Plans.pool([3])) !== known)
            #expect(try pool(Plans.pool([2], keys: "max_conns = 5")) !== known)
            #expect(try pool(Plans.pool([2], proxy: "[sites.proxy.timeout]\nconnect = 7\n")) !== known)
        }
    }

    @Test("shares its lines: who waits there waits before those of the next")
    func sharedLines() async throws {
        try await onLoop { actor in
            let text = Plans.pool([1], keys: "max_conns = 1")
            let old = try Self.generation(Plans.plan(text), on: actor.loop)
            let next = try Self.generation(Plans.plan(text, after: old.plan), after: old, on: actor.loop)
            let line = try #require(try old.queue(of: old.plan.route()))
            #expect(try next.queue(of: next.plan.route()) === line)
        }
    }

    @Test("keeps no connections to a server that is first wanted when the next is in use; the next keeps them")
    func wantedLate() async throws {
        try await onLoop { actor in
            let loop = actor.loop
            let listener = try Self.listener(on: loop)
            let old = try Self.generation(Plans.plan(Plans.pool([listener.address.port])), on: loop)
            let next = try Self.generation(Plans.plan(Plans.pool([listener.address.port]), after: old.plan), after: old, on: loop)
            await old.retire(for: next)
            let (late, pool) = (try old.pool(of: old.plan.route(), 0), try next.pool(of: next.plan.route(), 0))
            #expect(late !== pool && late.server.state === pool.server.state)
            try await Self.lease(late, loop).release()
            try await Self.lease(pool, loop).release()
            #expect([late, pool].map(\.idleCount) == [0, 1])
            #expect(try old.pool(of: old.plan.route(), 0) === late && next.pool(of: next.plan.route(), 0) === pool)
        }
    }

    @Test("closes what the next has no use for: idle connections at once, others when their lease ends")
    func removedServer() async throws {
        try await onLoop { actor in
            let loop = actor.loop
            let (kept, removed) = (try Self.listener(on: loop), try Self.listener(on: loop))
            let (keptPort, removedPort) = (kept.address.port, removed.address.port)
            let live = LiveGenerations()
            var old: Generation? = try Self.generation(
                Plans.plan(Plans.pool([keptPort, removedPort])), on: loop, live: live)
            weak let weakOld = old
            weak var weakPool: Pool?
            let route = try #require(try old?.plan.route())
            do {
                let pools = try #require(old.map { [$0.pool(of: route, 0), $0.pool(of: route, 1)] })
                weakPool = pools[1]
                try await Self.lease(pools[0], loop).release()
                let busy = try await Self.lease(pools[1], loop)
                try await Self.lease(pools[1], loop).release()
                #expect(pools.map(\.idleCount) == [1, 1])

                let next = try Self.generation(
                    Plans.plan(Plans.pool([keptPort]), after: old?.plan), after: old, on: loop, live: live)
                #expect(pools.map(\.idleCount) == [1, 1], "nothing has been adopted")
                await old?.retire(for: next)
                #expect(pools.map(\.idleCount) == [1, 0])
                #expect(live.numbers == [1, 2])
                old = nil
                await live.clear(on: loop)
                #expect(live.numbers == [2])
                #expect(weakOld == nil && next.number == 2)

                // An exchange that began before may still make connections; none is kept.
                try await Self.lease(pools[1], loop).release()
                #expect(pools[1].idleCount == 0 && pools[1].server.load == 1)
                busy.release()
                #expect(pools[1].idleCount == 0 && pools[1].server.load == 0)
            }
            #expect(weakPool == nil)
        }
    }
}
