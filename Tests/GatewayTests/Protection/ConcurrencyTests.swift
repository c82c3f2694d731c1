import TestSupport
import Testing

/// `[sites.concurrency]`, and a route's `concurrency`.
@Suite("How many requests may be under way")
struct ConcurrencyTests {
    /// An upstream that answers when it is told to.
    private func site(
        _ keys: String, route: String = "", _ body: (GuardedSite, Signal, Gatehouse) async throws -> Void
    ) async throws {
        let gate = Signal()
        let site = try GuardedSite(site: keys, route: route) { request in
            if request.target.hasPrefix("/app/slow") { gate.wait() }
            return Upstream.ok("app", to: request)
        }
        try await Gatehouse.serving(site.toml, workers: 2) { gatehouse in
            defer { for _ in 0..<2 { gate.fire() } }
            try await body(site, gate, gatehouse)
        }
    }

    @Test("is held for the site, and given back with the answer")
    func all() async throws {
        try await site("[sites.concurrency]\nrequests = 2\n") { site, gate, gatehouse in
            async let first = site.ask("/app/slow", from: "192.0.2.1")
            async let second = site.ask("/app/slow", from: "192.0.2.2")
            _ = try await site.upstream.requests.first(2)
            for target in ["/f.txt", "/app/x", "/none"] {
                let answer = try await site.ask(target, from: "192.0.2.3")
                #expect(answer.status == 503, "\(answer)")
                #expect(answer.value("Proxy-Status")?.contains("too_many_requests\"") == true)
                #expect(answer.value("Retry-After") == "1")
            }
            #expect(try await gatehouse.access(reason: "too_many_requests")["key"] == "sites.concurrency.requests")
            for _ in 0..<2 { gate.fire() }
            let statuses = try await [first.status, second.status]
            #expect(statuses == [200, 200])
            // Refused ones have been counted out as well.
            for _ in 0..<5 { #expect(try await site.ask("/app/x").status == 200) }
        }
    }

    @Test("is held for one client, beside others, and for a route")
    func client() async throws {
        let keys = "[sites.concurrency]\nrequests_per_client = 1\n"
        try await site(keys, route: "concurrency = { requests = 2 }") { site, gate, _ in
            async let first = site.ask("/app/slow", from: "192.0.2.1")
            async let second = site.ask("/app/slow", from: "2001:db8:1:2::1")
            _ = try await site.upstream.requests.first(2)
            for client in ["192.0.2.1", "2001:db8:1:2::9"] {
                let answer = try await site.ask("/f.txt", from: client)
                #expect(answer.status == 429, "\(answer)")
                #expect(answer.value("Proxy-Status")?.contains("too_many_requests_of_client") == true)
            }
            #expect(try await site.ask("/f.txt", from: "192.0.2.3").status == 200)
            #expect(try await site.ask("/app/x", from: "192.0.2.3").status == 503)
            // What it had at the site has been given back.
            #expect(try await site.ask("/f.txt", from: "192.0.2.3").status == 200)
            for _ in 0..<2 { gate.fire() }
            let statuses = try await [first.status, second.status]
            #expect(statuses == [200, 200])
        }
    }

    @Test("is exact over all workers, however many come at once")
    func workers() async throws {
        let gate = Signal()
        let site = try GuardedSite(site: "[sites.concurrency]\nrequests = 7\n") { request in
            gate.wait()
            return Upstream.ok("app", to: request)
        }
        try await Gatehouse.serving(site.toml, workers: 4) { _ in
            defer { for _ in 0..<40 { gate.fire() } }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 { group.addTask { try await site.ask("/app/slow", from: "192.0.2.\(number)").status } }
                // As long as nobody is answered, all others are refused.
                var statuses: [Int] = []
                while statuses.count < 33, let status = try await group.next() { statuses.append(status) }
                #expect(statuses.allSatisfy { $0 == 503 })
                #expect(try await site.upstream.requests.first(7).count == 7)
                for _ in 0..<7 { gate.fire() }
                while let status = try await group.next() { #expect(status == 200) }
                #expect(site.upstream.requests.all.count == 7)
            }
        }
    }
}
