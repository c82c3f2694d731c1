import Foundation
import TestSupport
import Testing

@Suite("What a site tells of the gateway")
struct InternalAPITests {
    private func site(_ port: FreePort, _ upstream: UInt16, _ top: String, _ keys: String = "") -> String {
        """
        \(top)
        [logging]
        [limits]
        [performance]
        worker_threads = 1
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        \(keys)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.routes]]
        path = "/api/"
        upstream = "app"
        """
    }

    private func ask(_ port: FreePort, _ path: String, _ more: [String] = []) async throws -> (status: String, body: String) {
        let outcome = try await Command.run(
            "curl", ["-sS", "-w", "\n%{http_code}"] + more + ["http://127.0.0.1:\(port)\(path)"])
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    @Test(
        "comes before a route of all below /api/, but for other paths and methods; it names no upstream",
        arguments: [("", "internal_api = true"), ("compat = \"bws\"", "")])
    func isAsked(top: String, keys: String) async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("upstream"))
        try await Gatehouse.serving(site(port, upstream.port, top, keys)) { _ in
            let health = try await ask(port, "/api/health")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(health.body.utf8)) as? [String: Any])
            #expect(health.status == "200" && object["status"] as? String == "ok" && object["uptime_seconds"] is Int)
            #expect(object["service"] as? String == "gatehouse" && object["timestamp"] is String)
            #expect(try await ask(port, "/api/health/live").body == "{\"status\":\"ok\"}\n")
            #expect(try await ask(port, "/api/health/ready").body == "{\"status\":\"ready\"}\n")
            let configuration = try await ask(port, "/api/config").body
            #expect(configuration.contains("\"hostnames\":[\"localhost\"]") && !configuration.contains("\(upstream.port)"))
            for (path, more) in [
                ("/api/health/", []), ("/api/healthy", []), ("/api/", []), ("/api/config", ["-d", "x"]),
                ("/api/health", ["-X", "DELETE"]),
            ] {
                #expect(try await ask(port, path, more).body == "upstream", "\(path) \(more)")
            }
        }
    }

    @Test(
        "is nothing where it is switched off, or not asked for",
        arguments: [("", ""), ("compat = \"bws\"", "internal_api = false")])
    func isOff(top: String, keys: String) async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("upstream"))
        try await Gatehouse.serving(site(port, upstream.port, top, keys)) { _ in
            for path in ["/api/health", "/api/config"] {
                let answer = try await ask(port, path)
                #expect(answer.body == "upstream")
            }
        }
    }
}
