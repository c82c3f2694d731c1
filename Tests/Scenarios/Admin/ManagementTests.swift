import Foundation
import TestSupport
import Testing

@Suite("The management listener")
struct ManagementTests {
    private static let key = "0123456789abcdef-all"
    private static let readKey = "0123456789abcdef-read"

    private func site(_ port: FreePort, _ management: FreePort, _ more: String = "") -> String {
        """
        [management]
        enabled = true
        port = \(management)
        api_key = "\(Self.key)"
        read_key = "\(Self.readKey)"
        hostnames = ["admin.example"]
        \(more)
        [metrics]
        listen = "127.0.0.1:9"
        token = "a-token-that-nobody-sees"
        enabled = false
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        [sites.proxy.routes.request_headers.set]
        Authorization = "Basic c2VjcmV0"
        """.replacing("[metrics]\nlisten = \"127.0.0.1:9\"\ntoken = \"a-token-that-nobody-sees\"\nenabled = false\n", with: "")
    }

    /// - Returns: status and body.
    private func ask(
        _ port: FreePort, _ path: String, method: String = "GET", key: String? = Self.key, _ more: [String] = []
    ) async throws -> (status: Int, body: String) {
        let shown = key.map { ["-H", "X-API-Key: \($0)"] } ?? []
        let outcome = try await Command.run(
            "curl", ["-sS", "-X", method, "-w", "\n%{http_code}"] + shown + more + ["http://127.0.0.1:\(port)\(path)"])
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    @Test("answers BWS's paths and the admin API's, shows no secret, and reloads")
    func paths() async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(site(port, management))
        for path in ["/health", "/api/health", "/health/detailed", "/api/health/detailed"] {
            let (status, body) = try await ask(management, path)
            let health = try object(body)
            #expect(status == 200 && health["status"] as? String == "ok" && health["uptime_seconds"] is Int, "\(body)")
            #expect((health["upstreams"] as? [Any])?.count == (path.contains("detailed") ? 1 : nil))
        }
        #expect(try await ask(management, "/api/health/live").status == 200)
        #expect(try await ask(management, "/api/health/ready").status == 200)
        let sites = try object(try await ask(management, "/api/sites").body)["sites"] as? [[String: Any]]
        #expect(sites?.count == 1 && sites?[0]["hostnames"] as? [String] == ["localhost"])
        let shown = try await ask(management, "/api/config").body
        #expect(!shown.contains(Self.key) && !shown.contains(Self.readKey) && !shown.contains("c2VjcmV0"), "\(shown)")
        let configuration = try object(shown)["management"] as? [String: Any]
        #expect(configuration?["api_key"] as? String == "***" && configuration?["hostnames"] as? [String] == ["admin.example"])
        #expect(try await ask(management, "/api/ssl/certificates").status == 200)
        #expect(try await ask(management, "/api/ssl/certificates/a.example", method: "POST").status == 501)
        #expect(try await ask(management, "/status").status == 200)
        #expect(try await ask(management, "/servers").status == 200)
        #expect(try await ask(management, "/metrics").body.contains("gatehouse_connections"))
        let count = running.outcomeCount
        for path in ["/api/reload", "/api/config/reload", "/reload"] {
            let (status, body) = try await ask(management, path, method: "POST")
            let generation = try object(body)["generation"]
            #expect(status == 200 && generation is Int, "\(body)")
        }
        #expect(running.outcomeCount >= count)
        #expect(try await ask(management, "/api/reload").status == 405)
        #expect(try await ask(management, "/upgrade", method: "POST").status == 403)
        #expect(try await ask(management, "/no/such").status == 404)
        try await running.end()
    }

    @Test("tells what it goes by: sites, routes, limits, certificates and the configuration, at the admin socket, too")
    func inForce() async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse("[limits]\nhead_timeout = 7\n" + site(port, management))
        for path in ["/configuration", "/sites", "/routes", "/limits", "/certificates"] {
            let (status, body) = try await ask(management, path)
            #expect(status == 200 && !body.contains(Self.key) && !body.contains("c2VjcmV0"), "\(path): \(body)")
            let local = try await Command.run(
                "curl", ["-sS", "--unix-socket", running.runtime + "/\(running.process.pid).sock", "http://localhost\(path)"])
            #expect(try object(local.text) as NSDictionary == object(body) as NSDictionary, "\(path): \(local)")
        }
        let routes = try object(try await ask(management, "/routes").body)["routes"] as? [[String: Any]] ?? []
        #expect(routes.count == 1 && routes[0]["path"] as? String == "/" && routes[0]["upstream"] as? String == "app")
        #expect(routes.first?["kind"] as? String == "path" && routes.first?["action"] as? String == "proxy", "\(routes)")
        let limits = try object(try await ask(management, "/limits").body)["limits"] as? [[String: Any]] ?? []
        func limit(_ key: String) -> [String: Any] { limits.first { $0["key"] as? String == key } ?? [:] }
        let head = limit("limits.head_timeout")
        #expect(head["value"] as? String == "7" && head["is_written"] as? Bool == true, "\(head)")
        let body = limit("limits.body_timeout")
        #expect(body["value"] as? String == "30" && body["is_written"] as? Bool == false, "\(body)")
        #expect(limit("performance.max_connections")["value"] is String && limits.count > 30)
        try await running.end()
    }

    @Test(
        "answers a request that it cannot read, or that is too long, with a problem document",
        arguments: [
            (["-H", "Two Words: x"], 400),
            (["-H", "Content-Length: 99999999", "-d", "x"], 413),
        ])
    func unreadable(fields: [String], status: Int) async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(site(port, management))
        let (told, body) = try await ask(management, "/servers", method: "POST", ["-H", "Expect:"] + fields)
        #expect(told == status, "\(body)")
        #expect(try object(body)["status"] as? Int == status && object(body)["title"] is String, "\(body)")
        try await running.end()
    }

    @Test(
        "is for those who show a key, whatever its length, and a reader's key changes nothing",
        arguments: [
            (nil, 401), ("", 401), ("0", 401), (String(Self.key.dropLast()), 401), (Self.key + "x", 401),
            (String(repeating: "a", count: 4000), 401), ("guess-187", 401), ("guess-306", 401), ("guess-393", 401),
            ("guess-632", 401), (Self.readKey, 403), (Self.key, 200),
        ] as [(String?, Int)])
    func keys(key: String?, expected: Int) async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(site(port, management))
        let (status, body) = try await ask(management, "/reload", method: "POST", key: key)
        #expect(status == expected, "\(body)")
        let told = try object(body)["status"] as? Int
        #expect(expected == 200 || told == expected)
        let reading = try await ask(management, "/status", key: key).status
        #expect(reading == (expected == 401 ? 401 : 200))
        if let key, expected != 401 {
            let bearer = try await ask(management, "/status", key: nil, ["-H", "Authorization: Bearer \(key)"])
            #expect(bearer.status == 200)
        }
        try await running.end()
    }

    @Test("does not answer pages of other origins, or names that a page can make its own")
    func browsers() async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(site(port, management))
        for (fields, expected) in [
            (["Host: evil.example"], 403), (["Host: localhost"], 200), (["Host: admin.example"], 200), (["Host: [::1]:80"], 200),
            (["Origin: https://evil.example"], 403), (["Origin: null"], 403),
            (["Host: localhost:80", "Origin: http://localhost:80"], 200),
            (["Host: localhost", "Origin: https://localhost"], 403),
            // As a proxy that speaks TLS passes it on.
            (["Host: admin.example", "Origin: https://admin.example"], 200),
            (["Host: admin.example", "Origin: https://admin.example:8443"], 403),
            (["Host: admin.example", "Origin: https://evil.example"], 403),
            (["Origin: http://127.0.0.1:\(management)", "Origin: http://127.0.0.1:\(management)"], 403),
        ] {
            let status = try await ask(management, "/status", fields.flatMap { ["-H", $0] }).status
            #expect(status == expected, "\(fields)")
        }
        try await running.end()
    }

    @Test("over TLS speaks to those alone whose certificate its authorities have issued")
    func certificates() async throws {
        let certificates = try await Certificates.ready()
        let (port, management) = try (FreePort(), FreePort())
        let toml = """
            [management]
            enabled = true
            host = "::1"
            port = \(management)
            cert_file = "\(certificates.local.certificate)"
            key_file = "\(certificates.local.key)"
            client_ca_file = "\(certificates.authority)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "x" }
            """
        let running = try await ReloadingGatehouse(toml)
        let ask = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", certificates.authority]
        let url = "https://[::1]:\(management)/status"
        let known = try await Command.run(
            "curl", ask + ["--cert", certificates.certificate("client.test"), "--key", certificates.key("client.test"), url])
        #expect(known.text == "200", "\(known)")
        #expect(try await Command.run("curl", ask + [url]).text != "200")
        let stranger = ["--cert", certificates.certificate("stranger.test"), "--key", certificates.key("stranger.test")]
        #expect(try await Command.run("curl", ask + stranger + [url]).text != "200")
        try await running.end()
    }

    @Test("keeps to docs/admin-openapi.json, whatever schemathesis sends")
    func schema() async throws {
        let (port, management) = try (FreePort(), FreePort())
        let running = try await ReloadingGatehouse(site(port, management))
        let outcome = try await Command.run(
            Place.root + ".build-venv/bin/schemathesis",
            [
                "run", Place.root + "docs/admin-openapi.json", "--url", "http://127.0.0.1:\(management)", "-H",
                "X-API-Key: \(Self.key)", "--max-examples", "20", "--seed", "20", "--no-color",
                // How long it takes to think of requests says nothing.
                "--request-timeout", "\(Place.patience)", "--suppress-health-check", "too_slow", "--exclude-checks",
                // It sends TRACE with a body, which RFC 9110 §9.3.8 forbids: 400 comes before 405.
                "positive_data_acceptance,unsupported_method",
            ],
            // It leaves what it has seen where it runs.
            directory: running.directory.path, within: Place.longPatience)
        #expect(outcome.exit == .code(0), "\(outcome.text)")
        try await running.end()
    }
}
