import TestSupport
import Testing

/// `[security.rate_limiting]`, `[sites.rate_limit]`, a route's `rate_limit`. With a rate of one a day a test can count: nothing
/// comes back while it runs.
@Suite("How often a client may come")
struct RateLimitingTests {
    private static func limit(_ burst: Int, _ more: String = "") -> String {
        "max_requests = 1\nwindow_seconds = 86400\nburst_size = \(burst)\n\(more)"
    }

    @Test("is counted over all that a site has, and the answer says when to come again")
    func site() async throws {
        let site = try GuardedSite(site: "[sites.rate_limit]\n\(Self.limit(4))")
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            let targets = [("/f.txt", ""), ("/app/x", ""), ("/none", ""), ("/app/ws", GuardedSite.handshake)]
            for (target, fields) in targets {
                #expect(try await site.ask(target, from: "192.0.2.1", fields: fields).status != 429)
            }
            for (target, fields) in targets {
                let answer = try await site.ask(target, from: "192.0.2.1", fields: fields)
                #expect(answer.status == 429 && answer.value("Proxy-Status")?.contains("rate_limited") == true, "\(answer)")
                #expect(answer.value("RateLimit-Policy") == "\"site\";q=4;w=345600")
                // The next turn is a day after the first request, less what has passed since.
                let wait = try #require(Int(answer.value("Retry-After") ?? ""))
                #expect((86_300...86_400).contains(wait) && answer.value("RateLimit") == "\"site\";r=0;t=\(wait)", "\(answer)")
            }
            #expect(try await site.ask("/f.txt", from: "192.0.2.2").status == 200, "another client has its own allowance")
            #expect(site.upstream.requests.all.count == 2)
            #expect(try await gatehouse.access(reason: "rate_limited")["key"] == "sites.rate_limit")
        }
    }

    @Test("is counted by address, of IPv6 by its /64, or by as many bits as the configuration says")
    func addresses() async throws {
        for (prefix, others) in [("", 0), ("ipv6_prefix = 48", 1), ("ipv6_prefix = 128", -1)] {
            let site = try GuardedSite(site: "[sites.rate_limit]\n\(Self.limit(1, prefix))")
            try await Gatehouse.serving(site.toml) { _ async throws in
                func isIn(_ client: String) async throws -> Bool { try await site.ask("/f.txt", from: client).status == 200 }
                #expect(try await isIn("192.0.2.1"))
                #expect(try await !isIn("192.0.2.1"))
                #expect(try await !isIn("::ffff:192.0.2.1"))
                #expect(try await isIn("192.0.2.2"))
                #expect(try await isIn("2001:db8:1:1::1"))
                #expect(try await isIn("2001:db8:1:1::2") == (others < 0))
                #expect(try await isIn("2001:db8:1:2::1") == (others <= 0))
                #expect(try await isIn("2001:db8:2:1::1"))
            }
        }
    }

    @Test("is counted by a field's or a cookie's value, and by address without it")
    func values() async throws {
        for (key, name) in [("header:X-Key", "X-Key: "), ("cookie:id", "Cookie: a=b; id=")] {
            let site = try GuardedSite(site: "[sites.rate_limit]\n\(Self.limit(1, "key = \"\(key)\""))")
            try await Gatehouse.serving(site.toml) { _ async throws in
                func isIn(_ value: String?) async throws -> Bool {
                    try await site.ask("/f.txt", fields: value.map { "\(name)\($0)\r\n" } ?? "").status == 200
                }
                for (value, expected) in [
                    ("one", true), ("one", false), ("two", true), ("on", true), (nil, true), (nil, false), ("", false),
                    ("two", false),
                ] { #expect(try await isIn(value) == expected, "\(key) \(value ?? "-")") }
            }
        }
    }

    @Test("is limited by every limit there is: the gateway's, the site's and the route's; whoever is listed is free")
    func several() async throws {
        let site = try GuardedSite(
            site: "[sites.rate_limit]\n\(Self.limit(4))",
            route: "rate_limit = { max_requests = 1, window_seconds = 86400, burst_size = 2 }",
            top: "[security.rate_limiting]\n\(Self.limit(6, "whitelist = [\"192.0.2.9\"]"))")
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            func statuses(_ target: String, _ count: Int, from client: String) async throws -> [Int] {
                var statuses: [Int] = []
                for _ in 0..<count { statuses.append(try await site.ask(target, from: client).status) }
                return statuses
            }
            #expect(try await statuses("/app/x", 3, from: "192.0.2.1") == [200, 200, 429])
            // Those refused by the route have counted for the site, as for everybody before it.
            #expect(try await statuses("/f.txt", 2, from: "192.0.2.1") == [200, 429])
            #expect(try await statuses("/f.txt", 2, from: "192.0.2.1") == [429, 429])
            _ = try await gatehouse.process.output.first { $0.contains(#""key":"security.rate_limiting""#) }
            #expect(try await statuses("/f.txt", 5, from: "192.0.2.9") == [200, 200, 200, 200, 429])
        }
    }

    @Test("is blocked for a while who has sent too many")
    func block() async throws {
        let keys = "requests_per_minute = 1\nburst_size = 1\nblock_duration = \"1h\""
        let site = try GuardedSite(site: "[sites.rate_limit]\n\(keys)")
        try await Gatehouse.serving(site.toml) { _ async throws in
            let port = site.port.number
            let statuses = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(String(repeating: "GET /f.txt HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 400))
                return try (0..<400).map { _ in try wire.readAnswer().status }
            }
            let first = try #require(statuses.firstIndex(of: 429))
            #expect(statuses[first...].allSatisfy { $0 == 429 })
            let answer = try await site.ask("/f.txt")
            #expect(answer.status == 429 && (3500...3600).contains(Int(answer.value("Retry-After") ?? "") ?? 0), "\(answer)")
        }
    }

    @Test("is told on every answer where that is asked for", arguments: ["/f.txt", "/app/x"])
    func announced(target: String) async throws {
        let site = try GuardedSite(site: "[sites.rate_limit]\n\(Self.limit(3, "announce = true"))")
        try await Gatehouse.serving(site.toml) { _ async throws in
            for left in [2, 1, 0] {
                let answer = try await site.ask(target)
                #expect(answer.status == 200 && answer.value("RateLimit-Policy") == "\"site\";q=3;w=259200")
                #expect(answer.value("RateLimit")?.hasPrefix("\"site\";r=\(left);t=") == true, "\(answer)")
            }
            #expect(try await site.ask(target).values("RateLimit").count == 1)
        }
    }

    @Test("is exact over all workers")
    func workers() async throws {
        let site = try GuardedSite(site: "[sites.rate_limit]\n\(Self.limit(50))")
        try await Gatehouse.serving(site.toml, workers: 4) { _ async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<120 { group.addTask { try await site.ask("/f.txt", from: "192.0.2.1").status } }
                var statuses: [Int] = []
                for try await status in group { statuses.append(status) }
                return statuses
            }
            #expect(statuses.count { $0 == 200 } == 50 && statuses.count { $0 == 429 } == 70)
        }
    }
}
