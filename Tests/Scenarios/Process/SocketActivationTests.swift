import Foundation
import Glibc
import TestSupport
import Testing

/// A service manager opens the sockets (sd_listen_fds(3)); a Python program plays it.
@Suite("Sockets that a service manager has opened")
struct SocketActivationTests {
    private func site(_ port: FreePort, listen: String = "127.0.0.1", name: String = "localhost") -> String {
        """

        [[sites]]
        hostname = "\(name)"
        listen = "\(listen)"
        port = \(port)
        static_dir = "public"
        """
    }

    private struct Managed {
        let process: ChildProcess
        let directory: TemporaryDirectory

        /// - Parameter sockets: as socket_manager.py takes them.
        init(_ toml: String, _ sockets: [String]) throws {
            directory = try TemporaryDirectory()
            try directory.write("public/f.txt", "file")
            let file = try directory.write("gatehouse.toml", Self.complete(toml))
            process = try ChildProcess(
                Place.python, [Place.peer("socket_manager.py")] + sockets + ["--", Place.gatehouse, "run", "-c", file],
                directory: directory.path, environment: ["NO_COLOR": "1"])
        }

        static func complete(_ toml: String) -> String { "[performance]\nworker_threads = 3\n" + toml }

        /// Starts the program.
        /// - Returns: what it says when it serves.
        @discardableResult
        func start() async throws -> String {
            let count = process.errors.all.count
            try process.write("start\n")
            while true {
                let lines = process.errors.all
                if let line = lines.dropFirst(count).first(where: { $0.contains(": serving addresses=") }) { return line }
                _ = try await process.errors.first(lines.count + 1)
            }
        }

        /// Stops it, or waits for its end if it has ended by itself.
        /// - Returns: its exit code.
        func stop() async throws -> String {
            let count = process.output.all.count { $0.hasPrefix("# exit") }
            try process.write("stop\n")
            while true {
                let lines = process.output.all
                let exits = lines.filter { $0.hasPrefix("# exit") }
                if exits.count > count { return exits[count] }
                _ = try await process.output.first(lines.count + 1)
            }
        }
    }

    private func get(_ port: FreePort, _ host: String = "127.0.0.1") async throws -> String {
        let answer = try await onThread {
            let wire = try Wire(to: port.number, host: host)
            try wire.write("GET /f.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return try wire.readAnswer()
        }
        return answer.text
    }

    @Test(
        "they are used by every worker, beside its own ones; who connects between two programs waits for the second",
        arguments: ["127.0.0.1", "::"])
    func used(listen: String) async throws {
        let (passed, own) = try (FreePort(), FreePort())
        let address = listen == "::" ? ":\(passed)=web" : "127.0.0.1:\(passed)=web"
        let managed = try Managed(site(passed, listen: listen) + site(own), [address])
        #expect(try await managed.start().contains(":\(own)"))
        for _ in 0..<20 { #expect(try await get(passed) == "file") }
        if listen == "::" { #expect(try await get(passed, "::1") == "file") }
        #expect(try await get(own) == "file")
        #expect(try await managed.stop() == "# exit code 0")
        // Nobody runs, and the kernel still lets clients in.
        let waiting = try (0..<20).map { _ in try Wire(to: passed.number) }
        for wire in waiting { try wire.write("GET /f.txt HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try await managed.start()
        for wire in waiting { #expect(try await onThread { try wire.readAnswer().text == "file" }) }
        #expect(try await managed.stop() == "# exit code 0")
    }

    @Test("two of one address are dealt out among the workers; none is forgotten", arguments: [2, 5])
    func several(count: Int) async throws {
        let port = try FreePort()
        let managed = try Managed(site(port), Array(repeating: "127.0.0.1:\(port)", count: count))
        try await managed.start()
        // The kernel spreads clients over all of them.
        for _ in 0..<50 { #expect(try await get(port) == "file") }
        #expect(try await managed.stop() == "# exit code 0")
    }

    @Test("one that is for no site is an error in words, at the start and at a reload")
    func stranger() async throws {
        do {
            let (port, other) = try (FreePort(), FreePort())
            let wrong = try Managed(site(port), ["127.0.0.1:\(port)", "127.0.0.1:\(other)=old"])
            try wrong.process.write("start\n")
            let line = try await wrong.process.errors.first { $0.hasPrefix("gatehouse: ") }
            #expect(line.contains("has opened 127.0.0.1:\(other), where no site listens: the sites listen on 127.0.0.1:\(port);"))
            #expect(try await wrong.stop() == "# exit code 1")
        }
        // Of others: the manager before may keep its sockets a little longer, and clients in them.
        let (port, other) = try (FreePort(), FreePort())
        let managed = try Managed(site(port) + site(other), ["127.0.0.1:\(port)", "127.0.0.1:\(other)"])
        try await managed.start()
        try managed.directory.write("gatehouse.toml", Managed.complete(site(port)))
        let pid = try #require(managed.process.output.all.last?.split(separator: " ").last.flatMap { Int32($0) })
        #expect(kill(pid, SIGHUP) == 0)
        _ = try await managed.process.errors.first { $0.contains("the reload is refused") }
        let reason = "has opened 127.0.0.1:\(other), where no site listens"
        #expect(managed.process.errors.all.contains { $0.contains("the configuration has a problem") && $0.contains(reason) })
        #expect(try await get(other) == "file")
        #expect(try await managed.stop() == "# exit code 0")
    }

    @Test("one that cannot serve is an error in words", arguments: [("unix", "has opened unix:"), ("v6", "BindIPv6Only=both")])
    func unfit(kind: String, words: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let address = kind == "unix" ? directory.path + "/socket" : ":\(port)/6=web"
        let managed = try Managed(site(port, listen: "::"), [address])
        try managed.process.write("start\n")
        let line = try await managed.process.errors.first { $0.hasPrefix("gatehouse: ") }
        #expect(line.contains(words), "\(line)")
        #expect(try await managed.stop() == "# exit code 1")
    }

    @Test(
        "variables that are another process's mean nothing, those that are wrong are errors",
        arguments: [("1", "1", nil), ("self", "many", "LISTEN_FDS is \"many\""), ("self", "1", "descriptor 3 was passed")])
    func variables(pid: String, count: String, words: String?) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("public/f.txt", "file")
        let file = try directory.write("gatehouse.toml", site(port))
        let script = "LISTEN_PID=\(pid == "self" ? "$$" : pid) LISTEN_FDS=\(count) exec \"$@\" 3</dev/null"
        let process = try ChildProcess(
            "sh", ["-c", script, "sh", Place.gatehouse, "run", "-c", file], directory: directory.path)
        guard let words else {
            _ = try await process.errors.first { $0.contains(": serving addresses=127.0.0.1:\(port)") }
            #expect(try await get(port) == "file")
            process.terminate()
            #expect(try await process.exit() == .code(0))
            return
        }
        _ = try await process.errors.first { $0.contains(words) }
        #expect(try await process.exit() == .code(1))
    }

    @Test("systemd-socket-activate(1) starts it when the first client comes", .enabled(if: hasSystemd))
    func systemd() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("public/f.txt", "file")
        let file = try directory.write("gatehouse.toml", Managed.complete(site(port)))
        let process = try ChildProcess(
            "systemd-socket-activate",
            ["--listen", "127.0.0.1:\(port)", "--fdname", "web", Place.gatehouse, "run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.hasPrefix("Listening on 127.0.0.1:\(port)") }
        #expect(try await get(port) == "file")
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    private static var hasSystemd: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-socket-activate") }
}
