import Foundation
import TestSupport
import Testing

/// A file system that answers when it is told to: FUSE, in a process of the test's own.
private final class HangingFiles: Sendable {
    let directory: TemporaryDirectory
    private let process: ChildProcess

    static var isPossible: Bool { getuid() == 0 && FileManager.default.isWritableFile(atPath: "/dev/fuse") }

    init(_ files: [String]) async throws {
        directory = try TemporaryDirectory()
        process = try ChildProcess("python3", [Place.peer("hanging_files.py"), directory.path] + files)
        _ = try await process.output.first("\"mounted\"") { $0 == "mounted" }
    }

    deinit { process.terminate() }

    /// From now on it answers nothing.
    func hang() async throws {
        try process.write("hang\n")
        _ = try await process.output.first("\"done hang\"") { $0 == "done hang" }
    }

    func go() throws { try process.write("go\n") }

    /// Waits until so many calls hang.
    func hangs(_ count: Int) async throws {
        _ = try await process.output.first("\(count) calls") { $0.hasPrefix("hangs \(count) ") }
    }

    func end() async throws {
        process.terminate()
        _ = try await process.exit()
    }
}

@Suite("A file system that hangs", .enabled(if: HangingFiles.isPossible, "needs root and /dev/fuse"))
struct HangingFileTests {
    private func get(_ port: FreePort, _ target: String, site: String = "hanging", fields: String = "") async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET \(target) HTTP/1.1\r\nHost: \(site)\r\nConnection: close\r\n\(fields)\r\n")
            return try wire.readAnswer()
        }
    }

    /// ann: secret.
    private static let user = "ann:$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm\n"

    @Test(
        "with a list of passwords keeps no worker waiting, lets in whom it is known to let in, and nobody when it takes too long")
    func passwords() async throws {
        let local = try TemporaryDirectory()
        try local.write("here.txt", "here")
        let files = try await HangingFiles(["users=@\(try local.write("users", Self.user))"])
        let port = try FreePort()
        let toml = ["hanging", "local"].map { name in
            """
            [[sites]]
            hostname = "\(name)"
            port = \(port)
            static_dir = "\(local.path)"

            """
        }
        let access = "[sites.access]\nrequire_auth = true\nauth_file = \"\(files.directory.path)/users\"\n"
        try await Gatehouse.serving("[limits]\nfile_timeout = \"1s\"\n" + toml[0] + access + toml[1]) { gatehouse in
            let login = "Authorization: Basic YW5uOnNlY3JldA==\r\n"
            #expect(try await get(port, "/here.txt", fields: login).text == "here")
            #expect(try await get(port, "/here.txt").status == 401)
            try await files.hang()
            // It is looked at again, whether somebody asks or not.
            try await files.hangs(1)
            #expect(try await get(port, "/here.txt", site: "local").text == "here")
            func ask(until status: Int) async throws {
                try await eventually("\(status)") { try await get(port, "/here.txt", fields: login).status == status }
            }
            try await ask(until: 503)
            let entry = try await gatehouse.access(reason: "auth_unavailable")
            #expect(entry["detail"]?.contains("limits.file_timeout") == true, "\(entry)")
            #expect(try await get(port, "/here.txt", site: "local").text == "here")
            try files.go()
            try await ask(until: 200)
        }
        try await files.end()
    }

    /// Two sites of one worker: `hanging` and `local`, which has `here.txt` and a large `here.bin`.
    private func serving(
        limits: String = "", _ body: @Sendable @escaping (FreePort, HangingFiles, Gatehouse) async throws -> Void
    ) async throws {
        let files = try await HangingFiles(["a.txt=10", "b.txt=10", "c.txt=10", "big.bin=3000000", "big.txt=400000"])
        let local = try TemporaryDirectory()
        try local.write("here.txt", "here")
        try local.write("here.bin", [UInt8](repeating: 1, count: 3_000_000))
        let port = try FreePort()
        let toml = """
            [limits]
            drain_timeout = 1
            \(limits)

            [[sites]]
            hostname = "hanging"
            port = \(port)
            static_dir = "\(files.directory.path)"

            [[sites]]
            hostname = "local"
            port = \(port)
            static_dir = "\(local.path)"
            """
        try await Gatehouse.serving(toml) { try await body(port, files, $0) }
        try await files.end()
    }

    private static let bytes: [UInt8] = (0..<3_000_000).map { UInt8($0 % 251) }

    @Test("keeps nobody waiting who wants something else, and those who wait get their answers when it goes on")
    func others() async throws {
        try await serving { port, files, _ in
            #expect(try await get(port, "/a.txt").body == Array(Self.bytes[..<10]))
            try await files.hang()
            async let lookedFor = get(port, "/b.txt")
            async let read = get(port, "/big.bin")
            async let encoded = get(port, "/big.txt", fields: "Accept-Encoding: gzip\r\n")
            try await files.hangs(3)
            // One worker serves all of them.
            #expect(try await get(port, "/here.txt", site: "local").text == "here")
            #expect(try await get(port, "/here.bin", site: "local").body.count == 3_000_000)
            #expect(try await get(port, "/none", site: "local").status == 404)
            try files.go()
            #expect(try await lookedFor.body == Array(Self.bytes[..<10]))
            #expect(try await read.body == Self.bytes)
            #expect(try await encoded.value("Content-Encoding") == "gzip")
        }
    }

    @Test("in the middle of an answer keeps nobody waiting, and nothing of the answer is lost")
    func middle() async throws {
        try await serving { port, files, _ in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /big.bin HTTP/1.1\r\nHost: hanging\r\nConnection: close\r\n\r\n")
                return wire
            }
            try await files.hang()
            try await files.hangs(1)
            #expect(try await get(port, "/here.txt", site: "local").text == "here")
            try files.go()
            #expect(try await onThread { try wire.readAnswer() }.body == Self.bytes)
        }
    }

    @Test("is answered for with 503 when it takes too long, and named in the log")
    func timeout() async throws {
        try await serving(limits: "file_timeout = \"1s\"") { port, files, gatehouse in
            try await files.hang()
            let answer = try await get(port, "/a.txt")
            #expect(answer.status == 503)
            let entry = try await gatehouse.access("/a.txt")
            #expect(entry["reason"] == "file_stalled" && entry["key"] == "limits.file_timeout", "\(entry)")
            try files.go()
        }
    }

    @Test("has only as many wait for it as may")
    func bounded() async throws {
        try await serving(limits: "file_threads = 1\nfile_reads = 1") { port, files, gatehouse in
            try await files.hang()
            async let first = get(port, "/a.txt")
            try await files.hangs(1)
            async let second = get(port, "/b.txt")
            async let third = get(port, "/c.txt")
            // One of the two waits, for the other there is no place.
            let entry = try await gatehouse.access(reason: "file_busy")
            #expect(entry["status"] == "503" && entry["key"] == "limits.file_reads", "\(entry)")
            try files.go()
            #expect(try await first.status == 200)
            let (one, other) = try await (second, third)
            #expect([one.status, other.status].sorted() == [200, 503])
        }
    }

    @Test("does not keep the gateway from stopping")
    func stop() async throws {
        try await serving { port, files, gatehouse in
            try await files.hang()
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /a.txt HTTP/1.1\r\nHost: hanging\r\n\r\n")
                return wire
            }
            try await files.hangs(1)
            gatehouse.process.terminate()
            _ = try await gatehouse.log.first("\"stopped\"") { $0.hasSuffix(": stopped") }
            // The kernel keeps the process until the file system has answered what it was asked.
            try files.go()
            #expect(try await gatehouse.process.exit() == .code(0))
            wire.close()
        }
    }
}
