import Foundation
import Glibc
import TestSupport
import Testing

/// The socket by which the operator's commands reach the running program.
@Suite("The admin socket")
struct AdminSocketTests {
    private func site(_ port: FreePort, top: String = "") -> String {
        """
        \(top)
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "."
        """
    }

    private func curl(_ socket: String, _ arguments: [String]) async throws -> Command.Outcome {
        try await Command.curl(["--unix-socket", socket] + arguments)
    }

    private func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    @Test("gatehouse reload prints what has changed, or every reason why not, with exit code 1")
    func reload() async throws {
        let (port, other) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(site(port))
        try running.write(site(port) + "\n" + site(other))
        let done = try await running.command(["reload"])
        #expect(done.code == 0, "\(done)")
        #expect(
            done.text.contains("+listener 127.0.0.1:\(other)\n") && done.text.contains("+site localhost@127.0.0.1:\(other)\n"))
        #expect(done.text.hasSuffix("reloaded: generation 2\n"), "\(done)")
        let again = try await running.command(["reload"])
        #expect(again.text == "nothing has changed\nreloaded: generation 3\n", "\(again)")
        try running.write("[[sites]]\nhostname = 1\nprt = 80\n")
        let refused = try await running.command(["reload"])
        #expect(refused.code == 1 && refused.text == "")
        let file = running.directory.path + "/gatehouse.toml"
        for reason in [":9:12: error: sites[0].hostname", ":10:1: error: sites[0].prt"] {
            #expect(refused.errors.contains(file + reason), "\(refused)")
        }
        #expect(refused.errors.hasSuffix("gatehouse: the reload is refused: what was in use goes on"), "\(refused)")
        let status = try await running.command(["status"])
        #expect(status.text.contains("generation     3 (in use)\n"), "\(status)")
        try await running.end()
        #expect(names(in: running.runtime) == [], "the socket is removed")
    }

    @Test("of several gateways each is told from the others, one that does not answer, too; --socket chooses")
    func several() async throws {
        let (port, other) = (try FreePort(), try FreePort())
        let first = try await ReloadingGatehouse(site(port))
        let file = try first.directory.write("other.toml", site(other))
        let second = try ChildProcess(
            Place.gatehouse, ["run", "-c", file], environment: ["RUNTIME_DIRECTORY": first.runtime])
        _ = try await second.errors.first { $0.contains(": serving addresses=") }
        func line(of process: ChildProcess) async throws -> String {
            let outcome = try await first.command(["status"])
            #expect(outcome.code == 1 && outcome.errors.contains("name the socket of one with --socket"), "\(outcome)")
            return outcome.errors.split(separator: "\n").first { $0.contains("/\(process.pid).sock") }.map(String.init) ?? ""
        }
        let (one, another) = (try await line(of: first.process), try await line(of: second))
        #expect(one.contains(" \(first.process.pid) ") && one.hasSuffix(" 127.0.0.1:\(port)"), "\(one)")
        #expect(another.contains("/other.toml ") && another.hasSuffix(" 127.0.0.1:\(other)"), "\(another)")
        let chosen = try await first.command(["status", "--socket", first.runtime + "/\(second.pid).sock"])
        #expect(chosen.code == 0 && chosen.text.contains("process \(second.pid),"), "\(chosen)")
        second.signal(SIGSTOP)
        let silent = try await line(of: second)
        #expect(silent.hasSuffix(" does not answer"), "\(silent)")
        second.signal(SIGCONT)
        second.terminate()
        #expect(try await second.exit() == .code(0))
        try await first.end()
    }

    @Test("reloads that are asked for at once are carried out one after the other, and what the file says last is in use")
    func manyAtOnce() async throws {
        let (port, other) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(site(port))
        let outcomes = try await withThrowingTaskGroup(of: Command.Outcome.self) { group in
            for number in 0..<8 {
                // Whoever asks after this file was written gets it, or a later one.
                let more = number == 7 ? "\n" + site(other) : ""
                try running.write(site(port, top: "[limits]\nmax_fields = \(100 + number)") + more)
                group.addTask { try await running.command(["reload"]) }
                running.process.signal(SIGHUP)
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes)")
        let last = try await running.command(["reload"])
        #expect(last.text.hasPrefix("nothing has changed\n"), "\(last)")
        _ = try Wire(to: other.number)
        #expect(running.outcomeCount <= 17)
        #expect(running.process.errors.all.allSatisfy { !$0.contains("refused") })
        try await running.end()
    }

    @Test("resources answer in JSON, and problem documents say what is wrong")
    func resources() async throws {
        let running = try await ReloadingGatehouse(site(try FreePort()))
        let socket = running.runtime + "/\(running.process.pid).sock"
        func object(_ outcome: Command.Outcome) -> [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(outcome.output))) as? [String: Any] ?? [:]
        }
        let status = object(try await curl(socket, ["http://localhost/status"]))
        #expect(status["pid"] as? Int == Int(running.process.pid) && status["workers"] as? Int == 2, "\(status)")
        let missing = try await curl(socket, ["-i", "http://localhost/nothing"])
        #expect(missing.text.contains("404 Not Found") && missing.text.contains("application/problem+json"), "\(missing)")
        let wrong = try await curl(socket, ["-i", "http://localhost/reload"])
        #expect(wrong.text.contains("405 ") && wrong.text.contains("Allow: POST\r\n"), "\(wrong)")
        try running.write("[[sites]]\n")
        let refused = object(try await curl(socket, ["-X", "POST", "http://localhost/reload"]))
        let problems = refused["problems"] as? [[String: Any]] ?? []
        #expect(refused["status"] as? Int == 422 && problems.contains { $0["key"] as? String == "sites[0].port" }, "\(refused)")
        try await running.end()
    }

    @Test("an order that needs no words is refused, and not carried out, where the body says something")
    func wordless() async throws {
        let place = try TemporaryDirectory()
        let directory = place.path + "/dumps"
        let recorder = "\n[recorder]\nexchanges = 16\ndirectory = \"\(directory)\"\n"
        let running = try await ReloadingGatehouse(site(try FreePort()) + recorder)
        let socket = running.runtime + "/\(running.process.pid).sock"
        func status(_ path: String, _ body: String) async throws -> String {
            try await curl(
                socket, ["-o", "/dev/null", "-w", "%{http_code}", "--data-binary", body, "http://localhost\(path)"]
            ).text
        }
        for path in ["/reload", "/recorder"] {
            for body in ["{", "[]", "null", "{} {}", #"{"site": "shop"}"#] {
                #expect(try await status(path, body) == "400", "\(path) \(body)")
            }
        }
        #expect(names(in: directory).isEmpty && running.outcomeCount == 0)
        for path in ["/reload", "/recorder"] {
            for body in ["", "{}", " {\r\n\t}\n"] {
                #expect(try await status(path, body) == "200", "\(path) \(body)")
            }
        }
        #expect(names(in: directory).count == 3, "\(names(in: directory))")
        try await running.end()
    }

    @Test("two gateways have sockets of their own; a command that could mean either asks which")
    func twoGateways() async throws {
        let directory = try TemporaryDirectory()
        let first = try await ReloadingGatehouse(site(try FreePort()), in: directory)
        let second = try await ReloadingGatehouse(site(try FreePort()), in: directory)
        #expect(names(in: first.runtime).count == 2)
        let unclear = try await first.command(["reload"])
        #expect(unclear.code == 1 && unclear.errors.contains("\(first.process.pid).sock"), "\(unclear)")
        let named = try await first.command(["status", "--json", "--socket", "\(first.runtime)/\(second.process.pid).sock"])
        #expect(named.text.contains("\"pid\" : \(second.process.pid)"), "\(named)")
        first.process.kill()
        _ = try await first.process.exit()
        // What the killed one has left is nobody's.
        #expect(try await second.command(["reload"]).code == 0)
        #expect(names(in: second.runtime) == ["\(second.process.pid).sock"])
        try await second.end()
        let none = try await second.command(["reload"])
        #expect(none.code == 1 && none.errors.contains("no gateway runs here"), "\(none)")
    }

    @Test("a socket of the configuration's is taken over from a killed process, never from one that lives, nor from a file")
    func namedSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/own.sock"
        let top = "[admin]\nsocket = \"\(path)\"\n"
        let first = try await ReloadingGatehouse(site(try FreePort(), top: top), in: directory)
        var status = stat()
        // The path is read and the struct filled during the call alone.
        #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let file = try directory.write("second.toml", site(try FreePort(), top: top))
        let second = try await Command.run(Place.gatehouse, ["run", "-c", file])
        #expect(
            second.code == 1 && second.errors.contains("second.toml:2:10: error: admin.socket: cannot listen on"), "\(second)")
        #expect(try await first.command(["reload", "--socket", path]).code == 0)
        first.process.kill()
        _ = try await first.process.exit()
        let third = try await ReloadingGatehouse(site(try FreePort(), top: top), in: directory)
        #expect(try await third.command(["reload", "--socket", path]).code == 0)
        try await third.end()
        try directory.write("own.sock", "something")
        #expect(try await Command.run(Place.gatehouse, ["run", "-c", file]).code == 1)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "something")
    }

    @Test("another user is turned away, even where the file's mode has been changed", .enabled(if: getuid() == 0))
    func stranger() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/own.sock"
        let running = try await ReloadingGatehouse(site(try FreePort(), top: "[admin]\nsocket = \"\(path)\"\n"), in: directory)
        let asked = ["--reuid", "65534", "--clear-groups", "curl", "-sS", "--unix-socket", path, "http://localhost/status"]
        #expect(try await Command.run("setpriv", asked).code == 7)
        // The path is read during the call alone.
        #expect(unsafe chmod(path, 0o666) == 0)
        let outcome = try await Command.run("setpriv", asked)
        #expect(outcome.code != 0 && outcome.text == "", "\(outcome)")
        _ = try await running.process.errors.first { $0.contains("a stranger at the admin socket is turned away") }
        #expect(try await curl(path, ["http://localhost/status"]).code == 0)
        try await running.end()
    }

    @Test("a directory that a user may not look into is no sign that no gateway runs", .enabled(if: getuid() == 0))
    func closedDirectory() async throws {
        let running = try await ReloadingGatehouse(site(try FreePort()))
        let outcome = try await Command.run(
            "setpriv", ["--reuid", "65534", "--clear-groups", Place.gatehouse, "status"],
            environment: ["RUNTIME_DIRECTORY": running.runtime])
        #expect(outcome.code == 1 && outcome.errors.contains("/run: Permission denied\nAsk as root"), "\(outcome)")
        try await running.end()
    }

    @Test("without a socket, the program serves and answers nobody")
    func none() async throws {
        let running = try await ReloadingGatehouse(site(try FreePort(), top: "[admin]\nsocket = \"none\"\n"))
        #expect(names(in: running.runtime) == [])
        try await running.end()
    }

    @Test("a runtime directory that others can write to gets no socket, and keeps nobody from serving")
    func unsafeDirectory() async throws {
        let directory = try TemporaryDirectory()
        // The path is read during the call alone.
        #expect(unsafe mkdir(directory.path + "/run", 0o700) == 0 && chmod(directory.path + "/run", 0o777) == 0)
        let running = try await ReloadingGatehouse(site(try FreePort()), in: directory)
        #expect(running.process.errors.all.contains { $0.contains("there is no admin socket") })
        #expect(names(in: running.runtime) == [])
        try await running.end()
    }
}
