import ACME
import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Fleet

/// Who leads, and gets certificates, by a real etcd.
@Suite("The leader of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct LeadershipTests {
    @Test("one leads, the others get its files, and a former leader can write nothing any more")
    func fenced() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        #expect(await one.member.isLeader())
        let other = try await RunningMember("other", etcd, in: directory)
        try await one.member.share(["acme/accounts/a/account.key": [1, 2, 3], "internal/root.pem": [4]])
        try await other.files.until { Set($0.joined()).isSuperset(of: ["acme/accounts/a/account.key", "internal/root.pem"]) }
        #expect(try StateDirectory(directory.path + "/other").read("acme/accounts/a/account.key") == [1, 2, 3])
        #expect(await !other.member.isLeader())
        // As when its lease has ended while it was paused, and another was faster: the term is of another revision than it knows.
        let place = "/gatehouse/test/documents/files/acme/accounts/b/account.key"
        await #expect(throws: ACMEError.self) { _ = try await one.member.commit([.put(place, [9])], in: 1) }
        #expect(try await etcd.value(of: place) == nil)
        for running in [one, other] { await running.stop() }
    }

    @Test("whoever has missed few changes reads these files alone, and all files after many")
    func news() {
        let news = RecentChanges().adding(["a", "b"]).adding(["a"])
        #expect(news.since(3) == [] && news.since(2) == ["a"] && news.since(0) == ["a", "b"])
        #expect(news.since(nil) == nil && news.since(4) == nil)
        let later = news.adding((0..<RecentChanges.maxPaths).map { "\($0)" })
        #expect(news.forgetting.adding(["c"]).since(news.last + 1) == nil)
        #expect(later.since(3)?.count == RecentChanges.maxPaths && later.since(2) == nil)
        #expect(later.paths.count == RecentChanges.maxPaths)
    }

    @Test("files that change are taken over one by one, whoever else looks, also after many at once")
    func changed() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        let other = try await RunningMember("other", etcd, in: directory)
        func taken(_ path: String) async throws {
            try await other.files.until { files in files.contains { $0.contains(path) } }
        }
        for number in 0..<3 {
            try await one.member.share(["internal/n\(number)": [UInt8(number)]])
            try await taken("internal/n\(number)")
        }
        var files: [String: [UInt8]?] = [:]
        for number in 0..<100 { files["acme/certificates/n\(number)/status.json"] = [UInt8(number)] }
        try await one.member.share(files)
        for number in 0..<100 { try await taken("acme/certificates/n\(number)/status.json") }
        try await one.member.share(["internal/n1": [7]])
        let state = StateDirectory(directory.path + "/other")
        try await other.files.until { _ in try state.read("internal/n1") == [7] }
        for running in [one, other] { await running.stop() }
    }

    @Test("a leader that stops resigns at once, and the next one has all files before it leads")
    func givenBack() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        var files: [String: [UInt8]?] = [:]
        for number in 0..<250 { files["acme/certificates/n\(number)/status.json"] = [UInt8](repeating: 7, count: 100) }
        try await one.member.share(files)
        try await one.member.share(["acme/certificates/n7/status.json": nil])
        let other = try await RunningMember("other", etcd, in: directory)
        _ = await other.member.isLeader()
        await one.stop()
        _ = try await other.terms.first(1)
        let state = StateDirectory(directory.path + "/other")
        #expect(state.list("acme/certificates").count == 249)
        #expect(try state.read("acme/certificates/n7/status.json") == nil)
        #expect(try state.read("acme/certificates/n249/status.json")?.count == 100)
        await other.stop()
    }

    @Test("a leader that cannot keep anything resigns as soon as another one would lead, and leads until then")
    func givenUp() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        let other = try await RunningMember("other", etcd, in: directory)
        _ = try await other.log.first { $0.hasPrefix("a member of the fleet") }
        // It wants no certificates.
        await one.member.resign("the disk is full")
        #expect(await one.member.isLeader())
        _ = await other.member.isLeader()
        while await one.member.leadership.term != nil { await one.member.resign("the disk is full") }
        _ = try await other.terms.first(1)
        #expect(await !one.member.isLeader())
        let line = try await one.log.first { $0.hasPrefix("the leader resigns") }
        #expect(line.contains("heir=other") && line.contains("reason=the disk is full"), "\(line)")
        for running in [one, other] { await running.stop() }
    }

    @Test("a member to which no answer came leads, and is among the members, all the same")
    func unheard() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let proxy = try await LosingProxy(before: etcd)
        let questions = ["put /gatehouse/test/members/one", "put /gatehouse/test/documents/leader"]
        for question in questions { try await proxy.lose(question) }
        let one = try await RunningMember("one", etcd, in: directory, proxy: proxy)
        _ = await one.member.isLeader()
        for question in questions { try await proxy.lost(question) }
        _ = try await one.terms.first(1)
        try await one.member.share(["internal/root.pem": [4]])
        #expect(try await etcd.value(of: "/gatehouse/test/documents/files/internal/root.pem") != nil)
        #expect(!one.log.all.contains { $0.hasPrefix("another member of the fleet") }, "\(one.log.all)")
        await one.stop()
        #expect(try await etcd.value(of: "/gatehouse/test/members/one") == nil)
    }

    @Test("what a disk has not taken, the files of others and the configuration, it gets when it can take it")
    func unkept() async throws {
        let directory = try TemporaryDirectory()
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember.leading("one", etcd, in: directory)
        // Files where folders are to be.
        let inTheWay = ["internal", "fleet/test/configuration"].map { "\(directory.path)/other/\($0)" }
        try directory.write("other/internal", "")
        try directory.write("other/fleet/test/configuration/other", "")
        let other = try await RunningMember("other", etcd, in: directory)
        try await one.member.share(["internal/root.pem": [4], "internal/root.key": [5]])
        _ = try await other.log.first { $0.hasPrefix("the fleet's state cannot be kept") }
        let fleet = try await Self.push("new", etcd, in: directory)
        _ = try await other.log.first { $0.hasPrefix("the fleet's configuration is in use") && $0.contains("kept=no: ") }
        #expect(other.log.all.count { $0.hasPrefix("the fleet's state cannot be kept") } == 1, "\(other.log.all)")
        for path in inTheWay { try FileManager.default.removeItem(atPath: path) }
        await other.member.lookSoon()
        _ = try await other.log.first { $0.hasPrefix("the fleet's state can be kept again") }
        let state = StateDirectory(directory.path + "/other")
        #expect(try state.read("internal/root.pem") == [4] && state.read("internal/root.key") == [5])
        while try state.read("fleet/test/configuration") == nil { await other.member.lookSoon() }
        #expect(fleet == 1 && Set(other.files.all.joined()).isSuperset(of: ["internal/root.pem", "internal/root.key"]))
        for running in [one, other] { await running.stop() }
    }

    private static func push(_ text: String, _ etcd: Etcd, in directory: TemporaryDirectory) async throws -> Int {
        let loop = try EventLoop()
        try loop.start(name: "fleet")
        defer { loop.stop() }
        let fleet = FleetClient(try RunningMember.settings("fleet", etcd, in: directory), loop: loop)
        return try await withTaskExecutorPreference(loop) {
            let pushed = try await fleet.push(text, author: "x", time: 1)
            await fleet.close()
            return pushed.number
        }
    }
}
