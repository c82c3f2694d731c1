import Foundation
import Glibc
import TestSupport
import Testing

/// A process whose place another one has taken, and which still has clients.
@Suite("A former process")
struct FormerProcessTests {
    @Test("refuses a reload: it would listen once more, and reset who connects to that when it ends")
    func reload() async throws {
        let (port, upstream) = try (FreePort(), Upstream.saying("here"))
        func toml(_ fields: Int) -> String {
            "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\nmax_fields = \(fields)\n"
                + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"")
        }
        let running = try await ReloadingGatehouse(toml(90))
        let former = running.process.pid
        // It lives on with this.
        let wire = try Wire(to: port.number)
        func ask() async throws -> Message {
            try await onThread {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer()
            }
        }
        #expect(try await ask().text == "here")
        let upgraded = try await running.command(["upgrade"])
        let words = try #require(upgraded.text.firstMatch(of: /process (\d+) serves/), "\(upgraded)")
        let successor = try #require(pid_t(words.1))
        try running.write(toml(91))
        let refused = try await running.command(["reload", "--socket", "\(running.runtime)/\(former).sock"])
        #expect(refused.code == 1 && refused.errors.contains("another process has taken this one's place"), "\(refused)")
        let last = try await ask()
        #expect(last.text == "here" && last.value("Connection") == "close")
        kill(successor, SIGTERM)
        #expect(try await running.process.exit() == .code(0))
    }

    @Test("can be asked what it has left, also where the configuration names the admin socket")
    func namedSocket() async throws {
        let (port, upstream, directory) = try (FreePort(), Upstream.saying("here"), TemporaryDirectory())
        let socket = directory.path + "/admin"
        let running = try await ReloadingGatehouse(
            "[admin]\nsocket = \"\(socket)\"\n"
                + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\""))
        // It lives on with this.
        let wire = try Wire(to: port.number)
        _ = try await onThread {
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
        let upgraded = try await running.command(["upgrade", "--socket", socket])
        let words = try #require(
            upgraded.text.firstMatch(of: /process (\d+) serves; the old one has 1 connection left/), "\(upgraded)")
        let successor = try #require(pid_t(words.1))
        let own = "\(socket).\(running.process.pid)"
        let former = try await running.command(["status", "--socket", own])
        #expect(
            former.text.contains("process \(running.process.pid),") && former.text.contains("\nconnections    1\n"), "\(former)")
        #expect(former.text.contains("\nsuccessor      process \(successor) serves"), "\(former)")
        let present = try await running.command(["status", "--socket", socket])
        #expect(present.text.contains("process \(successor),") && !present.text.contains("\nsuccessor"), "\(present)")
        kill(successor, SIGTERM)
        wire.close()
        #expect(try await running.process.exit() == .code(0))
        #expect(!FileManager.default.fileExists(atPath: own))
    }

    @Test("opens its log files again when the one that has taken its place is told to: no line goes to what was taken away")
    func logs() async throws {
        let (port, upstream, directory) = try (FreePort(), Upstream.saying("here"), TemporaryDirectory())
        let log = directory.path + "/access.log"
        let running = try await ReloadingGatehouse(
            "[logging]\naccess_log = \"\(log)\"\nerror_log = \"stderr\"\n"
                + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\""))
        let wire = try Wire(to: port.number)
        func ask(_ path: String) async throws -> Message {
            try await onThread {
                try wire.write("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer()
            }
        }
        #expect(try await ask("/early").text == "here")
        // Lines are written some time after their answers, to whatever file is there by then.
        try await eventually("the line of /early") { try String(contentsOfFile: log, encoding: .utf8).contains("/early") }
        let upgraded = try await running.command(["upgrade"])
        let words = try #require(upgraded.text.firstMatch(of: /process (\d+) serves/), "\(upgraded)")
        let successor = try #require(pid_t(words.1))
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        kill(successor, SIGUSR1)
        try await running.process.errors.until { lines in lines.count { $0.contains("log file opened again") } >= 2 }
        #expect(try await ask("/late").value("Connection") == "close")
        kill(successor, SIGTERM)
        #expect(try await running.process.exit() == .code(0))
        let before = try String(contentsOfFile: log + ".1", encoding: .utf8)
        let after = try String(contentsOfFile: log, encoding: .utf8)
        #expect(before.contains("/early") && !before.contains("/late") && after.contains("/late"), "\(before)\n\(after)")
    }
}
