import ACME
import EventLoop
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Fleet

/// What several members did at the same time while etcd's members failed, held against what may have been.
@Suite("The history of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct HistoryCheckTests {
    /// One write of a leader that etcd has taken: in which term, and at which revision.
    private struct Write: Sendable, Equatable {
        var member: String
        /// The revision that the term began with: it fences.
        var term: Int64
        var revision: Int64
    }

    /// Why a history of writes cannot have come from one leader at a time; nil: it can.
    private static func flaw(_ writes: [Write]) -> String? {
        let sorted = writes.sorted { $0.revision < $1.revision }
        var owners: [Int64: String] = [:]
        for (write, next) in zip(sorted, sorted.dropFirst() + sorted.suffix(1)) {
            if write.revision <= write.term { return "\(write) is older than its term" }
            if next.term < write.term { return "\(next) comes after a later term has written: \(write)" }
            if next.revision == write.revision, next != write { return "\(next) and \(write) are one" }
            if owners.updateValue(write.member, forKey: write.term) ?? write.member != write.member {
                return "two members had the term \(write.term)"
            }
        }
        return nil
    }

    @Test("a history in which terms overlap, or a former one comes back, is found")
    func checker() {
        func write(_ member: String, _ term: Int64, _ revision: Int64) -> Write {
            Write(member: member, term: term, revision: revision)
        }
        #expect(Self.flaw([write("a", 1, 2), write("a", 1, 4), write("b", 5, 7)]) == nil && Self.flaw([]) == nil)
        for wrong in [
            [write("a", 1, 2), write("b", 3, 4), write("a", 1, 5)], [write("a", 1, 2), write("b", 1, 3)],
            [write("a", 3, 2)], [write("a", 1, 2), write("b", 1, 2)],
        ] {
            #expect(Self.flaw(wrong) != nil, "\(wrong)")
        }
    }

    /// Leads so many times, writes a little each time, and resigns; what etcd has taken is in the journal.
    private func write(_ running: RunningMember, _ name: String, into journal: Journal<Write>, terms: Int) async throws {
        _ = await running.member.isLeader()
        for number in 1...terms {
            _ = try await running.terms.first(number)
            for _ in 0..<5 {
                guard await running.member.isLeader(), let term = await running.member.leadership.term else { break }
                let place = "/gatehouse/test/documents/history-check"
                // What has failed may have been done all the same: it is in no order that anybody knows.
                guard let revision = try? await running.member.commit([.put(place, Array(name.utf8))], in: term) else { continue }
                journal.append(Write(member: name, term: term, revision: revision))
            }
            await running.member.endLeadership()
        }
        // It does not want another one.
        await running.member.onEvent(nil)
    }

    @Test("terms never overlap, their numbers grow, and nobody takes up an older configuration, whatever becomes of etcd")
    func checked() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(members: 3, in: directory)
        let names = ["a", "b", "c"]
        var members: [RunningMember] = []
        for name in names { members.append(try await RunningMember(name, etcd, in: directory)) }
        for running in members { _ = try await running.log.first { $0.hasPrefix("a member of the fleet") } }
        let writes = Journal<Write>("writes")
        let pushed = Journal<Int>("pushed")
        try await withThrowingTaskGroup { [members] group in
            for (running, name) in zip(members, names) {
                group.addTask { try await write(running, name, into: writes, terms: 6) }
            }
            for author in ["x", "y"] {
                group.addTask { try await push(author, etcd, in: directory, into: pushed) }
            }
            group.addTask {
                _ = try await writes.first(10)
                // One stands still, another dies: now the one, now the other is the leader.
                etcd.members[0].process.signal(SIGSTOP)
                _ = try await writes.first(writes.all.count + 10)
                etcd.members[0].process.signal(SIGCONT)
                try await etcd.fail(1)
                _ = try await writes.first(writes.all.count + 10)
            }
            try await group.waitForAll()
        }
        #expect(Self.flaw(writes.all) == nil, "\(writes.all)")
        #expect(Set(writes.all.map(\.term)).count > 1 && writes.all.count >= 30)
        // Each number was given once, and each member has taken up some of them, each one later than the one before.
        #expect(Set(pushed.all).count == pushed.all.count)
        let last = try #require(pushed.all.max())
        for running in members {
            _ = try await running.deployed.configurations.first { $0.number == last }
            let taken = running.deployed.configurations.all.map(\.number)
            #expect(zip(taken, taken.dropFirst()).allSatisfy { $0 < $1 }, "\(taken)")
        }
        for running in members { await running.stop() }
    }

    /// Pushes ten times; those that etcd has not taken, or not said so, are not in the journal.
    private func push(_ author: String, _ etcd: Etcd, in directory: TemporaryDirectory, into journal: Journal<Int>) async throws {
        let loop = try EventLoop()
        try loop.start(name: "fleet")
        defer { loop.stop() }
        let fleet = FleetClient(try RunningMember.settings("fleet", etcd, in: directory), loop: loop)
        await withTaskExecutorPreference(loop) {
            for number in 0..<10 {
                if let pushed = try? await fleet.push("\(author) \(number)", author: author, time: 1) {
                    journal.append(pushed.number)
                }
            }
            await fleet.close()
        }
    }
}

extension FleetMember {
    /// Ends our term, as who stops does.
    fileprivate func endLeadership() async {
        while let term = leadership.term {
            guard (try? await commit([.delete(settings.leader)], in: term)) != nil else { continue }
            endTerm()
        }
        lookSoon()
    }
}
