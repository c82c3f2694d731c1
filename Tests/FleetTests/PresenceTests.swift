import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Fleet

/// Members that etcd shows, by a real etcd.
@Suite("Members of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct PresenceTests {
    @Test("of two that have one name the second is told who has it, never leads, and does when the first has gone")
    func sameName() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember("a", etcd, in: directory)
        _ = try await one.log.first { $0.hasPrefix("a member of the fleet") }
        let other = try await RunningMember("a", etcd, in: directory, place: "elsewhere")
        let line = try await other.log.first { $0.hasPrefix("another member of the fleet has this one's name") }
        #expect(line.contains("process \(ProcessNames.number) on \(ProcessNames.host)") && line.contains("key=fleet.member"))
        _ = await other.member.isLeader()
        _ = try await other.log.first { $0.hasPrefix("a member of the fleet") }
        #expect(other.terms.all.isEmpty)
        #expect(other.board.status?.trouble(now: monotonicNanoseconds())?.contains("another member is called a") == true)
        await one.stop()
        _ = try await other.log.first { $0.hasPrefix("the name in the fleet is this member's again") }
        _ = try await other.terms.first(1)
        #expect(other.board.status?.nameHolder == nil)
        await other.stop()
    }

    @Test("one that was killed and started again has its name at once")
    func startedAgain() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let settings = try RunningMember.settings("a", etcd, in: directory)
        var instance = MemberInstance(settings)
        instance.process -= 1
        let record = MemberRecord(
            member: "a", started: 1, tickets: 0, follows: false, proofs: 0, configuration: 0, refused: 0, problems: [],
            instance: instance
        )
        let text = try #require(EtcdMessage.encode(record))
        // Members of other versions look for it under this key.
        #expect(String(decoding: text, as: UTF8.self).contains(#""seat":{"#))
        let place = settings.members + "a"
        let sealed = try #require(SealedDocument.seal(text, at: place, with: settings.secret))
        try await etcd.put(place, base64: Data(sealed).base64EncodedString())
        let again = try await RunningMember.leading("a", etcd, in: directory)
        #expect(!again.log.all.contains { $0.hasPrefix("another member of the fleet") })
        await again.stop()
        #expect(try await etcd.value(of: place) == nil)
    }

    @Test("who asks sees the others with their figures; nobody is read for who does not ask")
    func others() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let (one, other) = (
            try await RunningMember("a", etcd, in: directory), try await RunningMember("b", etcd, in: directory)
        )
        for running in [one, other] { _ = try await running.log.first { $0.hasPrefix("a member of the fleet") } }
        #expect(one.board.status?.others == [])
        one.board.wantOthers()
        while one.board.status?.others.count != 2 { await one.member.lookSoon() }
        let seen = try #require(one.board.status)
        #expect(seen.members == 2 && seen.others.map(\.name) == ["a", "b"] && seen.others[1].figures?.tunnels == 2)
        for running in [one, other] { await running.stop() }
    }

    @Test("lag grows while etcd does not answer, and is told as trouble after the time that is set")
    func lag() throws {
        var status = FleetStatus(
            FleetMemberSettings(
                name: "f", member: "m", etcd: EtcdSettings(endpoints: []), secret: try FleetSecret.some, stateDirectory: "",
                ticketRotation: 1, degradedAfter: 5_000_000_000), now: 1_000_000_000)
        #expect(status.lag(now: 3_000_000_000) == 2_000_000_000 && status.trouble(now: 3_000_000_000) == nil)
        #expect(status.trouble(now: 6_000_000_000) == "etcd has not answered for 5 seconds: what was known goes on")
        status.lastContact = 6_000_000_000
        status.problems = ["configuration 3: it is wrong"]
        let words = "what the fleet has agreed on is not in use here for 6 seconds: configuration 3: it is wrong"
        #expect(status.trouble(now: 7_000_000_000) == words)
        // At the moment at which it is too long since all was in use, it is not quite as long since etcd answered.
        status.wasInUse = true
        #expect(status.trouble(now: 7_000_000_000) == "etcd has not answered for 6 seconds: what was known goes on")
        status.upToDate = 6_000_000_000
        #expect(status.trouble(now: 7_000_000_000) == nil)
        status.nameHolder = "somebody"
        #expect(status.trouble(now: 7_000_000_000) == "another member is called m: somebody")
    }
}

extension FleetSecret {
    /// A secret like any other.
    fileprivate static var some: FleetSecret {
        get throws { try FleetSecret(text: String(repeating: "ab", count: 32), file: "f") }
    }
}
