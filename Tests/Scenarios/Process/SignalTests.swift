import Foundation
import Glibc
import TestSupport
import Testing

/// What service managers, log rotation and people send.
@Suite("Signals")
struct SignalTests {
    /// A site that logs into files, and one file to ask for.
    private func site(_ port: FreePort, _ directory: TemporaryDirectory) throws -> String {
        try directory.write("public/f.txt", "file")
        return """
            [logging]
            access_log = "\(directory.path)/logs/access.log"
            error_log = "\(directory.path)/logs/error.log"
            [limits]
            drain_timeout = 600
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)/public"
            """
    }

    private func ask(_ port: FreePort, _ target: String) async throws {
        let answer = try await Command.curl([
            "--retry", "60", "--retry-connrefused", "--retry-delay", "1", "http://127.0.0.1:\(port)\(target)",
        ])
        #expect(answer.text == "file", "\(answer)")
    }

    /// Waits until a file holds a word.
    private func wait(for word: String, in path: String) async throws {
        // tail(1) is told by the kernel when the file grows, and when another has its name.
        let tail = try ChildProcess("tail", ["-n", "+1", "-F", path])
        _ = try await tail.output.first("\(word) in \(path)") { $0.contains(word) }
        tail.kill()
    }

    private func start(_ toml: String, _ directory: TemporaryDirectory) throws -> ChildProcess {
        let logs = directory.path + "/logs"
        // logrotate(8) wants it to be nobody else's.
        try FileManager.default.createDirectory(
            atPath: logs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try ChildProcess(Place.gatehouse, ["run", "-c", try directory.write("gatehouse.toml", toml)])
    }

    private func end(_ process: ChildProcess) async throws {
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("SIGHUP and SIGUSR1 let logrotate take the log files away: no line is lost", arguments: ["HUP", "USR1"])
    func logrotate(signal: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let process = try start(try site(port, directory), directory)
        let logs = directory.path + "/logs"
        try await ask(port, "/f.txt?before")
        try await wait(for: "?before", in: logs + "/access.log")
        let rules = try directory.write(
            "logrotate.conf",
            """
            \(logs)/*.log {
                rotate 3
                nocompress
                create 0640
                sharedscripts
                postrotate
                    kill -\(signal) \(process.pid)
                endscript
            }
            """)
        // The call reads the path alone.
        #expect(unsafe chmod(rules, 0o600) == 0)
        let rotation = try await Command.run("logrotate", ["--force", "--state", "\(directory.path)/state", rules])
        #expect(rotation.exit == .code(0), "\(rotation)")
        try await wait(for: "log file opened again key=logging.access_log", in: logs + "/error.log")
        try await wait(for: "log file opened again key=logging.error_log", in: logs + "/error.log")
        try await ask(port, "/f.txt?after")
        try await wait(for: "?after", in: logs + "/access.log")
        let old = try String(contentsOfFile: logs + "/access.log.1", encoding: .utf8)
        let new = try String(contentsOfFile: logs + "/access.log", encoding: .utf8)
        #expect(old.contains("?before") && !old.contains("?after") && !new.contains("?before"), "\(old)\n\(new)")
        #expect(try String(contentsOfFile: logs + "/error.log.1", encoding: .utf8).contains(": serving addresses="))
        try await end(process)
    }

    @Test("a log file that cannot be opened again is told, and lines go on to the old one")
    func cannotReopen() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let process = try start(try site(port, directory), directory)
        let logs = directory.path + "/logs"
        try await ask(port, "/f.txt?before")
        try await wait(for: "?before", in: logs + "/access.log")
        try FileManager.default.moveItem(atPath: logs + "/access.log", toPath: logs + "/old")
        try FileManager.default.createDirectory(atPath: logs + "/access.log", withIntermediateDirectories: false)
        process.signal(SIGHUP)
        try await wait(for: "a log file cannot be opened again", in: logs + "/error.log")
        try await ask(port, "/f.txt?after")
        try await wait(for: "?after", in: logs + "/old")
        try await end(process)
    }

    @Test("SIGHUP without a log file says so; SIGQUIT stops gracefully")
    func others() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("f.txt", "file")
        let process = try ChildProcess(Place.gatehouse, [directory.path, "--port", "\(port)"])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains("there is no log file to open again signal=SIGHUP") }
        try await ask(port, "/f.txt")
        process.signal(SIGQUIT)
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.contains { $0.contains(": stopping signal=SIGQUIT") })
        #expect(process.errors.all.contains { $0.hasSuffix(": stopped") })
    }

    @Test("a second SIGTERM or SIGINT stops at once", arguments: [SIGTERM, SIGINT])
    func second(_ number: Int32) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let asked = Signal()
        let release = Signal()
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            asked.fire()
            release.wait()
        }
        let toml = "[limits]\ndrain_timeout = 600\n" + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")
        let process = try start(toml, directory)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let wire = try Wire(to: port.number)
        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await onThread { asked.wait() }
        process.signal(number)
        _ = try await process.errors.first { $0.contains(": stopping signal=") }
        process.signal(number)
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.contains { $0.contains(": stopping at once signal=") })
        release.fire()
    }

    @Test("a terminal that is closed does not end a service that logs into a file")
    func terminal() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let file = try directory.write("gatehouse.toml", try site(port, directory))
        try FileManager.default.createDirectory(atPath: directory.path + "/logs", withIntermediateDirectories: false)
        let terminal = try ChildProcess("python3", [Place.peer("closing_terminal.py"), Place.gatehouse, "run", "-c", file])
        try await ask(port, "/f.txt?before")
        try terminal.write("close\n")
        _ = try await terminal.output.first { $0 == "closed" }
        try await wait(for: "signal=SIGHUP", in: directory.path + "/logs/error.log")
        try await ask(port, "/f.txt?after")
        try await wait(for: "?after", in: directory.path + "/logs/access.log")
        try terminal.write("end\n")
        _ = try await terminal.output.first { $0 == "exit code 0" }
    }

    @Test("a service that is started with its outputs closed has nothing else in their place")
    func closedOutputs() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let file = try directory.write("gatehouse.toml", try site(port, directory))
        try FileManager.default.createDirectory(atPath: directory.path + "/logs", withIntermediateDirectories: false)
        let process = try ChildProcess(
            "sh", ["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-", Place.gatehouse, "run", "-c", file])
        try await ask(port, "/f.txt")
        for number in 0...2 {
            let place = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.pid)/fd/\(number)")
            #expect(place == "/dev/null")
        }
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("a terminal that is closed stops a service whose messages went there alone")
    func terminalAlone() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("f.txt", "file")
        let terminal = try ChildProcess(
            "python3", [Place.peer("closing_terminal.py"), Place.gatehouse, directory.path, "--port", "\(port)"])
        try await ask(port, "/f.txt")
        try terminal.write("close\n")
        _ = try await terminal.output.first { $0 == "closed" }
        try terminal.write("wait\n")
        _ = try await terminal.output.first { $0 == "exit code 0" }
    }
}
