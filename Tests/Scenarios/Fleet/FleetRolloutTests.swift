import TestSupport
import Testing

/// `gatehouse fleet push --staged`, of two gateways by a real etcd.
@Suite("A roll-out in stages", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetRolloutTests {
    private func push(_ two: TwoOfFleet, _ body: String, _ options: [String], more: String = "") async throws -> Command.Outcome {
        let file = try two.directory.write("\(body).toml", two.text(body, more: more))
        return try await two.fleet(["push", file] + options)
    }

    @Test("one, then all use it; one that answers worse, that one member goes back from, and nobody else has seen it")
    func stages() async throws {
        let two = try await TwoOfFleet()
        let processes = [try await two.start(0), try await two.start(1)]
        let early = try await push(two, "first", ["--staged"])
        #expect(early.code == 1 && early.errors.contains("nothing was pushed yet"), "\(early)")
        #expect(try await push(two, "first", []).code == 0)
        let quick = ["--staged", "--watch", "1", "--unless", "5xx > 5% for 1s"]
        let good = try await push(two, "second", quick)
        #expect(good.code == 0, "\(good)")
        let states = good.text.split(separator: "\n")
        #expect(states.first == "configuration 2 goes to one member: m0", "\(good)")
        #expect(states.last == "configuration 2 is in use by all members", "\(good)")
        for number in 0...1 { #expect(try await two.answer(number) == "second") }
        // Requests come all the time.
        let url = "http://127.0.0.1:\(two.ports[0])/?[1-1000000]"
        let client = try ChildProcess("curl", ["-sS", "-o", "/dev/null", "--rate", "100/s", url])
        let file = try two.directory.write("bad.toml", two.text("bad").replacing("status = 200", with: "status = 500"))
        let bad = try await two.fleet(["push", file, "--staged", "--watch", "60", "--unless", "5xx > 5% for 1s"])
        #expect(bad.code == 1 && bad.errors.contains("configuration 3 is undone: the member m0 says: "), "\(bad)")
        #expect(bad.errors.contains("answers are 5xx") && !bad.text.contains("all members"), "\(bad)")
        client.kill()
        for process in processes { _ = try await process.errors.line("number=4") }
        for number in 0...1 { #expect(try await two.answer(number) == "second") }
        #expect(!processes[1].errors.all.contains { $0.contains("number=3") && $0.contains("is in use") })
        let history = try await two.fleet(["history"])
        #expect(history.text.contains("taken back") && history.text.contains("the roll-out of 3"), "\(history)")
        #expect(try await two.fleet(["status"]).text.contains("roll-out: configuration 3 is undone: "))
        // What was taken back is not gone back to.
        #expect(try await two.fleet(["rollback"]).text.contains("number 5"))
        for number in 0...1 { #expect(try await two.answer(number) == "first") }
    }

    @Test("one that is under way keeps others out, goes on without who began it, and is undone by a rollback")
    func undone() async throws {
        let two = try await TwoOfFleet()
        let processes = [try await two.start(0), try await two.start(1)]
        #expect(try await push(two, "first", []).code == 0)
        let file = try two.directory.write("second.toml", two.text("second"))
        let begun = try ChildProcess(
            Place.gatehouse,
            [
                "fleet", "push", file, "--staged", "--watch", "600", "-c", "\(two.directory.path)/first.toml",
            ], environment: ["MEMBER": "desk", "PORT": "1"])
        _ = try await processes[0].errors.line("number=2")
        begun.kill()
        let other = try await push(two, "third", [])
        #expect(other.code == 1 && other.errors.contains("a roll-out is under way: configuration 2"), "\(other)")
        #expect(try await two.fleet(["status"]).text.contains("roll-out: configuration 2"))
        let undone = try await two.fleet(["rollback"])
        #expect(undone.code == 0 && undone.text.contains("configuration 2 is undone: by "), "\(undone)")
        _ = try await processes[0].errors.line("number=3")
        for number in 0...1 { #expect(try await two.answer(number) == "first") }
    }

    @Test(
        "what makes no sense is refused",
        arguments: [["--watch", "10"], ["--staged", "--watch", "10"], ["--staged", "--share", "0"]])
    func wrong(options: [String]) async throws {
        let outcome = try await Command.run(Place.gatehouse, ["fleet", "push", "x.toml"] + options)
        #expect(
            outcome.code == 2 && outcome.errors.contains(" must ") || outcome.errors.contains("are of --staged"), "\(outcome)")
    }
}
