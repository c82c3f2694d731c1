import Foundation
import Glibc
import TestSupport
import Testing

/// The test plays the service manager that has started the program (sd_notify(3), `Type=notify-reload`).
@Suite("What a service manager is told")
struct NotificationTests {
    private func site(_ port: FreePort, top: String = "[limits]\ndrain_timeout = 7") -> String {
        """
        \(top)
        [performance]
        worker_threads = 2
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "."
        """
    }

    private func start(
        _ toml: String, in directory: TemporaryDirectory, environment: [String: String]
    ) throws -> ChildProcess {
        let file = try directory.write("gatehouse.toml", toml)
        return try ChildProcess(Place.gatehouse, ["run", "-c", file], environment: environment)
    }

    /// CLOCK_MONOTONIC in microseconds.
    private var now: UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    @Test("readiness, each reload whether it is done or refused, and the stop", arguments: [true, false])
    func story(isAbstract: Bool) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let path = isAbstract ? "@gatehouse-\(UUID().uuidString)" : directory.path + "/notify"
        let manager = try NotificationSocket(path)
        let process = try start(site(port), in: directory, environment: ["NOTIFY_SOCKET": path])
        let ready = try await manager.first("READY")
        #expect(ready == ["READY": "1", "MAINPID": "\(process.pid)", "STATUS": "serving on 127.0.0.1:\(port)"])
        // Whoever is told so can connect.
        _ = try Wire(to: port.number)

        for (toml, status) in [
            (site(port, top: "[limits]\ndrain_timeout = 8"), "serving on 127.0.0.1:\(port)"),
            ("[[sites]]\n", "serving on 127.0.0.1:\(port); the last reload was refused, see the log (problems: "),
        ] {
            let before = manager.messages.all.count
            try directory.write("gatehouse.toml", toml)
            let asked = now
            process.signal(SIGHUP)
            let messages = Array(try await manager.messages.first(before + 2).dropFirst(before))
            #expect(messages[0]["RELOADING"] == "1" && messages[1]["READY"] == "1", "\(messages)")
            let time = try #require(messages[0]["MONOTONIC_USEC"].flatMap { UInt64($0) })
            #expect(time >= asked && time <= now)
            #expect(messages[1]["STATUS"]?.hasPrefix(status) == true, "\(messages)")
        }

        process.terminate()
        let stopping = try await manager.first("STOPPING")
        // More than what the configuration in use lets the drain take.
        #expect((stopping["EXTEND_TIMEOUT_USEC"].flatMap { UInt64($0) } ?? 0) > 8_000_000, "\(stopping)")
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.allSatisfy { !$0.contains("cannot be told") })
    }

    @Test("SIGHUP is answered as a reload also where there is no file to reload")
    func noFile() async throws {
        let directory = try TemporaryDirectory()
        let manager = try NotificationSocket(directory.path + "/notify")
        let process = try ChildProcess(
            Place.gatehouse, [directory.path, "--port", "0"], environment: ["NOTIFY_SOCKET": manager.name])
        _ = try await manager.first("READY")
        process.signal(SIGHUP)
        let messages = try await manager.messages.first(3)
        #expect(messages[1]["RELOADING"] == "1" && messages[2]["READY"] == "1", "\(messages)")
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("a drain tells how many connections are left")
    func drain() async throws {
        let (asked, go) = (Signal(), Signal())
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            asked.fire()
            go.wait()
            try wire.write(Upstream.ok("bye"))
        }
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let manager = try NotificationSocket(directory.path + "/notify")
        let process = try start(
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"), in: directory, environment: ["NOTIFY_SOCKET": manager.name])
        _ = try await manager.first("READY")
        let wire = try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            asked.wait()
            return wire
        }
        process.terminate()
        _ = try await manager.messages.first { $0["STATUS"] == "stopping: connections left: 1" }
        go.fire()
        #expect(try await onThread { try wire.readAnswer().text == "bye" })
        wire.close()
        #expect(try await process.exit() == .code(0))
    }

    @Test("the watchdog is told while every worker's loop turns, and not while one is stuck")
    func watchdog() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let manager = try NotificationSocket(directory.path + "/notify")
        let process = try start(
            site(port), in: directory, environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "100000"])
        func alive() -> Int { manager.messages.all.count { $0["WATCHDOG"] == "1" } }
        try await manager.messages.until { messages in messages.count { $0["WATCHDOG"] == "1" } >= 3 }
        let stuck = try ChildProcess(Place.python, [Place.peer("stop_thread.py"), "\(process.pid)", "worker-1"])
        _ = try await stuck.output.first { $0 == "stopped" }
        let before = alive()
        // Twenty times the time after which the manager would be told again; one message may have been under way.
        _ = try await Command.run("sleep", ["1"])
        #expect(alive() <= before + 1)
        try stuck.write("go\n")
        try await manager.messages.until { messages in messages.count { $0["WATCHDOG"] == "1" } >= before + 3 }
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("a watchdog that is another process's is left alone, and a manager that cannot be told does not keep it from serving")
    func others() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let manager = try NotificationSocket(directory.path + "/notify")
        let other = try start(
            site(port), in: directory,
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"])
        _ = try await manager.first("READY")
        other.signal(SIGHUP)
        _ = try await manager.messages.first(3)
        #expect(manager.messages.all.allSatisfy { $0["WATCHDOG"] == nil })
        other.terminate()
        #expect(try await other.exit() == .code(0))

        for (socket, words) in [
            (directory.path + "/nobody", "the service manager cannot be told message=READY=1"),
            ("relative", "NOTIFY_SOCKET is neither a path nor an abstract name"),
        ] {
            let process = try start(site(port), in: directory, environment: ["NOTIFY_SOCKET": socket])
            _ = try await process.errors.first { $0.contains(words) }
            process.terminate()
            #expect(try await process.exit() == .code(0))
        }
    }
}
