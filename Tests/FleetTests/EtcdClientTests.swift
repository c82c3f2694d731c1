import ACME
import EventLoop
import LoopTesting
import TestSupport
import Testing

@testable import Fleet

/// A real etcd, asked over its JSON gateway.
@Suite("etcd", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct EtcdClientTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func asking<Result: Sendable>(
        _ endpoints: [String], _ body: @Sendable (EtcdClient, Waiter) async throws -> Result
    ) async throws -> Result {
        let settings = EtcdSettings(endpoints: endpoints.compactMap { ServiceURL($0, allowsPlain: true) })
        return try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let client = EtcdClient(settings, waiter)
            let result = try await body(client, waiter)
            client.close()
            waiter.retire()
            return result
        }
    }

    @Test("a transaction is done whole or not at all, and tells what stands there")
    func transaction() async throws {
        let etcd = try await Etcd(in: directory)
        try await asking(etcd.urls) { client, _ in
            let made = try await client.transact(
                if: [.wasMade("/t/a", revision: 0)], [.put("/t/a", [1, 2, 255]), .put("/t/b", [])], reading: [.key("/t/a")])
            #expect(made.isDone && made.found[0].first?.value == [1, 2, 255])
            let revision = made.found[0][0].revision
            let late = try await client.transact(
                if: [.wasMade("/t/a", revision: 0)], [.put("/t/a", [9])], otherwise: [.key("/t/a"), .key("/t/none")])
            #expect(!late.isDone && late.found.map(\.count) == [1, 0] && late.found[0][0].value == [1, 2, 255])
            let changed = try await client.transact(
                if: [.isOf("/t/a", revision: revision)], [.put("/t/a", [3]), .delete("/t/b")])
            #expect(changed.isDone && changed.revision > revision)
            let all = try await client.read([
                .prefix("/t/", most: 10), .prefix("/t/", since: changed.revision + 1, most: 10), .prefix("/", most: 1),
            ])
            #expect(all.found[0].map(\.key) == ["/t/a"] && all.found[1].isEmpty)
        }
    }

    @Test("what hangs on a lease ends with it, and a lease that has ended is not kept alive")
    func lease() async throws {
        let etcd = try await Etcd(in: directory)
        try await asking(etcd.urls) { client, _ in
            let lease = try await client.grant(seconds: 60)
            _ = try await client.transact(if: [], [.put("/l", [1], lease: lease)])
            #expect(try await client.keepAlive(lease))
            try await client.revoke(lease)
            #expect(try await client.read([.key("/l")]).found == [[]])
            #expect(try await !client.keepAlive(lease))
            await #expect(throws: EtcdError.self) { try await client.transact(if: [], [.put("/l", [1], lease: lease)]) }
        }
    }

    @Test("a watch tells of changes from its revision on, also of those before it began")
    func watch() async throws {
        let etcd = try await Etcd(in: directory)
        try await asking(etcd.urls) { client, waiter in
            let first = try await client.transact(if: [], [.put("/w/a", [1])])
            _ = try await client.transact(if: [], [.put("/w/b", [UInt8](repeating: 1, count: 100_000))])
            var news = 0
            // etcd may tell of both in one line.
            await #expect(throws: EtcdError.self) {
                try await client.watch("/w/", from: first.revision, timeout: 60_000_000_000) {
                    news += 1
                    client.stop()
                }
            }
            #expect(news == 1)
        }
    }

    @Test("a member that has ended is passed over, and the change is there once")
    func failOver() async throws {
        let etcd = try await Etcd(members: 3, in: directory)
        try await etcd.fail(1)
        for start in 0..<3 {
            let urls = Array(etcd.urls[start...] + etcd.urls[..<start])
            try await asking(urls) { client, _ in
                let outcome = try await client.transact(if: [.wasMade("/f/\(start)", revision: 0)], [.put("/f/\(start)", [1])])
                #expect(outcome.isDone)
            }
        }
        try await etcd.fail(2)
        // One of three may not decide alone.
        await #expect(throws: EtcdError.self) {
            try await asking(etcd.urls) { client, _ in _ = try await client.transact(if: [], [.put("/f/alone", [1])]) }
        }
    }
}
