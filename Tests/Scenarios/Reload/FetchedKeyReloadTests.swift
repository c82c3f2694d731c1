import TestSupport
import Testing

/// `jwks_url` over reloads: which keys are fetched follows the configuration in use.
@Suite("Keys of tokens over reloads")
struct FetchedKeyReloadTests {
    private let directory: TemporaryDirectory
    private let port: FreePort

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        port = try FreePort()
    }

    /// - Parameter tokens: lines of `[sites.jwt]`; nil: no such table.
    private func toml(_ tokens: String?) -> String {
        """
        [server]
        state_dir = "\(directory.path)/state"
        [[sites]]
        hostname = "localhost"
        port = \(port)
        static_dir = "\(directory.path)/public"
        \(tokens.map { "[sites.jwt]\n\($0)" } ?? "")
        """
    }

    private static func keys(_ issuer: TokenIssuer, at port: String, _ more: String = "") -> String {
        "jwks_url = \"https://127.0.0.1:\(port)/keys\"\njwks_ca_file = \"\(issuer.certificate.file)\"\n\(more)"
    }

    private func status(_ login: String = "") async throws -> Int {
        let port = port.number
        return try await onThread {
            let wire = try Wire(to: port)
            try wire.write("GET /f.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(login)\r\n")
            return try wire.readAnswer().status
        }
    }

    /// Asks until the answer has this status.
    private func becomes(_ status: Int, _ login: String) async throws {
        try await eventually("status \(status)") { try await self.status(login) == status }
    }

    private func reload(_ gatehouse: ReloadingGatehouse, _ tokens: String?) async throws {
        let outcome = try await gatehouse.reload(toml(tokens))
        #expect(outcome.contains(": reloaded "), "\(outcome)")
    }

    @Test("an address is added, changed, taken out and put back: its keys hold, and those of no other")
    func addresses() async throws {
        let (first, second) = (try await TokenIssuer("one", in: directory), try await TokenIssuer("two", in: directory))
        try first.say("{\"keys\":[\(try await first.key("a"))]}")
        try second.say("{\"keys\":[\(try await second.key("b"))]}")
        let (a, b) = (try await first.login("a"), try await second.login("b"))
        let (one, two) = (try await first.start(), try await second.start())
        defer { for process in [one.process, two.process] { process.kill() } }
        let gatehouse = try await ReloadingGatehouse(toml(nil))
        #expect(try await status() == 200)

        try await reload(gatehouse, Self.keys(first, at: one.port))
        try await becomes(200, a)
        #expect(try await status() == 401)
        #expect(try await status(b) == 401)

        try await reload(gatehouse, Self.keys(second, at: two.port))
        try await becomes(200, b)
        #expect(try await status(a) == 401)

        try await reload(gatehouse, nil)
        #expect(try await status() == 200)

        // Whoever issued them is gone; they were kept.
        one.process.kill()
        _ = try await one.process.exit()
        let count = two.process.output.all.count
        try await reload(gatehouse, Self.keys(first, at: one.port))
        #expect(try await status(a) == 200)
        #expect(try await status() == 401)
        #expect(try await status(b) == 401)
        _ = try await gatehouse.process.errors.first("a failure") {
            $0.contains("keys cannot be fetched") && $0.contains("the last ones hold")
        }
        #expect(two.process.output.all.count == count, "nobody wants its keys any more")
        try await gatehouse.end()
    }

    @Test("a shorter jwks_refresh counts from now on, and a reload that is refused changes nothing")
    func refresh() async throws {
        let issuer = try await TokenIssuer("one", in: directory)
        let (a, b) = (try await issuer.key("a"), try await issuer.key("b"))
        let (first, second) = (try await issuer.login("a"), try await issuer.login("b"))
        try issuer.say("{\"keys\":[\(a)]}")
        let running = try await issuer.start()
        defer { running.process.kill() }
        let gatehouse = try await ReloadingGatehouse(toml(Self.keys(issuer, at: running.port)))
        try await becomes(200, first)
        let refused = try await gatehouse.reload(toml("jwks_url = \"keys\""))
        #expect(refused.contains("the reload is refused"), "\(refused)")
        #expect(try await status(first) == 200)
        #expect(try await status() == 401)

        // Nobody names the new key: it comes by the time alone.
        try issuer.say("{\"keys\":[\(b)]}")
        let count = running.process.output.all.count
        try await reload(gatehouse, Self.keys(issuer, at: running.port, "jwks_refresh = 1"))
        _ = try await running.process.output.first(count + 2)
        try await becomes(200, second)
        #expect(try await status(first) == 401)
        try await gatehouse.end()
    }

    @Test("two sites that want the same keys have them fetched once, and still when one of them goes")
    func shared() async throws {
        let issuer = try await TokenIssuer("one", in: directory)
        try issuer.say("{\"keys\":[\(try await issuer.key("a"))]}")
        let login = try await issuer.login("a")
        let running = try await issuer.start()
        defer { running.process.kill() }
        let keys = Self.keys(issuer, at: running.port)
        let other = "\n[[sites]]\nhostname = \"other\"\nport = \(port)\nstatic_dir = \"\(directory.path)/public\"\n"
        let gatehouse = try await ReloadingGatehouse(toml(keys) + other + "[sites.jwt]\n\(keys)")
        try await becomes(200, login)
        try await reload(gatehouse, keys)
        #expect(try await status(login) == 200)
        #expect(running.process.output.all.count == 2, "its port, and one fetch")
        try await gatehouse.end()
    }
}
