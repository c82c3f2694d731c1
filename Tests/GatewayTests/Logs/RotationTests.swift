import Foundation
import TestSupport
import Testing

@Suite("Log files that are put aside")
struct RotationTests {
    private func site(_ port: FreePort, _ log: String, _ rotation: String) -> String {
        """
        [logging]
        access_log = "\(log)"
        format = "json"
        \(rotation)
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        respond = { body = "hello" }
        """
    }

    private func targets(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .map { try #require(AccessEntry(String($0)))["target"] ?? "-" }
    }

    /// Reads the file as it grows, and its successors of the same name.
    private func follow(_ log: String) throws -> ChildProcess { try ChildProcess("tail", ["-n", "+1", "-F", log]) }

    /// Asks one after another, each line of 18 kB, and waits for each line to be written.
    private func ask(_ port: FreePort, _ numbers: ClosedRange<Int>, _ lines: ChildProcess) async throws {
        let agent = String(repeating: "\u{e9}", count: 1500)
        for number in numbers {
            _ = try await Command.curl(["-A", agent, "http://127.0.0.1:\(port)/\(number)/"])
            _ = try await lines.output.first { $0.contains("\"/\(number)/\"") }
        }
    }

    @Test("by their size: no line is torn or lost until the oldest file is, and no more are kept than shall be")
    func size() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let log = "\(directory.path)/access.log"
        let toml = site(port, log, "rotate_size = \"64KB\"\nrotate_keep = 2")
        let lines = try follow(log)
        try await Gatehouse.serving(toml) { _ in try await ask(port, 1...14, lines) }
        lines.kill()
        let kept = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix("access.log") }
        #expect(kept.sorted() == ["access.log", "access.log.1", "access.log.2"])
        let all = try targets("\(log).2") + targets("\(log).1") + targets(log)
        #expect(all == (15 - all.count...14).map { "/\($0)/" })
        for name in kept {
            let size = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")[.size] as? Int ?? 0
            #expect(size > 0 && size <= 64 << 10, "\(name): \(size)")
        }
    }

    @Test("by their age: lines of an earlier day are in another file, also those of a run before")
    func age() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let log = try directory.write("access.log", "{\"target\":\"/yesterday/\"}\n")
        let before = Date(timeIntervalSinceNow: -2 * 86_400)
        try FileManager.default.setAttributes([.modificationDate: before], ofItemAtPath: log)
        let lines = try follow(log)
        try await Gatehouse.serving(site(port, log, "rotate_age = \"1d\"")) { _ in try await ask(port, 1...2, lines) }
        lines.kill()
        #expect(try targets("\(log).1") == ["/yesterday/"])
        // The day may end between the two.
        #expect(try targets(log).last == "/2/")
    }

    @Test("are opened again if somebody else has put them aside")
    func others() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let log = "\(directory.path)/access.log"
        let lines = try follow(log)
        try await Gatehouse.serving(site(port, log, "rotate_size = \"64KB\"")) { _ in
            try await ask(port, 1...3, lines)
            try FileManager.default.moveItem(atPath: log, toPath: "\(log).other")
            try directory.write("access.log", "{\"target\":\"/mine/\"}\n")
            // The fourth line would make the old file too long.
            try await ask(port, 4...5, lines)
        }
        lines.kill()
        #expect(try targets("\(log).other") == ["/1/", "/2/", "/3/"])
        #expect(try targets(log) == ["/mine/", "/4/", "/5/"])
        #expect(!FileManager.default.fileExists(atPath: "\(log).1"))
    }
}
