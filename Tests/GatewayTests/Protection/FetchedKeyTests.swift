import TestSupport
import Testing

/// `jwks_url`, with an issuer that shows its keys over TLS, and tokens that openssl(1) signs.
@Suite("Keys of tokens that are fetched")
struct FetchedKeyTests {
    private let directory: TemporaryDirectory
    private let issuing: TokenIssuer

    init() async throws {
        directory = try TemporaryDirectory()
        issuing = try await TokenIssuer(in: directory)
    }

    private func site(_ port: String, trusting file: String? = nil, _ more: String = "") throws -> GuardedSite {
        try GuardedSite(
            site: """
                [sites.jwt]
                jwks_url = "https://127.0.0.1:\(port)/keys?a=b"
                jwks_ca_file = "\(file ?? issuing.certificate.file)"
                \(more)
                """,
            top: """
                [server]
                state_dir = "\(directory.path)/state"
                """)
    }

    /// Asks until the answer has this status.
    private func becomes(_ status: Int, _ site: GuardedSite, _ login: String) async throws {
        try await eventually("status \(status)") { try await site.ask("/f.txt", fields: login).status == status }
    }

    @Test("are used, and again after a start without their issuer")
    func kept() async throws {
        try issuing.say("{\"keys\":[\(try await issuing.key("a"))]}")
        let login = try await issuing.login("a")
        let issuer = try await issuing.start()
        defer { issuer.process.kill() }
        let site = try site(issuer.port)
        let toml = try directory.write("check.toml", site.toml)
        let before = try await Command.run(Place.gatehouse, ["check", toml])
        #expect(before.code == 0 && before.text.contains("/keys?a=b, anew every 900 s: asked for at the start"), "\(before)")
        try await Gatehouse.serving(site.toml) { gatehouse in
            _ = try await gatehouse.log.first("keys") { $0.contains("an issuer's keys are in use") }
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
            #expect(try await site.ask("/f.txt").status == 401)
            #expect(issuer.process.output.all.dropFirst() == ["asked for /keys?a=b"])
        }
        issuer.process.kill()
        _ = try await issuer.process.exit()
        try await Gatehouse.serving(site.toml) { gatehouse in
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
            let line = try await gatehouse.log.first("a failure") { $0.contains("keys cannot be fetched") }
            #expect(line.contains("the last ones hold"), "\(line)")
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
        }
    }

    @Test("are fetched anew when a token names another, but not for every one that does")
    func rotation() async throws {
        let (a, b, c) = (try await issuing.key("a"), try await issuing.key("b"), try await issuing.key("c"))
        let (first, second, third) = (try await issuing.login("a"), try await issuing.login("b"), try await issuing.login("c"))
        try issuing.say("{\"keys\":[\(a)]}")
        let issuer = try await issuing.start()
        defer { issuer.process.kill() }
        let site = try site(issuer.port)
        try await Gatehouse.serving(site.toml) { gatehouse in
            try await becomes(200, site, first)
            try issuing.say("{\"keys\":[\(a),\(b)]}")
            #expect(try await site.ask("/f.txt", fields: second).status == 401)
            try await becomes(200, site, second)
            #expect(try await site.ask("/f.txt", fields: first).status == 200)
            try issuing.say("{\"keys\":[\(c)]}")
            for _ in 0..<20 {
                let answer = try await site.ask("/f.txt", fields: third)
                // Half a minute may have passed on a machine that is slow enough.
                guard answer.status == 401 else { break }
            }
            #expect(issuer.process.output.all.count <= 4, "the port, two fetches, and at most one that was due")
        }
    }

    @Test(
        "that are none let nobody in; once there were some, they hold",
        arguments: [
            (500, "", "status 500"), (302, "", "status 302"), (200, "{", "is no JSON"), (200, "{\"keys\":[]}", "has no key"),
            (200, String(repeating: " ", count: 1 << 18) + "{}", "too large"),
        ])
    func broken(status: Int, body: String, words: String) async throws {
        let good = "{\"keys\":[\(try await issuing.key("a"))]}"
        let login = try await issuing.login("a")
        _ = try await issuing.key("b")
        let other = try await issuing.login("b")
        try issuing.say(body, status)
        let issuer = try await issuing.start()
        defer { issuer.process.kill() }
        let site = try site(issuer.port)
        try await Gatehouse.serving(site.toml) { gatehouse in
            let line = try await gatehouse.log.first("a failure") { $0.contains("keys cannot be fetched") }
            #expect(line.contains(words) && line.contains("nobody is let in"), "\(line)")
            let answer = try await site.ask("/f.txt", fields: login)
            #expect(answer.status == 503 && answer.value("Proxy-Status")?.contains("auth_unavailable") == true, "\(answer)")
            #expect(!answer.text.contains(issuer.port), "\(answer)")
            #expect(try await gatehouse.access(reason: "auth_unavailable")["key"] == "sites.jwt.jwks_url")
            try issuing.say(good)
            try await becomes(200, site, login)
            try issuing.say(body, status)
            #expect(try await site.ask("/f.txt", fields: other).status == 401)
            _ = try await gatehouse.log.first("a later failure") { $0.contains("the last ones hold") }
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
        }
    }

    @Test("hold though the issuer shows one beside them that is none; the log names it")
    func odd() async throws {
        try issuing.say("{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"},\(try await issuing.key("a"))]}")
        let login = try await issuing.login("a")
        let issuer = try await issuing.start()
        defer { issuer.process.kill() }
        let site = try site(issuer.port)
        try await Gatehouse.serving(site.toml) { gatehouse in
            let line = try await gatehouse.log.first("keys") { $0.contains("an issuer's keys are in use") }
            #expect(line.contains("warning") && line.contains("passed_over=\"1, the first: keys[0] has no n"), "\(line)")
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
        }
        // What was kept is read in the same way.
        issuer.process.kill()
        _ = try await issuer.process.exit()
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/f.txt", fields: login).status == 200)
        }
    }

    @Test("are taken from nobody whose certificate is not good")
    func untrusted() async throws {
        try issuing.say("{\"keys\":[\(try await issuing.key("a"))]}")
        let login = try await issuing.login("a")
        let issuer = try await issuing.start()
        defer { issuer.process.kill() }
        let other = try await MadeCertificate.make("other", in: directory, names: ["IP:127.0.0.1"])
        let site = try site(issuer.port, trusting: other.file)
        try await Gatehouse.serving(site.toml) { gatehouse in
            _ = try await gatehouse.log.first("a failure") { $0.contains("keys cannot be fetched") }
            #expect(try await site.ask("/f.txt", fields: login).status == 503)
            #expect(issuer.process.output.all.count == 1, "nothing was asked")
        }
    }

    @Test("have one place, and a safe one")
    func checks() async throws {
        for (keys, message) in [
            ("jwks_url = \"http://login.example/keys\"", "is no https URL"), ("jwks_url = \"keys.json\"", "is no https URL"),
            ("jwks_url = \"https://a.example/\"\njwks_file = \"b\"", "so does jwks_file"),
            ("jwks_file = \"b\"\njwks_refresh = 1", "does nothing without jwks_url"),
            ("jwks_url = \"https://a.example/\"\njwks_ca_file = \"\(directory.path)/gone.pem\"", "gone.pem"),
        ] {
            let toml = try directory.write("check.toml", try GuardedSite(site: "[sites.jwt]\n\(keys)").toml)
            let outcome = try await Command.run(Place.gatehouse, ["check", toml], environment: ["NO_COLOR": "1"])
            #expect(outcome.exit == .code(1) && (outcome.text + outcome.errors).contains(message), "\(message): \(outcome)")
        }
    }
}
