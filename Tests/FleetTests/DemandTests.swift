import ACME
import Foundation
import TestSupport
import Testing

@testable import Fleet

/// What members tell each other of certificates on demand, by a real etcd.
@Suite("Demands of members", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct DemandTests {
    private static let place = "/gatehouse/test/documents/demands/"

    private static func wish(_ name: String, _ number: UInt64 = 1) -> SharedDemands.Name {
        SharedDemands.Name(key: "k", name: name, number: number)
    }

    private static func wishes(_ names: [String]) -> SharedDemands {
        var demands = SharedDemands()
        demands.wishes = names.map { wish($0) }
        return demands
    }

    @Test("the leader hears each wish once, whoever leads later hears all of them, and others none")
    func wishes() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        let other = try await RunningMember("other", etcd, in: directory)
        let asking = try await RunningMember("asking", etcd, in: directory)
        let told = Guarded(Self.wishes(["a.test"]))
        await asking.tells(told)
        #expect(try await one.demands.first { !$0.wishes.isEmpty }.wishes == [Self.wish("a.test")])
        told.withLock { told in
            told.wishes.append(Self.wish("b.test"))
            told.decisions = [SharedDemands.Decision(name: Self.wish("b.test"), isAllowed: false)]
        }
        await asking.member.demandsHaveChanged()
        #expect(try await one.demands.first { $0.wishes != [Self.wish("a.test")] }.wishes == [Self.wish("b.test")])
        // Decisions are heard by all.
        #expect(try await other.demands.first { !$0.decisions.isEmpty }.wishes.isEmpty)
        #expect(await asking.member.demands.ownWishes == 2)
        _ = await other.member.isLeader()
        await one.stop()
        let all = try await other.demands.first { !$0.wishes.isEmpty }
        #expect(all.wishes == [Self.wish("a.test"), Self.wish("b.test")] && all.decisions.isEmpty)
        await asking.stop()
        // What it has told has gone with it.
        #expect(try await etcd.value(of: Self.place + "asking") == nil)
        await other.stop()
    }

    @Test("a document that is none of ours, altered, of a newer version or beyond the limits is refused by name")
    func hostile() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        let secret = try RunningMember.settings("x", etcd, in: directory).secret
        func seal(_ text: String, at name: String) throws -> [UInt8] {
            try #require(SealedDocument.seal(Array(text.utf8), at: Self.place + name, with: secret))
        }
        let many = Self.wishes((0...SharedDemands.maxEntries).map { "n\($0).test" })
        let long = Self.wishes([String(repeating: "a", count: 254)])
        var altered = try seal("{}", at: "altered")
        altered[altered.count - 1] ^= 1
        let documents: [(String, [UInt8], String)] = [
            ("foreign", Array("hello".utf8), "no document of a fleet"),
            ("newer", Array("gatehouse-fleet 2 anything\n".utf8), "of version 2"),
            ("altered", altered, "signature is not right"),
            ("moved", try seal("{}", at: "elsewhere"), "signature is not right"),
            ("text", try seal("wishes", at: "text"), "cannot be read"),
            ("many", try seal(String(decoding: JSONEncoder().encode(many), as: UTF8.self), at: "many"), "cannot be read"),
            ("long", try seal(String(decoding: JSONEncoder().encode(long), as: UTF8.self), at: "long"), "cannot be read"),
        ]
        for (name, document, reason) in documents {
            try await etcd.put(Self.place + name, base64: Data(document).base64EncodedString())
            let line = try await one.log.first(name) { $0.contains("document=\(Self.place)\(name) ") }
            #expect(line.contains(reason), "\(line)")
        }
        // The good ones count all the same, also of one that nobody has heard of.
        let good = try seal(String(decoding: JSONEncoder().encode(Self.wishes(["a.test"])), as: UTF8.self), at: "good")
        try await etcd.put(Self.place + "good", base64: Data(good).base64EncodedString())
        #expect(try await one.demands.first(1) == [Self.wishes(["a.test"])])
        for (name, _, _) in documents { try await etcd.delete(Self.place + name) }
        await one.member.lookSoon()
        while one.board.status?.problems.isEmpty != true { await one.member.lookSoon() }
        await one.stop()
    }
}
