import Foundation
import Glibc
import TestSupport
import Testing

/// The configurations that were in use, and the way back to them.
@Suite("History and rollback")
struct HistoryTests {
    /// A gateway whose state directory is the test's own.
    private struct Kept {
        let running: ReloadingGatehouse
        let ports: [FreePort]
        var state: String { running.directory.path + "/state" }
        /// The files of the history, the oldest first.
        var files: [String] {
            let folder = state + "/history"
            let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(".toml") }.map { "\(folder)/\($0)" }.sorted()
        }

        /// The first configuration, which is kept soon after the program has begun to serve.
        func first() async throws -> String {
            while true {
                if let first = files.first { return first }
                _ = try await running.command(["status"])
            }
        }

        init(_ prepare: (String) throws -> Void = { _ in }) async throws {
            let directory = try TemporaryDirectory()
            let ports = try (0..<3).map { _ in try FreePort() }
            try prepare(directory.path + "/state")
            self.ports = ports
            running = try await ReloadingGatehouse(Self.toml(ports[0], directory), in: directory)
        }

        static func toml(_ port: FreePort, _ directory: TemporaryDirectory) -> String {
            """
            [server]
            state_dir = "\(directory.path)/state"
            [admin]
            history = 3
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "."
            """
        }

        func reload(_ number: Int) async throws {
            try running.write(Self.toml(ports[number], running.directory))
            #expect(try await running.command(["reload"]).code == 0)
        }
    }

    private static func hash(_ file: String) -> String { String(file.split(separator: "-").last?.prefix(64) ?? "") }

    @Test("the last configurations are kept by their content, and any of them can be gone back to")
    func rollback() async throws {
        let kept = try await Kept()
        let running = kept.running
        let first = try await kept.first()
        let sum = try await Command.run("sha256sum", [first])
        #expect(sum.text.hasPrefix(Self.hash(first)), "\(sum)")
        try await kept.reload(1)
        let back = try await running.command(["rollback"])
        #expect(back.code == 0 && back.text.contains("+listener 127.0.0.1:\(kept.ports[0])"), "\(back)")
        #expect(back.text.hasSuffix("rolled back: generation 3; the configuration file is as it was\n"), "\(back)")
        try await kept.reload(2)
        // As many as are to be kept; the same content is kept once.
        #expect(kept.files.count == 3)
        let history = try await running.command(["history"])
        let lines = history.text.split(separator: "\n")
        #expect(lines.count == 4 && lines[1].hasSuffix("in use"), "\(history)")
        let named = try await running.command(["rollback", String(Self.hash(first).prefix(8))])
        #expect(named.code == 0 && named.text.contains("+listener 127.0.0.1:\(kept.ports[0])"), "\(named)")
        let unknown = try await running.command(["rollback", "0123456789abcdef"])
        #expect(unknown.code == 1 && unknown.errors.contains("there is no configuration 0123456789abcdef"), "\(unknown)")
        // It is the argument's fault, not that of a line in a file.
        #expect(!unknown.errors.contains(".toml"), "\(unknown)")
        for word in ["zzz", "012", String(repeating: "0", count: 65)] {
            let wrong = try await running.command(["rollback", word])
            #expect(wrong.code == 2 && wrong.errors.contains("\"\(word)\"") && !wrong.errors.contains(".toml"), "\(wrong)")
        }
        try await running.end()
    }

    @Test("status tells which configuration is in use, and why where that is not what the file says")
    func status() async throws {
        let kept = try await Kept()
        let running = kept.running
        let first = Self.hash(try await kept.first())
        func inUse() async throws -> String {
            let lines = try await running.command(["status"]).text.split(separator: "\n")
            return String(try #require(lines.first { $0.hasPrefix("in use") })).replacing(/\ +/, with: " ")
        }
        #expect(try await inUse() == "in use \(first.prefix(12))")
        try await kept.reload(1)
        let second = try await inUse()
        #expect(second != "in use \(first.prefix(12))" && !second.contains(","), "\(second)")
        #expect(try await running.command(["rollback"]).code == 0)
        let deviation = ", not what the file said when it was read last: "
        #expect(try await inUse() == "in use \(first.prefix(12))\(deviation)gone back to by order")
        let json =
            try JSONSerialization.jsonObject(
                with: Data(try await running.command(["status", "--json"]).text.utf8)) as? [String: Any]
        #expect(json?["configuration_hash"] as? String == first && json?["configuration_deviation"] != nil, "\(json ?? [:])")
        // The file is read again: it is what is in use.
        #expect(try await running.command(["reload"]).code == 0)
        #expect(try await inUse() == second)
        try running.write("bogus = 1")
        #expect(try await running.command(["reload"]).code == 1)
        #expect(try await inUse() == second + deviation + "the last reload was refused")
        // The later reason is told, in either order.
        #expect(try await running.command(["rollback"]).code == 0)
        #expect(try await inUse() == "in use \(first.prefix(12))\(deviation)gone back to by order")
        #expect(try await running.command(["reload"]).code == 1)
        #expect(try await inUse() == "in use \(first.prefix(12))\(deviation)the last reload was refused")
        try await running.end()
    }

    @Test("an entry that was edited is refused, and told by the list")
    func edited() async throws {
        let kept = try await Kept()
        let first = try await kept.first()
        try await kept.reload(1)
        let text = try String(contentsOfFile: first, encoding: .utf8)
        try Data(text.replacing("static_dir", with: "static_dur").utf8).write(to: URL(filePath: first))
        let refused = try await kept.running.command(["rollback"])
        #expect(refused.code == 1 && refused.errors.contains("was edited or damaged"), "\(refused)")
        #expect(try await kept.running.command(["history"]).text.contains("was edited or damaged"))
        #expect(try await kept.running.command(["status"]).text.contains("2 (in use)"))
        try await kept.running.end()
    }

    @Test("what is put in an entry's place is refused, and not waited for: a pipe, a directory, a device without an end")
    func replaced() async throws {
        let kept = try await Kept()
        let first = try await kept.first()
        try await kept.reload(1)
        for command in [["mkfifo", first], ["mkdir", first], ["ln", "-s", "/dev/zero", first]] {
            _ = try await Command.run("rm", ["-r", first])
            #expect(try await Command.run(command[0], Array(command.dropFirst())).code == 0)
            let refused = try await kept.running.command(["rollback"])
            #expect(refused.code == 1 && refused.errors.contains(first), "\(refused)")
            #expect(try await kept.running.command(["history"]).text.contains(first), "\(command)")
        }
        try await kept.reload(2)
        try await kept.running.end()
    }

    /// A full disk is a small one of root's.
    private static var kinds: [String] { ["a file", "read-only", "damaged"] + (canMount ? ["full"] : []) }
    private static let canMount: Bool = {
        guard getuid() == 0, let place = try? TemporaryDirectory() else { return false }
        defer { _ = unsafe umount2(place.path, Int32(MNT_DETACH)) }
        return unsafe mount("tmpfs", place.path, "tmpfs", 0, "size=4k") == 0
    }()

    @Test("a state directory that cannot be used is told, and harms nothing", arguments: kinds)
    func unusable(how: String) async throws {
        let kept = try await Kept { state in
            switch how {
            case "a file": try Data().write(to: URL(filePath: state))
            case "full":
                // One page, and that is another's.
                try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
                try #require(unsafe mount("tmpfs", state, "tmpfs", 0, "size=4k") == 0)
                try Data(repeating: 0x20, count: 4096).write(to: URL(filePath: state + "/others"))
            case "read-only": try FileManager.default.createSymbolicLink(atPath: state, withDestinationPath: "/sys")
            default:
                try FileManager.default.createDirectory(atPath: state + "/history", withIntermediateDirectories: true)
                try Data("rubbish".utf8).write(to: URL(filePath: state + "/history/1-2.toml"))
            }
        }
        try await kept.reload(1)
        let told = kept.running.process.errors.all.count { $0.contains("the configuration cannot be kept in the history") }
        #expect(told == (how == "damaged" ? 0 : 1))
        if how == "full" {
            #expect(kept.running.process.errors.all.contains { $0.contains("No space left on device") })
            #expect(kept.files.isEmpty, "half a file is none")
            // Once there is room the next one is kept.
            try FileManager.default.removeItem(atPath: kept.state + "/others")
            try await kept.reload(2)
            #expect(kept.files.count == 1)
        }
        #expect(try await kept.running.command(["history"]).code == 0)
        if how == "full" { _ = unsafe umount2(kept.state, Int32(MNT_DETACH)) }
        try await kept.running.end()
    }

    @Test("rollback_on undoes a reload by itself when answers become worse")
    func byItself() async throws {
        let good = try Upstream.saying("good")
        let bad = try Upstream.answering { _ in "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n" }
        let port = try FreePort()
        func toml(_ upstream: Upstream) -> String {
            Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", top: "[admin]\nhistory = 0\nrollback_on = \"5xx > 5% for 1s\"\n")
        }
        let running = try await ReloadingGatehouse(toml(good))
        let isOver = Guarded(false)
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await onThread {
                    let wire = try Wire(to: port.number)
                    while !isOver.withLock({ $0 }) {
                        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        _ = try wire.readAnswer()
                    }
                }
            }
            try running.write(toml(bad))
            #expect(try await running.command(["reload"]).code == 0)
            _ = try await running.process.errors.first { $0.contains("the reload is undone: answers have become worse") }
            #expect(try await running.outcome(after: 1).contains("generation=3"))
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == "good")
        try await running.end()
    }

    @Test("rollback_on leaves alone what has been reloaded before it could go back")
    func mendedMeanwhile() async throws {
        let good = try Upstream.saying("good")
        let bad = try Upstream.answering { _ in "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n" }
        let (port, other) = try (FreePort(), FreePort())
        let certificates = try await Certificates.ready()
        let top = "[admin]\nhistory = 0\nrollback_on = \"5xx > 5% for 3s\"\n"
        func toml(_ upstream: Upstream) -> String { Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", top: top) }
        let running = try await ReloadingGatehouse(toml(good))
        #expect(try await running.reload(toml(bad)).contains("generation=2"))
        // Whoever opens it waits for the end of its lease (fcntl(2), F_SETLEASE): the next reload is under way until then. Nobody
        // wants the signal that tells the holder. Another program writes it: there is no lease on what others have open.
        let file = running.directory.path + "/held"
        _ = try await Command.run("cp", [certificates.local.certificate, file])
        signal(SIGIO, SIG_IGN)
        // The call reads the path alone.
        let holder = unsafe open(file, O_RDWR | O_CLOEXEC)
        #expect(holder >= 0 && fcntl(holder, 1024, F_WRLCK) == 0)
        let ssl = "ssl = { enabled = true, cert_file = \"\(file)\", key_file = \"\(certificates.local.key)\" }"
        let more = "\n[[sites]]\nhostname = \"localhost\"\nport = \(other)\nrespond = { body = \"other\" }\n\(ssl)\n"
        try running.write(toml(good) + more)
        running.process.signal(SIGHUP)
        try await eventually("somebody opens it") { fcntl(holder, 1025) != F_WRLCK }
        let isOver = Guarded(false)
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await onThread {
                    let wire = try Wire(to: port.number)
                    while !isOver.withLock({ $0 }) {
                        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        _ = try wire.readAnswer()
                    }
                }
            }
            _ = try await running.process.errors.first { $0.contains("going back by=admin.rollback_on") }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        close(holder)
        #expect(try await running.outcome(after: 1).contains("generation=3"))
        _ = try await running.process.errors.first { $0.contains("the reload is not undone: another configuration is in use") }
        #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == "good")
        #expect(!running.process.errors.all.contains { $0.contains("generation=4") })
        try await running.end()
    }
}
