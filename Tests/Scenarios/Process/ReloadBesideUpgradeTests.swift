import Foundation
import TestSupport
import Testing

/// A configuration that changes while another process takes the place of the one that runs.
@Suite("A reload beside an upgrade")
struct ReloadBesideUpgradeTests {
    private func site(_ port: FreePort, _ body: String) -> String {
        """
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [[sites.routes]]
        path = "/"
        respond = { body = "\(body)" }

        """
    }

    /// A program that waits for a word in the pipe `word` and goes on as one that has read the file before it was changed.
    private func slowProgram(in place: TemporaryDirectory, insteadOf file: String) async throws -> String {
        let (program, copy, pipe) = (place.path + "/program", place.path + "/before.toml", place.path + "/word")
        try FileManager.default.copyItem(atPath: file, toPath: copy)
        let script = """
            #!/bin/sh
            echo "it waits" >&2
            read -r word < '\(pipe)'
            test "$word" = go && exec '\(Place.gatehouse)' run -c '\(copy)'

            """
        _ = try await Command.run("mkfifo", [pipe])
        // By another program: what this one has had open for writing, its other children may have, too (ETXTBSY of execve(2)).
        _ = try await Command.run("install", ["-m", "755", try place.write("script", script), program])
        return program
    }

    private func successor(_ outcome: Command.Outcome) throws -> pid_t {
        try #require(outcome.text.firstMatch(of: /process (\d+) serves/).flatMap { pid_t($0.1) }, "\(outcome)")
    }

    @Test(
        "which is asked for while that one is on its way waits: a command is told which process to ask, a signal is passed on",
        arguments: ["command", "signal", "failure"])
    func meanwhile(kind: String) async throws {
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let running = try await ReloadingGatehouse(site(port, "one"))
        let program = try await slowProgram(in: place, insteadOf: running.directory.path + "/gatehouse.toml")
        async let upgrade = running.command(["upgrade", program])
        _ = try await running.process.errors.first { $0 == "it waits" }
        try running.write(site(port, "two"))
        let socket = "\(running.runtime)/\(running.process.pid).sock"
        if kind == "signal" { running.process.signal(SIGHUP) }
        async let reload = kind == "signal" ? nil : running.command(["reload", "--socket", socket])
        _ = try await running.process.errors.first { $0.contains(": reloading ") }
        _ = try await Command.run("sh", ["-c", "echo \(kind == "failure" ? "no" : "go") > '\(place.path)/word'"])
        let (upgraded, reloaded) = try await (upgrade, reload)
        guard kind != "failure" else {
            #expect(upgraded.code == 1 && reloaded?.code == 0, "\(upgraded), \(String(describing: reloaded))")
            #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == "two")
            return try await running.end()
        }
        let successor = try successor(upgraded)
        if let reloaded {
            #expect(reloaded.code == 1 && reloaded.errors.contains("process \(successor) is to be asked"), "\(reloaded)")
        } else {
            _ = try await running.process.errors.first { $0.contains(": reloaded ") }
            let lines = running.process.errors.all
            let places = [": upgraded: ", ": the signal is passed on ", ": reloaded "].map { words in
                lines.firstIndex { $0.contains(words) } ?? 0
            }
            #expect(places == places.sorted() && places[0] > 0, "\(lines)")
        }
        kill(successor, SIGTERM)
        #expect(try await running.process.exit() == .code(0))
    }

    @Test("which opens a listener, and is asked for at the same moment, hinders neither")
    func atOnce() async throws {
        let (port, others) = try (FreePort(), (0..<3).map { _ in try FreePort() })
        let running = try await ReloadingGatehouse(site(port, "here"))
        var pid = running.process.pid
        for count in 1...others.count {
            try running.write(site(port, "here") + others.prefix(count).map { site($0, "there") }.joined())
            let socket = "\(running.runtime)/\(pid).sock"
            async let reload = running.command(["reload", "--socket", socket])
            async let upgrade = running.command(["upgrade", "--socket", socket])
            let (reloaded, upgraded) = try await (reload, upgrade)
            pid = try successor(upgraded)
            // The new process has read what was to be reloaded, if that came too late.
            #expect(reloaded.code == 0 || reloaded.errors.contains("has taken this one's place"), "\(reloaded)")
            #expect(try await Command.curl(["http://127.0.0.1:\(others[count - 1])/"]).text == "there")
            // Its socket is there a moment after it serves.
            let successorSocket = "\(running.runtime)/\(pid).sock"
            try await eventually("its socket") { try await running.command(["status", "--socket", successorSocket]).code == 0 }
        }
        kill(pid, SIGTERM)
        #expect(try await running.process.exit() == .code(0))
    }
}
