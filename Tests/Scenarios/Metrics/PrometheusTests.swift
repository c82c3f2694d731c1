import Foundation
import TestSupport
import Testing

/// A Prometheus of Debian's, with the rules and the dashboard that come with Gatehouse.
@Suite("Prometheus")
struct PrometheusTests {
    private static let folder = Place.root + "monitoring/"

    @Test("promtool has nothing against the configuration as it lies there")
    func asItLies() async throws {
        let check = try await Command.run("promtool", ["check", "config", Self.folder + "prometheus.yml"])
        #expect(check.code == 0, "\(check)")
    }

    @Test("scrapes what was counted, and its rules can be evaluated")
    func scrape() async throws {
        let (port, metrics, own) = (try FreePort(), try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(
            """
            [metrics]
            listen = "127.0.0.1:\(metrics)"
            token = "0123456789abcdef"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.respond]
            body = "ok"
            """)
        for _ in 0..<3 { #expect(try await Command.curl(["http://localhost:\(port)/"]).text == "ok") }
        let directory = try TemporaryDirectory()
        try directory.write("token", "0123456789abcdef")
        let configuration = try String(contentsOfFile: Self.folder + "prometheus.yml", encoding: .utf8)
            .replacing("# authorization:", with: "authorization:")
            .replacing(
                "#   credentials_file: /etc/prometheus/gatehouse-token",
                with: "  credentials_file: \(directory.path)/token"
            )
            .replacing("127.0.0.1:9145", with: "127.0.0.1:\(metrics)").replacing("15s", with: "1s")
            .replacing("rules.yml", with: Self.folder + "rules.yml")
        let file = try directory.write("prometheus.yml", configuration)
        let check = try await Command.run("promtool", ["check", "config", file])
        #expect(check.code == 0, "\(check)")
        let prometheus = try ChildProcess(
            "prometheus",
            [
                "--config.file", file, "--storage.tsdb.path", directory.path + "/data", "--web.listen-address",
                "127.0.0.1:\(own)",
            ])
        _ = try await prometheus.errors.first { $0.contains("Server is ready to receive web requests") }
        let query = "http://127.0.0.1:\(own)/api/v1/query?query=sum(gatehouse_requests_total{code=\"2xx\",method=\"GET\"})"
        var answer = try await Command.curl(["-g", query]).text
        while !answer.contains("\"3\"]") { answer = try await Command.curl(["-g", query]).text }
        let rules = try await Command.curl(["http://127.0.0.1:\(own)/api/v1/rules"]).text
        #expect(rules.contains("GatehouseErrors") && !rules.contains("\"health\":\"err\""), "\(rules)")
        prometheus.terminate()
        _ = try await prometheus.exit()
        try await running.end()
    }

    @Test("rules, dashboard and documentation name only metrics that there are")
    func names() async throws {
        let report = try Data(contentsOf: URL(filePath: Self.folder + "grafana-dashboard.json"))
        #expect(try JSONSerialization.jsonObject(with: report) is [String: Any])
        let sources = try FileManager.default.contentsOfDirectory(atPath: Place.root + "Sources/Gateway/Metrics")
            .map { try String(contentsOfFile: Place.root + "Sources/Gateway/Metrics/\($0)", encoding: .utf8) }.joined()
        let families =
            sources.matches(of: /"((?:gatehouse|process)_[a-z_]+)", \.(counter|gauge|histogram)/)
            + sources.matches(of: /"((?:gatehouse|process)_[a-z_]+)", \n? *\.(counter|gauge|histogram)/)
        var known: Set<String> = []
        for family in families {
            let name = String(family.output.1)
            switch family.output.2 {
            case "counter": known.insert(name + "_total")
            case "gauge": known.insert(name)
            default: known.formUnion([name, name + "_bucket", name + "_sum", name + "_count"])
            }
        }
        let documented = try String(contentsOfFile: Place.root + "docs/metrics.md", encoding: .utf8)
        for name in known where !name.hasSuffix("_bucket") && !name.hasSuffix("_sum") && !name.hasSuffix("_count") {
            #expect(documented.contains("`\(name)`"), "docs/metrics.md lacks \(name)")
        }
        for file in ["monitoring/rules.yml", "monitoring/grafana-dashboard.json", "docs/metrics.md"] {
            let text = try String(contentsOfFile: Place.root + file, encoding: .utf8)
            // Names with a colon are those of recording rules.
            let names = text.matches(of: /[:a-z_]*(?:gatehouse|process)_[:a-z0-9_]+/).map { String($0.output) }
            for name in names where !name.contains(":") { #expect(known.contains(name), "\(file): \(name)") }
        }
    }
}
