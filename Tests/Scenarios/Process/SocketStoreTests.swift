import Foundation
import Glibc
import TestSupport
import Testing

/// A service manager keeps the listening sockets (FDSTORE of sd_notify(3)); a Python program plays it.
@Suite("Sockets that a service manager keeps")
struct SocketStoreTests {
    private struct Kept {
        let process: ChildProcess
        let directory: TemporaryDirectory

        init(_ toml: String, most: Int = 64) throws {
            directory = try TemporaryDirectory()
            try directory.write("public/f.txt", "file")
            let file = try directory.write("gatehouse.toml", Self.complete(toml))
            process = try ChildProcess(
                Place.python, [Place.peer("socket_store.py"), "\(most)", Place.gatehouse, "run", "-c", file],
                directory: directory.path, environment: ["NO_COLOR": "1", "RUNTIME_DIRECTORY": directory.path + "/run"])
        }

        private static func complete(_ toml: String) -> String {
            "[limits]\nhead_timeout = 600\n[performance]\nworker_threads = 2\n" + toml
        }

        func write(_ toml: String) throws { try directory.write("gatehouse.toml", Self.complete(toml)) }

        /// Says something and waits for what comes of it.
        /// - Returns: the manager's lines since then, up to the one that begins so.
        @discardableResult
        func say(_ word: String, until end: String) async throws -> [String] {
            let count = process.output.all.count
            try process.write(word + "\n")
            return try await lines(after: count, until: end)
        }

        func lines(after count: Int, until end: String) async throws -> [String] {
            while true {
                let lines = Array(process.output.all.dropFirst(count))
                if let last = lines.firstIndex(where: { $0.hasPrefix(end) }) { return Array(lines.prefix(last + 1)) }
                _ = try await process.output.first(count + lines.count + 1)
            }
        }

        var pid: pid_t {
            process.output.all.compactMap { $0.hasPrefix("# ready ") ? pid_t($0.dropFirst(8)) : nil }.last ?? 0
        }
    }

    private func site(_ port: FreePort) -> String {
        "[[sites]]\nhostname = \"localhost\"\nlisten = \"127.0.0.1\"\nport = \(port)\nstatic_dir = \"public\"\n"
    }

    private func ask(_ port: FreePort) throws -> Wire {
        let wire = try Wire(to: port.number)
        try wire.write("GET /f.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return wire
    }

    private func isAnswered(_ wires: [Wire]) async throws -> Bool {
        for wire in wires where try await onThread({ try wire.readAnswer().text }) != "file" { return false }
        return true
    }

    @Test("a process that is killed, or stops, refuses nobody: the next one serves who has connected meanwhile")
    func killed() async throws {
        let port = try FreePort()
        let kept = try Kept(site(port))
        let first = try await kept.say("start", until: "# ready")
        #expect(first.count { $0.hasPrefix("# stored gatehouse-listener-127.0.0.1_\(port)") } == 2, "each worker's: \(first)")
        for word in ["kill", "stop"] {
            try await kept.say(word, until: "# ended")
            // Nobody runs.
            let waiting = try (0..<20).map { _ in try ask(port) }
            let again = try await kept.say("start", until: "# ready")
            #expect(again.allSatisfy { !$0.hasPrefix("# stored") && !$0.hasPrefix("# removed") }, "\(again)")
            #expect(try await isAnswered(waiting))
        }
        try await kept.say("stop", until: "# ended")
    }

    @Test("a reload has the manager keep what is new and let go of what is gone, and so does a start with another file")
    func changes() async throws {
        let (stays, goes, comes) = try (FreePort(), FreePort(), FreePort())
        let kept = try Kept(site(stays) + site(goes))
        try await kept.say("start", until: "# ready")
        let count = kept.process.output.all.count
        try kept.write(site(stays) + site(comes))
        #expect(kill(kept.pid, SIGHUP) == 0)
        let reloaded = try await kept.lines(after: count, until: "# ready")
        #expect(reloaded.count { $0 == "# removed gatehouse-listener-127.0.0.1_\(goes)" } == 2, "\(reloaded)")
        #expect(reloaded.count { $0.hasPrefix("# stored gatehouse-listener-127.0.0.1_\(comes)") } == 2, "\(reloaded)")
        #expect(reloaded.count == 5, "\(reloaded)")
        // A file that is refused changes nothing there.
        let refused = kept.process.output.all.count
        try kept.write("[[sites]]\n")
        #expect(kill(kept.pid, SIGHUP) == 0)
        #expect(try await kept.lines(after: refused, until: "# ready").count == 1)
        try await kept.say("kill", until: "# ended")
        try kept.write(site(stays))
        let started = try await kept.say("start", until: "# ready")
        #expect(started.count { $0 == "# removed gatehouse-listener-127.0.0.1_\(comes)" } == 2, "\(started)")
        #expect(throws: (any Error).self) { try Wire(to: comes.number) }
        #expect(try await isAnswered([ask(stays)]))
        try await kept.say("stop", until: "# ended")
    }

    @Test("after an upgrade the manager has each socket once, and the next process has them all")
    func upgrade() async throws {
        let port = try FreePort()
        let kept = try Kept(site(port))
        try await kept.say("start", until: "# ready")
        let (first, count) = (kept.pid, kept.process.output.all.count)
        let asked = try await Command.run(
            Place.gatehouse, ["upgrade", "--socket", kept.directory.path + "/run/\(first).sock"])
        #expect(asked.code == 0, "\(asked)")
        let upgraded = try await kept.lines(after: count, until: "# ready")
        #expect(upgraded.count { $0.hasPrefix("# known ") } == 2, "\(upgraded)")
        #expect(upgraded.allSatisfy { !$0.hasPrefix("# stored") && !$0.hasPrefix("# removed") }, "\(upgraded)")
        #expect(kept.pid != first)
        // It is no child of the manager's.
        #expect(kill(kept.pid, SIGKILL) == 0)
        let waiting = try (0..<10).map { _ in try ask(port) }
        try await kept.say("start", until: "# ready")
        #expect(try await isAnswered(waiting))
        try await kept.say("stop", until: "# ended")
    }

    @Test("a manager that keeps fewer than there are is told of once; one that keeps none is not asked")
    func few() async throws {
        let (first, second) = try (FreePort(), FreePort())
        let kept = try Kept(site(first) + site(second), most: 3)
        let started = try await kept.say("start", until: "# ready")
        #expect(started.count { $0.hasPrefix("# stored ") } == 3, "\(started)")
        let line = try await kept.process.errors.first { $0.contains("does not keep all listening sockets") }
        #expect(line.contains("kept=3 missing=1") || line.contains("missing=1") && line.contains("kept=3"), "\(line)")
        try await kept.say("stop", until: "# ended")
        let none = try Kept(site(FreePort()), most: 0)
        #expect(try await none.say("start", until: "# ready").count == 2)
        try await none.say("stop", until: "# ended")
    }
}
