import Foundation
import TestSupport
import Testing

/// A log whose receiver is away, and which a reload moves elsewhere.
@Suite("Logs that a reload replaces")
struct ReplacedLogTests {
    private func toml(_ port: FreePort, top: String, body: String = "hello") -> String {
        """
        \(top)
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        respond = { body = "\(body)" }
        """
    }

    private func ask(_ port: FreePort, times: Int) async throws {
        for _ in 0..<times {
            let answer = try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/"])
            #expect(answer.text == "200")
        }
    }

    @Test("say how many lines nobody has taken, and the counter has them after the next reloads, too")
    func lines() async throws {
        let (port, nobody) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(
            toml(port, top: "[logging]\naccess_log = \"syslog+tcp://127.0.0.1:\(nobody)\""))
        try await ask(port, times: 3)
        _ = try await running.process.errors.first { $0.contains("a log's receiver cannot be reached: lines wait") }
        #expect(try await running.reload(toml(port, top: "")).contains(": reloaded "))
        let said = try await running.process.errors.first {
            $0.contains("a log that a reload has replaced ends before it is written: lines are lost")
        }
        #expect(said.contains("key=logging.access_log") && said.contains("lost=3"), "\(said)")
        let scrape = Scrape(running)
        let counted = "gatehouse_log_lines_lost_total{log=\"access\"} 3\n"
        #expect(try await scrape.text().contains(counted))
        for body in ["another", "a third"] {
            #expect(try await running.reload(toml(port, top: "", body: body)).contains(": reloaded "))
            #expect(try await scrape.text().contains(counted))
        }
        #expect(running.process.errors.all.count { $0.contains("lines are lost") } == 1)
        try await running.end()
    }

    @Test("say how many spans nobody has taken")
    func spans() async throws {
        let (port, nobody) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(
            toml(port, top: "[tracing]\nendpoint = \"http://127.0.0.1:\(nobody)\"\nsample_one_in = 1"))
        try await ask(port, times: 3)
        _ = try await running.process.errors.first { $0.contains("the spans' collector cannot be reached: spans wait") }
        #expect(try await running.reload(toml(port, top: "")).contains(": reloaded "))
        let said = try await running.process.errors.first {
            $0.contains("the collector of before the reload has not taken all spans: they are lost")
        }
        #expect(said.contains("key=tracing.endpoint") && said.contains("lost=3"), "\(said)")
        try await running.end()
    }
}
