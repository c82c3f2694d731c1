import Foundation
import Glibc
import TestSupport
import Testing

/// A gateway that is the first process of a PID namespace, as in a container.
@Suite("The first process of a container", .enabled("no PID namespaces here") { try await Contained.isPossible() })
struct ContainerTests {
    @Test("refuses an upgrade, with which the container would end, and goes on")
    func upgrade() async throws {
        let gateway = try await Contained()
        let outcome = try await gateway.runInside(Place.gatehouse, ["upgrade", "--socket", gateway.socket])
        #expect(outcome.code == 1 && outcome.errors.contains("this process is the first one of its container"), "\(outcome)")
        #expect(gateway.process.errors.all.contains { $0.contains("the upgrade has failed: this process goes on") })
        #expect(try await gateway.runInside(Place.gatehouse, ["status", "--socket", gateway.socket]).code == 0)
        try await gateway.stop()
    }

    @Test("answers at its admin socket who is outside of the container, too")
    func outside() async throws {
        let gateway = try await Contained()
        let outcome = try await Command.run(Place.gatehouse, ["status", "--socket", gateway.socket])
        #expect(outcome.code == 0 && outcome.text.contains("process 1,"), "\(outcome)")
        try await gateway.stop()
    }

    @Test("takes note of the end of a process whose parent has ended: it leaves no zombie")
    func orphan() async throws {
        let gateway = try await Contained()
        let pipe = gateway.directory.path + "/pipe"
        // mkfifo(3) keeps no pointer to the path.
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(try await gateway.runInside("sh", ["-c", "cat '\(pipe)' >/dev/null 2>&1 &"]).code == 0)
        #expect(try gateway.children.count == 1)
        // The program ends when the pipe has been opened and closed.
        _ = try await onThread { unsafe close(open(pipe, O_WRONLY)) }
        try await eventually("no child is left") { try gateway.children.isEmpty }
        try await gateway.stop()
    }
}

private struct Contained {
    let process: ChildProcess
    let socket: String
    let directory: TemporaryDirectory
    private let port: FreePort

    private static let flags = (getuid() == 0 ? [] : ["--map-root-user"]) + ["--pid", "--fork", "--mount-proc", "--kill-child"]

    static func isPossible() async throws -> Bool { try await Command.run("unshare", flags + ["true"]).code == 0 }

    init() async throws {
        (directory, port) = try (TemporaryDirectory(), FreePort())
        socket = "\(directory.path)/admin.sock"
        let file = try directory.write(
            "gatehouse.toml",
            """
            [admin]
            socket = "\(socket)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "hello" }
            """)
        process = try ChildProcess("unshare", Self.flags + [Place.gatehouse, "run", "-c", file])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
    }

    /// The number that the gateway, the only child of unshare(1), has outside.
    private var outsideNumber: pid_t {
        get throws {
            let path = "/proc/\(process.pid)/task/\(process.pid)/children"
            return try #require(pid_t(try String(contentsOfFile: path, encoding: .utf8).split(separator: " ").first ?? ""))
        }
    }

    /// The numbers of the processes whose parent the gateway is, by what each of its threads has (proc_pid_children(5)).
    var children: [String] {
        get throws {
            let tasks = "/proc/\(try outsideNumber)/task"
            return try FileManager.default.contentsOfDirectory(atPath: tasks).flatMap { thread in
                try String(contentsOfFile: "\(tasks)/\(thread)/children", encoding: .utf8).split(separator: " ").map(String.init)
            }
        }
    }

    func runInside(_ program: String, _ arguments: [String]) async throws -> Command.Outcome {
        let user = getuid() == 0 ? [] : ["--user", "--preserve-credentials"]
        return try await Command.run(
            "nsenter", ["-t", "\(outsideNumber)", "--pid", "--mount"] + user + [program] + arguments)
    }

    func stop() async throws {
        kill(try outsideNumber, SIGTERM)
        _ = try await process.errors.first("its end") { $0.hasSuffix(": stopped") }
        #expect(try await process.exit() == .code(0))
    }
}
