import Foundation
import TestSupport
import Testing

@Suite("Logs of single sites")
struct SiteLogTests {
    private func toml(_ port: FreePort, _ directory: TemporaryDirectory, own: String) -> String {
        """
        [logging]
        access_log = "\(directory.path)/all.log"
        format = "json"
        [[sites]]
        hostname = "plain.example"
        listen = "127.0.0.1"
        port = \(port)
        respond = { body = "plain" }
        [[sites]]
        hostname = "own.example"
        listen = "127.0.0.1"
        port = \(port)
        \(own)
        respond = { body = "own" }
        [[sites]]
        hostname = "silent.example"
        listen = "127.0.0.1"
        port = \(port)
        access_log = "none"
        respond = { body = "silent" }
        """
    }

    private func ask(_ host: String, _ path: String, _ port: FreePort) async throws {
        let answer = try await Command.curl(["-H", "Host: \(host)", "http://127.0.0.1:\(port)\(path)"])
        #expect(answer.text == host.split(separator: ".")[0])
    }

    private func lines(_ name: String, _ directory: TemporaryDirectory) throws -> [String] {
        try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("have its lines alone, in its own form; the others go where they all go, and one without a log leaves none")
    func apart() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let own = "access_log = \"\(directory.path)/own.log\"\nlog_format = '{host} {path} {status}'"
        try await Gatehouse.serving(toml(port, directory, own: own), workers: 2) { _ in
            for number in 1...3 {
                for host in ["plain.example", "own.example", "silent.example"] { try await ask(host, "/\(number)", port) }
            }
        }
        #expect(try lines("own.log", directory) == (1...3).map { "own.example /\($0) 200" })
        let others = try lines("all.log", directory).map { try #require(AccessEntry($0)) }
        #expect(others.map { $0["target"] } == ["/1", "/2", "/3"] && others.allSatisfy { $0["site"] == "plain.example" })
    }

    @Test("may go to the others' file in another form")
    func sameFile() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try await Gatehouse.serving(toml(port, directory, own: "log_format = '{host}{path}'")) { _ in
            try await ask("plain.example", "/1", port)
            try await ask("own.example", "/2", port)
            try await ask("plain.example", "/3", port)
        }
        let all = try lines("all.log", directory)
        #expect(all.count == 3 && all[1] == "own.example/2" && all[0].hasPrefix("{") && all[2].hasPrefix("{"), "\(all)")
    }

    @Test("begin and end with a reload, and no line is lost")
    func reload() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let own = "access_log = \"\(directory.path)/own.log\"\nlog_format = '{path}'"
        let gatehouse = try await ReloadingGatehouse(toml(port, directory, own: ""))
        try await ask("own.example", "/1", port)
        #expect(try await gatehouse.reload(toml(port, directory, own: own)).contains(": reloaded "))
        try await ask("own.example", "/2", port)
        #expect(try await gatehouse.reload(toml(port, directory, own: "")).contains(": reloaded "))
        try await ask("own.example", "/3", port)
        gatehouse.process.terminate()
        #expect(try await gatehouse.process.exit() == .code(0))
        #expect(try lines("own.log", directory) == ["/2"])
        #expect(try lines("all.log", directory).map { AccessEntry($0)?["target"] } == ["/1", "/3"])
    }
}
