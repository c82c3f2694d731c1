import TestSupport
import Testing

/// `gatehouse fleet`: the configuration of several gateways, by a real etcd.
@Suite("The configuration of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetConfigurationTests {
    @Test("a push is used by all, can be undone, and is there again at the next start, without etcd, too")
    func pushed() async throws {
        let two = try await TwoOfFleet()
        var processes = [try await two.start(0), try await two.start(1)]
        let second = try two.directory.write("second.toml", two.text("second"))
        #expect(try await two.fleet(["diff", second]).text == "nothing was pushed yet\n")
        let push = try await two.fleet(["push", second])
        #expect(push.code == 0 && push.text.contains("pushed: number 1, in use by 2 of 2 members"), "\(push)")
        for number in 0...1 { #expect(try await two.answer(number) == "second") }
        let third = try two.directory.write("third.toml", two.text("third"))
        let diff = try await two.fleet(["diff", third])
        #expect(diff.text.hasPrefix("~"), "\(diff)")
        #expect(try await two.fleet(["push", third]).code == 0)
        for number in 0...1 { #expect(try await two.answer(number) == "third") }
        let rollback = try await two.fleet(["rollback"])
        #expect(rollback.text.contains("pushed: number 3, in use by 2 of 2 members"), "\(rollback)")
        for number in 0...1 { #expect(try await two.answer(number) == "second") }
        let history = try await two.fleet(["history"])
        #expect(history.text.split(separator: "\n").map { $0.prefix(1) } == ["n", "3", "2", "1"], "\(history)")
        let status = try await two.fleet(["status"])
        for words in ["m0", "m1", "configuration 3 of"] { #expect(status.text.contains(words), "\(status)") }
        // The file says "first" still.
        try await two.etcd.fail(0)
        processes[1].terminate()
        #expect(try await processes[1].exit() == .code(0))
        let file = two.directory.path + "/first.toml"
        processes[1] = try ChildProcess(
            Place.gatehouse, ["run", "-c", file, "--workers", "1"], environment: ["MEMBER": "m1", "PORT": "\(two.ports[1])"])
        _ = try await processes[1].errors.line("the fleet's configuration is in use")
        #expect(try await two.answer(1) == "second")
    }

    @Test("a member that cannot use it says why, and goes on with what it has")
    func refused() async throws {
        let two = try await TwoOfFleet()
        let processes = [try await two.start(0), try await two.start(1)]
        let only = try two.directory.write("www-m0/index.html", "here")
        let folder = String(only.dropLast("-m0/index.html".count))
        let site = """
            [[sites]]
            hostname = "other.test"
            listen = "127.0.0.1"
            port = "${PORT}"
            static_dir = "\(folder)-${MEMBER}"
            """
        let file = try two.directory.write("next.toml", two.text("next", more: site))
        // The desk has such a folder, too: what it cannot read is not its to judge.
        let push = try await two.fleet(["push", file])
        #expect(push.code == 1 && push.text.contains("in use by 1 of 2 members"), "\(push)")
        #expect(push.errors.contains("m1: refused: ") && push.errors.contains("static_dir"), "\(push)")
        #expect(try await two.answer(0) == "next")
        #expect(try await two.answer(1) == "first")
        #expect(try await two.fleet(["status"]).text.contains("refuses configuration 1"))
        let wrong = try two.directory.write("wrong.toml", two.text("x", more: "colour = 1"))
        let early = try await two.fleet(["push", wrong])
        #expect(early.code == 1 && early.errors.contains("unknown key"), "\(early)")
        #expect(processes.count == 2)
    }

    @Test("an older document, as of a restored backup, is not taken up")
    func older() async throws {
        let two = try await TwoOfFleet()
        let process = try await two.start(0)
        let place = "/gatehouse/test/documents/configuration"
        for body in ["one", "two"] {
            let file = try two.directory.write("\(body).toml", two.text(body))
            #expect(try await two.fleet(["push", file]).code == 0)
            if body == "one" {
                let document = try #require(try await two.etcd.value(of: place))
                try await two.etcd.put("/kept", base64: document.value)
            }
        }
        let old = try #require(try await two.etcd.value(of: "/kept"))
        try await two.etcd.put(place, base64: old.value)
        _ = try await process.errors.line("etcd has an older configuration than this member")
        #expect(try await two.answer(0) == "two")
    }
}
