import Foundation
import Glibc
import TestSupport
import Testing

/// `server.user` and `server.group`, of a program that root has started.
@Suite("Whom the program becomes")
struct PrivilegeTests {
    private func toml(_ port: FreePort, _ server: String, logs: String) -> String {
        """
        [server]
        \(server)
        [logging]
        access_log = "\(logs)/access.log"
        [performance]
        worker_threads = 2
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "public"
        """
    }

    private func stage() throws -> (FreePort, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        try FileManager.default.createDirectory(atPath: directory.path + "/logs", withIntermediateDirectories: false)
        return (try FreePort(), directory)
    }

    /// What proc_pid_status(5) says of a thread.
    private func status(_ pid: pid_t, _ thread: String) throws -> [String: [String]] {
        let text = try String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split { " \t:".contains($0) }.map(String.init) }
        return Dictionary(lines.map { ($0[0], Array($0.dropFirst())) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("every thread is that user's, without root's groups and capabilities; logs are its own", .enabled(if: getuid() == 0))
    func dropped() async throws {
        let (port, directory) = try stage()
        let ids = try await Command.run("sh", ["-c", "id -u nobody; id -g nobody"]).text.split(separator: "\n")
        let (user, group) = (try #require(UInt32(ids[0])), try #require(UInt32(ids[1])))
        // The calls read the path alone.
        #expect(unsafe chown(directory.path + "/logs", user, group) == 0 && chmod(directory.path, 0o755) == 0)
        let file = try directory.write("gatehouse.toml", toml(port, "user = \"nobody\"", logs: directory.path + "/logs"))
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/task")
        #expect(threads.count > 3)
        for thread in threads {
            let status = try status(process.pid, thread)
            #expect(status["Uid"] == Array(repeating: "\(user)", count: 4), "\(status)")
            #expect(status["Gid"] == Array(repeating: "\(group)", count: 4), "\(status)")
            #expect(status["Groups"]?.contains("0") == false, "\(status)")
            for name in ["CapEff", "CapPrm", "CapAmb"] { #expect(status[name] == ["0000000000000000"], "\(status)") }
        }
        #expect(try await Command.curl(["http://127.0.0.1:\(port)/f.txt"]).text == "file")
        let owner = try FileManager.default.attributesOfItem(atPath: directory.path + "/logs/access.log")[.ownerAccountID]
        #expect(owner as? UInt32 == user)
        // It is reloaded as that user, and its logs are opened again.
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        #expect(try await Command.curl(["http://127.0.0.1:\(port)/f.txt"]).text == "file")
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("its admin socket is in a directory of that user's, not of root's who is logged in", .enabled(if: getuid() == 0))
    func adminSocket() async throws {
        let (port, directory) = try stage()
        // The calls read the path alone.
        #expect(unsafe chown(directory.path + "/logs", 65534, 65534) == 0 && chmod(directory.path, 0o755) == 0)
        let file = try directory.write("gatehouse.toml", toml(port, "user = \"nobody\"", logs: directory.path + "/logs"))
        // Root's own, as `/run/user/0` is.
        let login = ["XDG_RUNTIME_DIR": directory.path, "RUNTIME_DIRECTORY": ""]
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path, environment: login)
        let line = try await process.errors.first { $0.contains(": serving addresses=") }
        let socket = "/tmp/gatehouse-65534/\(process.pid).sock"
        #expect(line.contains("admin=\(socket) "), "\(line)")
        let user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        let status = try await Command.run("setpriv", user + [Place.gatehouse, "status", "--socket", socket])
        #expect(status.code == 0 && status.text.contains("process \(process.pid)"), "\(status)")
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("a log where only root may write is an error, not root's", .enabled(if: getuid() == 0))
    func log() async throws {
        let (port, directory) = try stage()
        let file = try directory.write("gatehouse.toml", toml(port, "user = \"nobody\"", logs: directory.path + "/logs"))
        let outcome = try await Command.run(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        #expect(outcome.exit == .code(1) && outcome.errors.contains("access.log") && outcome.errors.contains("Permission denied"))
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/logs/access.log"))
    }

    @Test(
        "a name that is nobody's is an error at its key",
        arguments: [
            ("user = \"no-such-one\"", "server.user: there is no user"),
            ("group = \"no-such-one\"", "server.group: there is no group"),
        ])
    func unknown(server: String, words: String) async throws {
        let (port, directory) = try stage()
        let file = try directory.write("gatehouse.toml", toml(port, server, logs: directory.path + "/logs"))
        for command in [["check", file], ["run", "-c", file]] {
            let outcome = try await Command.run(
                Place.gatehouse, command, directory: directory.path, environment: ["NO_COLOR": "1"])
            #expect(outcome.exit == .code(1) && outcome.errors.contains("error: \(words)"), "\(outcome)")
        }
    }

    @Test("who is not root cannot become another, and says so", .enabled(if: getuid() == 0))
    func notRoot() async throws {
        let (port, directory) = try stage()
        #expect(unsafe chmod(directory.path, 0o755) == 0)
        let toml = toml(port, "user = \"root\"", logs: "").replacing("/access.log", with: "none")
        let file = try directory.write("gatehouse.toml", toml)
        let outcome = try await Command.run(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Place.gatehouse, "run", "-c", file],
            directory: directory.path, environment: ["NO_COLOR": "1"])
        #expect(outcome.exit == .code(1) && outcome.errors.contains("only root can become root"), "\(outcome)")
    }
}
