import TestSupport
import Testing

@Suite("A server that requires HTTP/1.1 (RFC 9113 §7)")
struct VersionRequiredTests {
    @Test("gets it, the request that it refused too, and is not asked again in HTTP/2", arguments: ["RST_STREAM", "GOAWAY"])
    func fallsBack(how: String) async throws {
        try await Self.serving("auto", how) { port, server, gatehouse in
            let url = "https://localhost:\(port)"
            let posted = try await Self.curl(port, ["-d", "some text", "-w", "%{http_code}", url + "/first"])
            #expect(posted.text == "some text200", "\(posted)")
            let next = try await Self.curl(port, ["-w", "%{http_code} ", url + "/next", url + "/next"])
            #expect(next.text == "hello200 hello200 ", "\(next)")
            let entry = try await gatehouse.access("/first")
            #expect(entry["attempts"] == "2" && entry["reason"] == nil, "\(entry)")
            let seen = Array(server.output.all.dropFirst())
            #expect(
                seen == ["HTTP/2 POST /first", "HTTP/1.1 POST /first", "HTTP/1.1 GET /next", "HTTP/1.1 GET /next"], "\(seen)")
        }
    }

    @Test("where nothing else than HTTP/2 may be spoken to it: 502, with the key")
    func onlyHTTP2() async throws {
        try await Self.serving("2", "RST_STREAM") { port, server, gatehouse in
            let outcome = try await Self.curl(
                port, ["-o", "/dev/null", "-w", "%{http_code}", "https://localhost:\(port)/only"])
            #expect(outcome.text == "502", "\(outcome)")
            let entry = try await gatehouse.access("/only")
            #expect(
                entry["reason"] == "upstream_closed_early" && entry["key"] == "sites.proxy.upstreams.http_version", "\(entry)")
            #expect(entry["detail"]?.contains("HTTP_1_1_REQUIRED") == true, "\(entry)")
        }
    }

    private static func curl(_ port: FreePort, _ arguments: [String]) async throws -> Command.Outcome {
        let certificates = try await Certificates.ready()
        return try await Command.curl(["--cacert", certificates.authority] + arguments)
    }

    private static func serving(
        _ version: String, _ how: String, _ body: (FreePort, ChildProcess, Gatehouse) async throws -> Void
    ) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let local = certificates.local
        let server = try ChildProcess(
            Place.pythonWithLibraries, [Place.peer("http11_required.py"), "\(behind)", local.certificate, local.key, how])
        defer { server.terminate() }
        _ = try await server.output.first("the server's start") { $0 == "serving" }
        let toml = Sites.proxy(
            port, to: "https://localhost:\(behind)",
            upstream: "http_version = \"\(version)\"\nca_file = \"\(certificates.authority)\"", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in try await body(port, server, gatehouse) }
    }
}
