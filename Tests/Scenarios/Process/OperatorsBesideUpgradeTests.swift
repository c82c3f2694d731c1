import Foundation
import TestSupport
import Testing

/// What operators ask by, while another process takes the place of the one that runs.
@Suite("Operators beside an upgrade")
struct OperatorsBesideUpgradeTests {
    private let place: TemporaryDirectory
    private let port: FreePort
    private var socket: String { place.path + "/admin.sock" }

    init() throws { (place, port) = try (TemporaryDirectory(), FreePort()) }

    private func toml(_ more: String) -> String {
        """
        [admin]
        socket = "\(socket)"
        \(more)
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        respond = { body = "here" }

        """
    }

    @Test("a new process that serves, and goes before it is told to take over, leaves them what they have")
    func deaf() async throws {
        let metrics = try FreePort()
        let running = try await ReloadingGatehouse(
            toml("[metrics]\nlisten = \"127.0.0.1:\(metrics)\""), environment: ["DIES_AT": "deaf"])
        for _ in 0..<2 {
            let failed = try await running.command(["upgrade", "--socket", socket, Place.peer("dying_successor.py")])
            #expect(failed.code == 1 && failed.errors.contains("what was in use goes on"), "\(failed)")
            let scrape = try await Command.curl(["http://127.0.0.1:\(metrics)/metrics"])
            #expect(scrape.text.contains("gatehouse_build_info"), "\(scrape)")
        }
        try await running.end()
        // Not the other name either by which it would have been asked.
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("metrics that cannot be had in the new process do not cost management")
    func missingMetrics() async throws {
        let (management, stranger) = try (FreePort(), Upstream.saying(""))
        let table = """
            [management]
            enabled = true
            host = "127.0.0.1"
            port = \(management)
            api_key = "0123456789abcdef"
            """
        let running = try await ReloadingGatehouse(toml(table))
        try running.write(toml("[metrics]\nlisten = \"127.0.0.1:\(stranger)\"\n\(table)"))
        let upgraded = try await running.command(["upgrade", "--socket", socket])
        let number = upgraded.text.firstMatch(of: /process (\d+) serves/).flatMap { pid_t($0.1) }
        let successor = try #require(number, "\(upgraded)")
        let line = try await running.process.errors.first { $0.contains("a listener for operators is missing") }
        #expect(line.contains("key=metrics.listen"), "\(line)")
        try await eventually("the new process can be asked") {
            let asked = ["-H", "X-API-Key: 0123456789abcdef", "http://127.0.0.1:\(management)/status"]
            return try await Command.curl(asked).text.contains("\"pid\":\(successor)")
        }
        kill(successor, SIGTERM)
        #expect(try await running.process.exit() == .code(0))
    }
}
