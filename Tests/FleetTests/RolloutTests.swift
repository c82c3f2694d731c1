import ACME
import EventLoop
import Foundation
import LoopTesting
import TestSupport
import Testing

@testable import Fleet

/// What is to be done about a roll-out, by values.
@Suite("A roll-out's steps")
struct RolloutStepTests {
    private func record(_ name: String, _ number: Int, refused: Int = 0) -> MemberRecord {
        MemberRecord(
            member: name, started: 1, tickets: 1, follows: true, proofs: 0, configuration: number, refused: refused,
            refusal: refused > 0 ? "no" : nil, problems: [])
    }

    private func rollout(_ stage: Int, _ phase: FleetRollout.Phase, _ members: [String], share: Int = 25) -> FleetRollout {
        var rollout = FleetRollout(
            number: 5, base: 4, members: members,
            terms: FleetRollout.Terms(share: share, watch: 60, rule: "5xx > 5% for 30s"), author: "x")
        (rollout.stage, rollout.phase) = (stage, phase)
        return rollout
    }

    private func step(_ rollout: FleetRollout, _ records: [MemberRecord], isHeld: Bool) -> RolloutStep {
        RolloutStep(rollout, records, isHeld: isHeld)
    }

    @Test("a stage is waited for, watched, and followed by the next")
    func goesOn() {
        let eight = (1...8).map { record("m\($0)", $0 == 1 ? 5 : 4) }
        let before = (1...8).map { record("m\($0)", 4) }
        #expect(step(rollout(0, .taking, ["m1"]), before, isHeld: true) == .wait)
        #expect(step(rollout(0, .taking, ["m1"]), eight, isHeld: true) == .watch)
        #expect(step(rollout(0, .watching, ["m1"]), eight, isHeld: true) == .wait)
        #expect(step(rollout(0, .watching, ["m1"]), eight, isHeld: false) == .advance(stage: 1, members: ["m1", "m2"]))
        let half = rollout(0, .watching, ["m1"], share: 50)
        #expect(step(half, eight, isHeld: false) == .advance(stage: 1, members: ["m1", "m2", "m3", "m4"]))
        let share = (1...8).map { record("m\($0)", $0 <= 2 ? 5 : 4) }
        let all = (1...8).map { "m\($0)" }
        #expect(step(rollout(1, .watching, ["m1", "m2"]), share, isHeld: false) == .advance(stage: 2, members: all))
        let done = all.map { record($0, 5) }
        #expect(step(rollout(2, .watching, all), done, isHeld: false) == .finish)
        #expect(step(rollout(2, .done, all), done, isHeld: false) == .wait)
    }

    @Test("where a share would be all there are, one is followed by all")
    func few() {
        let two = [record("a", 5), record("b", 4)]
        #expect(step(rollout(0, .watching, ["a"]), two, isHeld: false) == .advance(stage: 2, members: ["a", "b"]))
        #expect(step(rollout(0, .watching, ["a"]), [record("a", 5)], isHeld: false) == .advance(stage: 2, members: ["a"]))
    }

    @Test("who refuses it, goes away, goes back or is too slow has it undone, and others have not")
    func undone() {
        let watching = rollout(1, .watching, ["a", "b"])
        func reason(_ step: RolloutStep) -> String? { if case .undo(let reason) = step { reason } else { nil } }
        #expect(reason(step(watching, [record("a", 5)], isHeld: true)) == "the member b has gone")
        let refusing = [record("a", 5), record("b", 4, refused: 5)]
        #expect(reason(step(rollout(1, .taking, ["a", "b"]), refusing, isHeld: true)) == "the member b says: no")
        let slow = [record("a", 5), record("b", 4)]
        #expect(
            reason(step(rollout(1, .taking, ["a", "b"]), slow, isHeld: false))?.hasPrefix("the member b has not taken") == true)
        #expect(reason(step(watching, slow, isHeld: false)) == "the member b does not use it any more")
        #expect(step(watching, [record("a", 5), record("b", 5), record("c", 4, refused: 4)], isHeld: true) == .wait)
    }
}

/// Roll-outs of members, by a real etcd.
@Suite("A roll-out", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct RolloutTests {
    private let directory: TemporaryDirectory
    private static let terms = FleetRollout.Terms(share: 50, watch: 1, rule: "5xx > 5% for 1s")

    init() throws { directory = try TemporaryDirectory() }

    private func asking<Result: Sendable>(
        _ etcd: Etcd, _ body: @Sendable (FleetClient) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop()
        try loop.start(name: "fleet")
        defer { loop.stop() }
        let fleet = FleetClient(try RunningMember.settings("fleet", etcd, in: directory), loop: loop)
        return try await withTaskExecutorPreference(loop) {
            let result = try await body(fleet)
            await fleet.close()
            return result
        }
    }

    private func members(_ names: [String], _ etcd: Etcd) async throws -> [RunningMember] {
        var members: [RunningMember] = []
        for name in names { members.append(try await RunningMember(name, etcd, in: directory)) }
        for member in members { _ = try await member.log.first { $0.hasPrefix("a member of the fleet") } }
        try await asking(etcd) { fleet in
            let first = try await fleet.push("first", author: "x", time: 1)
            _ = try await fleet.settled(first.number, within: 60)
        }
        return members
    }

    private func end(of rollout: FleetRollout, _ fleet: FleetClient) async throws -> [FleetRollout] {
        var states = [rollout]
        while let last = states.last, last.isRunning { states.append(try await fleet.nextState(of: last)) }
        return states
    }

    private func numbers(_ member: RunningMember) -> [Int] { member.deployed.configurations.all.map(\.number) }

    @Test("goes to one member, a share, and all, and is the configuration of all then")
    func done() async throws {
        let etcd = try await Etcd(in: directory)
        let running = try await members(["a", "b", "c", "d", "e"], etcd)
        let states = try await asking(etcd) { fleet in
            let begun = try await fleet.rollOut("second", terms: Self.terms, author: "x", time: 2)
            // Nothing else is pushed meanwhile.
            await #expect(throws: FleetClient.Failure.self) { _ = try await fleet.push("other", author: "x", time: 3) }
            return try await end(of: begun, fleet)
        }
        let seen = states.map { "\($0.stage) \($0.phase.rawValue) \($0.members.joined())" }
        let all = [
            "0 taking a", "0 watching a", "1 taking abc", "1 watching abc", "2 taking abcde", "2 watching abcde", "2 done abcde",
        ]
        // Who looks now and then may miss one that was short.
        #expect(seen == all.filter(seen.contains) && seen.first == all.first && seen.last == all.last, "\(seen)")
        for member in running { #expect(numbers(member) == [1, 2]) }
        let pushed = try await asking(etcd) { try await $0.configuration() }
        #expect(pushed?.text == "second")
        for member in running { await member.stop() }
    }

    @Test("a member that refuses it has it undone for all, by a new number, and later stages never see it")
    func refused() async throws {
        let etcd = try await Etcd(in: directory)
        let running = try await members(["a", "b", "c"], etcd)
        let last = try await asking(etcd) { fleet in
            try await end(of: try await fleet.rollOut("wrong", terms: Self.terms, author: "x", time: 2), fleet).last
        }
        #expect(last?.phase == .undone && last?.reason == "the member a says: it is wrong")
        for member in running { _ = try await member.deployed.configurations.first { $0.number == 3 } }
        #expect(numbers(running[0]) == [1, 2, 3] && numbers(running[1]) == [1, 3] && numbers(running[2]) == [1, 3])
        let history = try await asking(etcd) { try await $0.history() }
        #expect(history.map(\.text) == ["first", "wrong", "first"] && history.map(\.withdraws) == [2, nil, nil])
        for member in running { await member.stop() }
    }

    @Test("bad answers of a stage undo it, also when all have it, and whoever began it has gone long since")
    func bad() async throws {
        let etcd = try await Etcd(members: 3, in: directory)
        let running = try await members(["a", "b"], etcd)
        let terms = FleetRollout.Terms(share: 50, watch: 30, rule: "5xx > 5% for 1s")
        _ = try await asking(etcd) { fleet in try await fleet.rollOut("second", terms: terms, author: "x", time: 2) }
        let tell = try await running[0].deployed.watches.first(1)[0]
        _ = try await running[0].deployed.configurations.first { $0.number == 2 }
        await tell("7 of 9 answers are 5xx")
        for member in running { _ = try await member.deployed.configurations.first { $0.number == 3 } }
        #expect(numbers(running[0]) == [1, 2, 3] && numbers(running[1]) == [1, 3])
        let last = try await asking(etcd) { try await $0.rollout() }
        #expect(last?.phase == .undone && last?.reason == "the member a says: 7 of 9 answers are 5xx")
        for member in running { await member.stop() }
    }

    @Test("bad answers whose undoing fails are not forgotten")
    func saidAgain() async throws {
        let etcd = try await Etcd(in: directory)
        let proxy = try await LosingProxy(before: etcd)
        let one = try await RunningMember("a", etcd, in: directory, proxy: proxy)
        _ = try await one.log.first { $0.hasPrefix("a member of the fleet") }
        try await asking(etcd) { _ = try await $0.push("first", author: "x", time: 1) }
        _ = try await one.deployed.configurations.first { $0.number == 1 }
        let terms = FleetRollout.Terms(share: 50, watch: 300, rule: "5xx > 5% for 1s")
        _ = try await asking(etcd) { desk in try await desk.rollOut("second", terms: terms, author: "x", time: 2) }
        let tell = try await one.deployed.watches.first(1)[0]
        _ = try await one.deployed.configurations.first { $0.number == 2 }
        // What is to be gone back to cannot be read at first.
        let question = "read " + (try RunningMember.settings("a", etcd, in: directory)).history(1)
        try await proxy.lose(question)
        await tell("7 of 9 answers are 5xx")
        try await proxy.lost(question)
        _ = try await one.deployed.configurations.first { $0.number == 3 }
        #expect(try await asking(etcd) { try await $0.rollout() }?.phase == .undone)
        await one.stop()
    }

    @Test("a member that etcd's answer with the configuration has not reached takes it up all the same")
    func unheard() async throws {
        let etcd = try await Etcd(in: directory)
        let proxy = try await LosingProxy(before: etcd)
        let one = try await RunningMember("a", etcd, in: directory, proxy: proxy)
        _ = try await one.log.first { $0.hasPrefix("a member of the fleet") }
        try await asking(etcd) { _ = try await $0.push("first", author: "x", time: 1) }
        _ = try await one.deployed.configurations.first { $0.number == 1 }
        let question = "read " + (try RunningMember.settings("a", etcd, in: directory)).history(2)
        try await proxy.lose(question)
        let last = try await asking(etcd) { fleet in
            try await end(of: try await fleet.rollOut("second", terms: Self.terms, author: "x", time: 2), fleet).last
        }
        try await proxy.lost(question)
        #expect(last?.phase == .done, "\(last?.summary ?? "")")
        #expect(numbers(one) == [1, 2])
        await one.stop()
    }

    @Test("what etcd has done without saying so, before another endpoint was asked, was done")
    func unsaid() async throws {
        let etcd = try await Etcd(in: directory)
        let one = try await RunningMember("a", etcd, in: directory)
        _ = try await one.log.first { $0.hasPrefix("a member of the fleet") }
        let proxy = try await LosingProxy(before: etcd)
        var settings = try RunningMember.settings("fleet", etcd, in: directory, proxy: proxy)
        // Whoever does not get an answer asks the next endpoint.
        settings.etcd.endpoints += settings.etcd.endpoints
        for place in [settings.configuration, settings.rollout] { try await proxy.lose("put \(place)") }
        let loop = try EventLoop()
        try loop.start(name: "fleet")
        defer { loop.stop() }
        let fleet = FleetClient(settings, loop: loop)
        try await withTaskExecutorPreference(loop) {
            let pushed = try await fleet.push("first", author: "x", time: 1)
            _ = try await fleet.settled(pushed.number, within: 60)
            let last = try await end(of: try await fleet.rollOut("second", terms: Self.terms, author: "x", time: 2), fleet).last
            #expect(last?.phase == .done, "\(last?.summary ?? "")")
            await fleet.close()
        }
        #expect(numbers(one) == [1, 2])
        for place in [settings.configuration, settings.rollout] { try await proxy.lost("put \(place)") }
        await one.stop()
    }

    @Test("a member that goes away while it is watched has it undone, and who stays does so")
    func gone() async throws {
        let etcd = try await Etcd(in: directory)
        let running = try await members(["a", "b"], etcd)
        let terms = FleetRollout.Terms(share: 50, watch: 60, rule: "5xx > 5% for 1s")
        let begun = try await asking(etcd) { fleet in try await fleet.rollOut("second", terms: terms, author: "x", time: 2) }
        _ = try await running[0].deployed.configurations.first { $0.number == 2 }
        await running[0].stop()
        let last = try await asking(etcd) { try await end(of: begun, $0).last }
        #expect(last?.reason == "the member a has gone")
        _ = try await running[1].deployed.configurations.first { $0.number == 3 }
        #expect(numbers(running[1]) == [1, 3])
        await running[1].stop()
    }

    @Test("a member that is cut off has it undone, uses it all the while, and goes back when it hears of the others again")
    func cutOff() async throws {
        let etcd = try await Etcd(in: directory)
        let proxy = try await LosingProxy(before: etcd)
        let away = try await RunningMember("a", etcd, in: directory, proxy: proxy)
        _ = try await away.log.first { $0.hasPrefix("a member of the fleet") }
        let other = try await members(["b"], etcd)[0]
        let terms = FleetRollout.Terms(share: 50, watch: 600, rule: "5xx > 5% for 1s")
        let begun = try await asking(etcd) { fleet in try await fleet.rollOut("second", terms: terms, author: "x", time: 2) }
        _ = try await away.deployed.configurations.first { $0.number == 2 }
        proxy.cut()
        let last = try await asking(etcd) { try await end(of: begun, $0).last }
        #expect(last?.phase == .undone && last?.reason == "the member a has gone")
        _ = try await other.deployed.configurations.first { $0.number == 3 }
        #expect(numbers(away) == [1, 2] && numbers(other) == [1, 3])
        proxy.join()
        _ = try await away.deployed.configurations.first { $0.number == 3 }
        #expect(numbers(away) == [1, 2, 3])
        for member in [away, other] { await member.stop() }
    }

    @Test("a step on what has changed meanwhile comes to nothing: who was paused brings nothing old back")
    func fenced() async throws {
        let etcd = try await Etcd(in: directory)
        let running = try await members(["a", "b"], etcd)
        let terms = FleetRollout.Terms(share: 50, watch: 60, rule: "5xx > 5% for 1s")
        let begun = try await asking(etcd) { fleet in try await fleet.rollOut("second", terms: terms, author: "x", time: 2) }
        let settings = try RunningMember.settings("late", etcd, in: directory)
        let revision = Int64(try await etcd.value(of: settings.rollout)?.revision ?? 0)
        let undone = try await asking(etcd) { try await $0.undoRollout(author: "x") }
        #expect(undone?.phase == .undone)
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let client = EtcdClient(settings.etcd, waiter)
            let present = RolloutStore.Present(rollout: begun, revision: revision)
            let store = RolloutStore(settings: settings, client: client)
            for step in [RolloutStep.advance(stage: 2, members: ["a", "b"]), .undo(reason: "late"), .watch, .finish] {
                let isDone = try await store.make(step, of: present)
                #expect(!isDone)
            }
            client.close()
            waiter.retire()
        }
        try await asking(etcd) { fleet in
            let (again, pushed) = (try await fleet.undoRollout(author: "x"), try await fleet.configuration())
            #expect(again == nil && pushed?.number == 3)
        }
        for member in running { await member.stop() }
    }
}
