import Foundation
import Glibc
import TestSupport
import Testing

/// A log is never a reason to stop.
@Suite("A log that nobody reads")
struct StalledLogTests {
    private struct NotServed: Error {}

    /// A named pipe (fifo(7)) that is full: the next byte does not go in.
    private final class FullPipe: Sendable {
        let path: String
        private let descriptor: Int32

        init(in directory: TemporaryDirectory, _ name: String) throws {
            path = "\(directory.path)/\(name)"
            // The calls read the path, and use the pointers to the pieces, while they run.
            try #require(unsafe mkfifo(path, 0o600) == 0)
            descriptor = unsafe open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            try #require(descriptor >= 0)
            let piece = [UInt8](repeating: 0x0A, count: 4096)
            while unsafe piece.withUnsafeBytes({ unsafe write(descriptor, $0.baseAddress, $0.count) }) > 0 {}
        }

        deinit { close(descriptor) }

        /// Reads until a line contains `word`.
        /// - Returns: all lines until then.
        func read(until word: String) throws -> [String] {
            _ = fcntl(descriptor, F_SETFL, 0)
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw NotServed() }
                bytes += piece.prefix(count)
                guard bytes.last == 0x0A, String(decoding: piece.prefix(count), as: UTF8.self).contains(word) else { continue }
                return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
    }

    private func site(_ port: FreePort, _ directory: TemporaryDirectory, logging: String) throws -> String {
        try directory.write("public/f.txt", "file")
        return """
            [logging]
            format = "json"
            \(logging)
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)/public"
            """
    }

    private func ask(_ wire: Wire, _ target: String, agent: [UInt8] = []) throws -> Int? {
        try wire.write(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ".utf8) + agent + Array("\r\n\r\n".utf8))
        return try wire.readAnswer().status
    }

    @Test("is dropped when it has grown to its bound; that is said once, what is missing is counted, and no line is torn")
    func dropped() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let pipe = try FullPipe(in: directory, "access")
        let toml = try site(port, directory, logging: "access_log = \"\(pipe.path)\"\nlevel = \"debug\"")
        // Escaped, each line is 48 kB long.
        let agent = [UInt8](repeating: 0xE9, count: 8000)
        try await Gatehouse.serving(toml) { gatehouse in
            let sent = try await onThread {
                let wire = try Wire(to: port.number)
                var sent = 0
                while !gatehouse.log.all.contains(where: { $0.contains("lines are dropped key=logging.access_log") }) {
                    guard try ask(wire, "/f.txt", agent: agent) == 200, sent < 5000 else { throw NotServed() }
                    sent += 1
                }
                for _ in 0..<20 where try ask(wire, "/f.txt", agent: agent) != 200 { throw NotServed() }
                return sent + 20
            }
            // The reader is back: what waited comes, and then what is new.
            let reading = Task { try await onThread { try pipe.read(until: "/last") } }
            let said = try await gatehouse.log.first { $0.contains("a log is read again") }
            let status = try await onThread { try ask(try Wire(to: port.number), "/last") }
            #expect(status == 404)
            let lines = try await reading.value
            #expect(lines.allSatisfy { AccessEntry($0) != nil })
            let dropped = Int(said.split(separator: " dropped=").last?.prefix { $0.isNumber } ?? "") ?? 0
            #expect(dropped > 0)
            #expect(lines.count { $0.contains("/f.txt") } + dropped == sent)
            #expect(gatehouse.log.all.count { $0.contains("lines are dropped") } == 1)
        }
    }

    @Test("stops neither requests nor the end, be it standard output or standard error")
    func standardStreams() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (output, errors) = try (FullPipe(in: directory, "out"), FullPipe(in: directory, "err"))
        let file = try directory.write("gatehouse.toml", try site(port, directory, logging: "level = \"trace\""))
        let process = try ChildProcess(
            "sh", ["-c", "exec \"$0\" run -c \"$1\" >\"$2\" 2>\"$3\"", Place.gatehouse, file, output.path, errors.path])
        let first = try await Command.curl([
            "--retry", "60", "--retry-connrefused", "--retry-delay", "1", "http://127.0.0.1:\(port)/f.txt",
        ])
        #expect(first.text == "file", "\(first)")
        try await onThread {
            let wire = try Wire(to: port.number)
            for _ in 0..<1000 where try ask(wire, "/f.txt", agent: Array("agent".utf8)) != 200 { throw NotServed() }
        }
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("and one whose disk is full are told apart")
    func fullDevice() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let toml = try site(port, directory, logging: "access_log = \"/dev/full\"\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/f.txt"])
            #expect(answer.text == "file")
            let line = try await gatehouse.log.first { $0.contains("a log cannot be written: lines are lost") }
            #expect(line.contains("key=logging.access_log") && line.contains("No space left on device"), "\(line)")
        }
    }

    /// A small file system, which the gateway alone sees.
    private func serveOnSmallDisk(_ file: String, disk: String) throws -> ChildProcess {
        let flags = getuid() == 0 ? ["--mount"] : ["--map-root-user", "--mount"]
        let script = """
            mount -t tmpfs -o size=64k none "$0" && head -c 40000 /dev/zero >"$0/filler" && exec "$@"
            """
        return try ChildProcess("unshare", flags + ["sh", "-c", script, disk, Place.gatehouse, "run", "-c", file])
    }

    @Test(
        "goes on when a full disk has room again: what is lost is counted, and at most the line that filled it is torn",
        .enabled("no mount namespaces here") { try await Gatehouse.canBeGivenHosts() })
    func fullDisk() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let disk = "\(directory.path)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let toml = try site(port, directory, logging: "access_log = \"\(disk)/access.log\"\nlevel = \"debug\"")
        let process = try serveOnSmallDisk(try directory.write("gatehouse.toml", toml), disk: disk)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        // Escaped, each line is 18 kB long: there is room for one, and a part of another.
        let agent = [UInt8](repeating: 0xE9, count: 3000)
        try await onThread {
            let wire = try Wire(to: port.number)
            for _ in 0..<4 where try ask(wire, "/f.txt", agent: agent) != 200 { throw NotServed() }
        }
        let full = try await process.errors.first { $0.contains("a log cannot be written: lines are lost") }
        #expect(full.contains("key=logging.access_log") && full.contains("No space left on device"), "\(full)")
        let inside = "/proc/\(process.pid)/root\(disk)"
        try FileManager.default.removeItem(atPath: "\(inside)/filler")
        let status = try await onThread { try ask(try Wire(to: port.number), "/after") }
        #expect(status == 404)
        let back = try await process.errors.first { $0.contains("a log is written again") }
        let lost = Int(back.split(separator: " lost=").last?.prefix { $0.isNumber } ?? "") ?? 0
        // What was written again may have been a line that waited: the last one is there when the gateway has ended, and its
        // file system then is, too, but for who has opened something in it.
        let log = try FileHandle(forReadingFrom: URL(filePath: "\(inside)/access.log"))
        process.terminate()
        #expect(try await process.exit() == .code(0))
        let lines = String(decoding: try log.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        let whole = lines.compactMap { AccessEntry(String($0)) }
        #expect(whole.last?["target"] == "/after")
        #expect(lines.count - whole.count <= 1, "\(lines.map(\.count))")
        #expect(lost > 0 && whole.count { $0["target"] == "/f.txt" } + lost == 4, "\(back) \(lines.map(\.count))")
    }

    @Test(
        "and one that cannot be opened is an error at start that names key, path and reason",
        arguments: ["access_log", "error_log"])
    func cannotBeOpened(key: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let path = "\(directory.path)/missing/log"
        let file = try directory.write("gatehouse.toml", try site(port, directory, logging: "\(key) = \"\(path)\""))
        let outcome = try await Command.run(Place.gatehouse, ["run", "-c", file])
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(outcome.errors.contains("logging.\(key): cannot open \(path): No such file or directory"), "\(outcome)")
    }
}
