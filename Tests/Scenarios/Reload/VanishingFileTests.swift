import Foundation
import Glibc
import TestSupport
import Testing

/// Files that a configuration names vanish while it is read, or are slow to be opened.
@Suite("Files that vanish during a reload", .enabled(if: getuid() == 0, "who holds an open(2) up is root (fanotify(7))"))
struct VanishingFileTests {
    /// Two sites of a TLS port, each in a file of its own; the second one's files can be asked for with a password alone.
    private struct Stage {
        let directory: TemporaryDirectory
        let certificates: Certificates
        let port: FreePort

        init() async throws {
            directory = try TemporaryDirectory()
            certificates = try await Certificates.ready()
            port = try FreePort()
            for name in ["a.crt", "a.key", "b.crt", "b.key"] {
                let source = name.hasSuffix("crt") ? certificates.local.certificate : certificates.local.key
                try FileManager.default.copyItem(atPath: source, toPath: path(name))
            }
            try directory.write("public/f.txt", "a's")
            try directory.write("private/f.txt", "b's")
            try directory.write("passwords", "bob:$apr1$12345678$PxJedScFj6O5L28rmTh.i0\n")
            try directory.write("sites/a.toml", site("a", "localhost", "public"))
            try directory.write(
                "sites/b.toml",
                site("b", "b.test", "private") + "[sites.access]\nrequire_auth = true\nauth_file = \"\(path("passwords"))\"\n")
        }

        func path(_ name: String) -> String { directory.path + "/" + name }

        private func site(_ name: String, _ host: String, _ files: String) -> String {
            """
            [[sites]]
            hostname = "\(host)"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(path(files))"
            [sites.ssl]
            enabled = true
            cert_file = "\(path("\(name).crt"))"
            key_file = "\(path("\(name).key"))"

            """
        }

        /// With another limit each time: a reload is never one to nothing.
        func main(_ limit: Int) -> String {
            """
            include = ["sites/*.toml"]
            [logging]
            format = "json"
            [limits]
            head_timeout = 600
            max_fields = \(limit)
            [performance]
            worker_threads = 2
            """
        }

        /// Other bytes of the same certificate: one whose file is as it was is not opened.
        func touch(_ name: String) throws {
            let text = try String(contentsOfFile: path(name), encoding: .utf8)
            try directory.write(name, "another comment\n" + text)
        }

        /// Has the victims vanish when the trigger is opened.
        func holdUp(_ trigger: String, _ victims: [String]) async throws -> ChildProcess {
            let peer = try ChildProcess(Place.python, [Place.peer("held_open.py")] + ([trigger] + victims).map(path))
            _ = try await peer.output.first { $0 == "ready" }
            return peer
        }

        func bring(back victims: [String]) throws {
            for victim in victims {
                try FileManager.default.moveItem(atPath: path(victim) + ".gone", toPath: path(victim))
            }
        }

        func get(_ host: String) async throws -> String {
            let outcome = try await Command.curl([
                "-k", "--user", "bob:hunter2", "--resolve", "\(host):\(port):127.0.0.1", "https://\(host):\(port)/f.txt",
            ])
            return outcome.text
        }
    }

    /// What vanishes when, and where the reason is.
    struct Row: Sendable, CustomTestStringConvertible {
        let trigger: String
        let victims: [String]
        let reason: String
        var testDescription: String { "\(victims.joined(separator: ", ")) as \(trigger) is opened" }
    }

    private static let rows = [
        Row(trigger: "sites/a.toml", victims: ["sites/b.toml"], reason: "sites/b.toml"),
        Row(trigger: "gatehouse.toml", victims: ["passwords"], reason: "key=sites[1].access.auth_file"),
        Row(trigger: "sites/b.toml", victims: ["passwords"], reason: "key=sites[1].access.auth_file"),
        Row(trigger: "sites/b.toml", victims: ["private"], reason: "key=sites[1].static_dir"),
        Row(trigger: "a.crt", victims: ["b.crt"], reason: "key=sites[1].ssl.cert_file"),
        Row(trigger: "a.crt", victims: ["b.key"], reason: "key=sites[1].ssl.key_file"),
        Row(trigger: "b.crt", victims: ["b.key"], reason: "key=sites[1].ssl.key_file"),
        Row(trigger: "gatehouse.toml", victims: ["private", "b.crt", "b.key", "passwords"], reason: "key=sites[1].static_dir"),
    ]

    @Test("refuse it with the reason, and what was in use goes on; back again, they are no obstacle", arguments: rows)
    func vanish(row: Row) async throws {
        let stage = try await Stage()
        let running = try await ReloadingGatehouse(stage.main(100), in: stage.directory)
        #expect(try await stage.get("localhost") == "a's")
        if row.trigger.hasSuffix(".crt") { try stage.touch(row.trigger) }
        let peer = try await stage.holdUp(row.trigger, row.victims)
        let before = running.process.errors.all.count
        running.process.signal(SIGHUP)
        #expect(try await running.outcome(after: 0).contains("the reload is refused"))
        #expect(peer.output.all.contains("gone"))
        let problems = running.process.errors.all.dropFirst(before).filter { $0.contains("the configuration has a problem") }
        #expect(problems.contains { $0.contains(row.reason) && $0.contains("No such file") }, "\(problems)")
        #expect(try await stage.get("localhost") == "a's")
        try stage.bring(back: row.victims)
        // A list of passwords is looked at about once in a second.
        try await eventually("the list is read again") { try await stage.get("b.test") == "b's" }
        let done = try await running.reload(stage.main(101))
        #expect(done.contains("changes=\"~limits max_fields\" generation=2"), "\(done)")
        #expect(try await stage.get("b.test") == "b's")
        try await running.end()
    }

    @Test("while a reload takes long, whoever asks something else is answered at once")
    func asked() async throws {
        let stage = try await Stage()
        let running = try await ReloadingGatehouse(stage.main(100), in: stage.directory)
        let peer = try await stage.holdUp("sites/a.toml", [])
        running.process.signal(SIGHUP)
        _ = try await peer.output.first { $0 == "held" }
        for command in [["status"], ["status", "--json"], ["servers"], ["history"]] {
            let outcome = try await running.command(command)
            #expect(outcome.code == 0, "\(command): \(outcome)")
        }
        #expect(running.outcomeCount == 0)
        try peer.write("go on\n")
        #expect(try await running.outcome(after: 0).contains(": reloaded "))
        try await running.end()
    }

    @Test("of the file itself: without it there is nothing to read, and nothing changes")
    func whole() async throws {
        let stage = try await Stage()
        let running = try await ReloadingGatehouse(stage.main(100), in: stage.directory)
        let file = stage.path("gatehouse.toml")
        try FileManager.default.moveItem(atPath: file, toPath: file + ".gone")
        running.process.signal(SIGHUP)
        #expect(try await running.outcome(after: 0).contains("the reload is refused"))
        #expect(running.process.errors.all.contains { $0.contains("cannot be read: No such file") })
        #expect(try await stage.get("b.test") == "b's")
        try await running.end()
    }

    @Test("a certificate between being looked at and being used: either the old one or the new one is shown, and it goes on")
    func between() async throws {
        let stage = try await Stage()
        let running = try await ReloadingGatehouse(stage.main(100), in: stage.directory)
        try stage.touch("b.crt")
        let peer = try await stage.holdUp("b.crt", ["b.crt"])
        running.process.signal(SIGHUP)
        let outcome = try await running.outcome(after: 0)
        _ = try await peer.output.first { $0 == "gone" }
        #expect(outcome.contains("the reload is refused") || outcome.contains(": reloaded "), "\(outcome)")
        #expect(try await stage.get("b.test") == "b's")
        #expect(try await stage.get("localhost") == "a's")
        try await running.end()
    }

    @Test("at a start they degrade their site, and the other is served")
    func atStart() async throws {
        let stage = try await Stage()
        try stage.directory.write("gatehouse.toml", stage.main(100))
        let peer = try await stage.holdUp("a.crt", ["b.crt", "private"])
        let running = try await ReloadingGatehouse(stage.main(100), in: stage.directory)
        _ = try await peer.output.first { $0 == "gone" }
        #expect(
            running.process.errors.all.contains {
                $0.contains("a site is degraded, and the others are served") && $0.contains("key=sites[1].ssl.cert_file")
            })
        #expect(try await stage.get("localhost") == "a's")
        try await running.end()
    }
}
