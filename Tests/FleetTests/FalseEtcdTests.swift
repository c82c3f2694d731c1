import ACME
import EventLoop
import Foundation
import LoopTesting
import TestSupport
import Testing

@testable import Fleet

/// Somebody who speaks in etcd's place: what it says is bounded, and brings nobody down.
@Suite("A false etcd")
struct FalseEtcdTests {
    /// One key as it is told.
    struct Told {
        var key: String
        var revision: String = "7"

        var json: String {
            let key = Data(key.utf8).base64EncodedString()
            return "{\"key\":\"\(key)\",\"mod_revision\":\"\(revision)\",\"create_revision\":\"7\",\"value\":\"AAAA\"}"
        }
    }

    /// Answers every transaction as if all had been done.
    /// - Parameters:
    ///   - goesOn: does it say of all that it has found that there is more?
    ///   - found: what is told of a range, by the key that it begins with.
    private func etcd(
        revision: String = "7", goesOn: Bool = false, _ found: @escaping @Sendable (String) -> [Told]
    ) throws -> Upstream {
        try Upstream.answering { request in
            let header = "\"header\":{\"revision\":\"\(revision)\"}"
            switch request.target {
            case "/v3/kv/txn":
                let parts = Self.parts(request, goesOn, found)
                return Upstream.ok("{\(header),\"succeeded\":true,\"responses\":[\(parts)]}")
            case "/v3/lease/keepalive": return Upstream.ok("{\"result\":{\"ID\":\"5\",\"TTL\":\"20\"}}")
            default: return Upstream.ok("{\(header),\"ID\":\"5\",\"TTL\":\"20\"}")
            }
        }
    }

    private static func parts(_ request: Message, _ goesOn: Bool, _ found: (String) -> [Told]) -> String {
        let asked = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any]
        let operations = asked?["success"] as? [[String: Any]] ?? []
        return operations.map { operation in
            guard let range = operation["request_range"] as? [String: Any], let key = range["key"] as? String,
                let bytes = Data(base64Encoded: key)
            else { return "{}" }
            let all = found(String(decoding: bytes, as: UTF8.self))
            let more = goesOn && !all.isEmpty ? ",\"more\":true" : ""
            return "{\"response_range\":{\"kvs\":[\(all.map(\.json).joined(separator: ","))],\"count\":\"\(all.count)\"\(more)}}"
        }.joined(separator: ",")
    }

    private func read(_ range: EtcdRange, from etcd: Upstream) async throws -> EtcdOutcome {
        let settings = EtcdSettings(endpoints: ["http://127.0.0.1:\(etcd.port)"].compactMap { ServiceURL($0, allowsPlain: true) })
        return try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let client = EtcdClient(settings, waiter)
            defer {
                client.close()
                waiter.retire()
            }
            return try await client.read([range])
        }
    }

    @Test(
        "a revision behind which there is none, or that is below 0, is none of etcd's",
        arguments: ["9223372036854775807", "-1", "-9223372036854775808"])
    func revision(_ number: String) async throws {
        await #expect(throws: EtcdError.self) { try await read(.key("/a"), from: etcd(revision: number) { _ in [] }) }
        await #expect(throws: EtcdError.self) {
            try await read(.key("/a"), from: etcd { [Told(key: $0, revision: number)] })
        }
    }

    @Test("keys that were not asked for, or more than were, or too long ones, are none of etcd's")
    func keys() async throws {
        func expectFault(_ range: EtcdRange, _ keys: [String]) async {
            await #expect(throws: EtcdError.self, "\(range): \(keys.first?.prefix(40) ?? "")") {
                try await read(range, from: etcd { _ in keys.map { Told(key: $0) } })
            }
        }
        await expectFault(.key("/a"), ["/b"])
        await expectFault(.key("/a"), ["/a", "/a"])
        await expectFault(.count("/a"), ["/a"])
        await expectFault(.prefix("/a/", most: 2), ["/a/1", "/b/2"])
        await expectFault(.prefix("/a/", most: 2), ["/a/1", "/a/2", "/a/3"])
        await expectFault(.keys("/a/", most: 2), ["/a/1", "/b/2"])
        await expectFault(.keys("/a/", most: 2), ["/a/1", "/a/2", "/a/3"])
        // A page that does not go on would be asked for without end.
        await expectFault(.prefix("/a/", most: 2, after: "/a/2"), ["/a/2"])
        await expectFault(.prefix("/a/", most: 2), ["/a/" + String(repeating: "x", count: 1024)])
        let right = try await read(.prefix("/a/", most: 2, after: "/a/2"), from: etcd { _ in [Told(key: "/a/3")] })
        #expect(right.found[0].map(\.key) == ["/a/3"])
    }

    @Test("an answer that is mostly values which nobody asked for is none of etcd's, and is not read")
    func values() async throws {
        func etcd(_ count: Int) throws -> Upstream {
            let more = String(repeating: "0,", count: count) + "0"
            return try Upstream.answering { _ in
                Upstream.ok("{\"header\":{\"revision\":\"7\"},\"succeeded\":true,\"responses\":[{}],\"more\":[\(more)]}")
            }
        }
        let right = try await read(.key("/a"), from: etcd(1000))
        #expect(right.found[0].isEmpty)
        await #expect(throws: EtcdError.self) { try await read(.key("/a"), from: etcd(200_000)) }
    }

    @Test("a number of keys below 0 is none of etcd's", arguments: ["-1", "-9223372036854775808"])
    func count(_ number: String) async throws {
        let part = "{\"response_range\":{\"count\":\"\(number)\"}}"
        let etcd = try Upstream.answering { _ in
            Upstream.ok("{\"header\":{\"revision\":\"7\"},\"succeeded\":true,\"responses\":[\(part)]}")
        }
        await #expect(throws: EtcdError.self) { try await read(.count("/a"), from: etcd) }
    }

    @Test("a watch that is flooded ends, by lines and by a line without end", arguments: [true, false])
    func flood(isOfLines: Bool) {
        var changes = 0
        let stream = WatchStream { changes += 1 }
        let line = "{\"result\":{\"events\":[{}]}}\n"
        let bytes = Array((isOfLines ? String(repeating: line, count: 100) : String(repeating: "x", count: 1_000_000)).utf8)
        var taken = 0
        while taken < 1000, stream.take(bytes.span) { taken += 1 }
        #expect((10..<1000).contains(taken) && stream.refusal != nil)
        #expect(isOfLines == (changes > 0))
    }

    @Test(
        "pages of files without end end the look, and the log says why",
        arguments: [
            (FilesLimit(maxFiles: 1000), "the answer is not etcd's: more than 1000 files"),
            (FilesLimit(maxBytes: 3000), "the answer is not etcd's: files of more than 3000 bytes"),
            (FilesLimit(maxTime: 0), "the answer is not etcd's: files that have no end after 0 s"),
        ])
    func pages(limit: FilesLimit, reason: String) async throws {
        let number = Guarded(100_000)
        let impostor = try etcd(goesOn: true) { key in
            guard let prefix = key.range(of: "/files/") else { return [] }
            let first = number.withLock { number in
                defer { number += FleetMember.filesOfPage }
                return number
            }
            return (first..<first + FleetMember.filesOfPage).map { Told(key: "\(key[..<prefix.upperBound])\($0)") }
        }
        let directory = try TemporaryDirectory()
        var settings = try RunningMember.settings("a", ["http://127.0.0.1:\(impostor.port)"], in: directory, place: "a")
        settings.filesLimit = limit
        let running = try await RunningMember(settings)
        _ = try await running.log.first { $0.hasPrefix("the fleet has lost etcd") && $0.contains(reason) }
        await running.stop()
    }

    @Test("documents without end that are not used do not fill memory and log")
    func complaints() async throws {
        let impostor = try etcd { key in
            guard key.hasSuffix("/probes/") || key.hasSuffix("/demands/") else { return [] }
            return (1000..<1900).map { Told(key: "\(key)\($0)") }
        }
        let directory = try TemporaryDirectory()
        let running = try await RunningMember(
            RunningMember.settings("a", ["http://127.0.0.1:\(impostor.port)"], in: directory, place: "a"))
        _ = try await running.log.first { $0.hasPrefix("a member of the fleet") }
        let (count, most) = (await running.member.complaints.all.count, Complaints.maxCount)
        #expect(count == most)
        let lines = running.log.all.count { $0.hasPrefix("a document of the fleet is not used") }
        #expect(lines == Complaints.maxLinesOfLook)
        await running.stop()
    }
}
