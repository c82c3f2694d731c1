import TestSupport
import Testing

/// `allow_ips` and `deny_ips`.
@Suite("Who may come")
struct AddressAccessTests {
    private static let rules = "[sites.access]\nallow_ips = [\"192.0.2.0/24\", \"2001:db8::/32\"]\ndeny_ips = [\"192.0.2.66\"]"
    /// A file, a route, what nobody has, what the gateway answers itself, a WebSocket.
    private static let questions = [
        ("GET", "/f.txt", ""), ("GET", "/app/x", ""), ("POST", "/app/x", "Content-Length: 0\r\n"), ("GET", "/none", ""),
        ("OPTIONS", "/", "Max-Forwards: 0\r\n"), ("GET", "/app/ws", GuardedSite.handshake),
    ]

    @Test("is asked before anything is done, whatever is asked for")
    func everywhere() async throws {
        let site = try GuardedSite(site: Self.rules)
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            for (method, target, fields) in Self.questions {
                for stranger in ["198.51.100.1", "192.0.2.66", "2001:db9::1", "unknown", nil] {
                    let answer = try await site.ask(target, from: stranger, method, fields: fields)
                    #expect(answer.status == 403, "\(method) \(target) of \(stranger ?? "the peer"): \(answer)")
                    #expect(answer.value("Proxy-Status")?.contains("address_refused") == true)
                }
                for friend in ["192.0.2.7", "2001:db8::7", "9.9.9.9, 192.0.2.7"] {
                    let answer = try await site.ask(target, from: friend, method, fields: fields)
                    #expect(answer.status != 403, "\(method) \(target) of \(friend): \(answer)")
                }
            }
            #expect(site.upstream.requests.all.allSatisfy { $0.head.contains("192.0.2.7") || $0.head.contains("2001:db8::7") })
            let entry = try await gatehouse.access(reason: "address_refused")
            #expect(entry["key"] == "sites.access.allow_ips" && entry["blame"] == "client")
        }
    }

    @Test("is told by the peer alone, if that is no trusted proxy: nobody says who he is himself")
    func claims() async throws {
        let site = try GuardedSite(site: Self.rules)
        try await Gatehouse.serving(site.toml.replacing("trusted_proxies = [\"127.0.0.1\"]", with: "")) { _ async throws in
            #expect(try await site.ask("/f.txt", from: "192.0.2.7").status == 403)
            #expect(try await site.ask("/f.txt", fields: "Forwarded: for=192.0.2.7\r\n").status == 403)
        }
    }

    @Test("is the route's own affair where it says so, key by key")
    func routes() async throws {
        let site = try GuardedSite(site: Self.rules, route: "access = { allow_ips = [\"198.51.100.0/24\"] }")
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            #expect(try await site.ask("/app/x", from: "198.51.100.1").status == 200)
            #expect(try await site.ask("/app/x", from: "192.0.2.7").status == 403)
            #expect(try await site.ask("/f.txt", from: "192.0.2.7").status == 200)
            #expect(try await gatehouse.access(reason: "address_refused")["key"] == "sites.proxy.routes.access.allow_ips")
        }
        let open = try GuardedSite(site: Self.rules, route: "access = { allow_ips = [\"all\"] }")
        try await Gatehouse.serving(open.toml) { _ async throws in
            for (client, status) in [("198.51.100.1", 200), ("2001:db9::1", 200), ("192.0.2.66", 403)] {
                #expect(try await open.ask("/app/x", from: client).status == status)
            }
        }
    }

    @Test(
        "is said in BWS's other words too",
        arguments: [
            "[sites.access_control]\nallowed_ips = [\"192.0.2.0/24\"]\nblocked_ips = [\"192.0.2.66\"]",
            "[sites.rate_limit]\nrequests_per_minute = 100000\nburst_size = 1000\nblacklist = [\"192.0.2.66\", \"198.51.100.1\"]",
            // Bits beyond the length do not count.
            "[sites.access]\ndeny_ips = [\"192.0.2.66/32\", \"198.51.100.99/24\", \"::ffff:203.0.113.0/120\"]",
        ])
    func words(rules: String) async throws {
        let site = try GuardedSite(site: rules)
        try await Gatehouse.serving(site.toml) { _ async throws in
            for (client, status) in [("192.0.2.7", 200), ("192.0.2.66", 403), ("198.51.100.1", 403)] {
                let answer = try await site.ask("/f.txt", from: client)
                #expect(answer.status == status, "\(client): \(answer)")
                // A table about addresses alone is no CORS.
                #expect(answer.values("Access-Control-Allow-Origin").isEmpty)
            }
        }
    }

    @Test("holds over HTTP/2 as over HTTP/1")
    func http2() async throws {
        let certificates = try await Certificates.ready()
        let site = try GuardedSite(site: Self.rules, ssl: certificates.ssl())
        try await Gatehouse.serving(site.toml) { _ async throws in
            for target in ["f.txt", "app/x", "none"] {
                for (client, isIn) in [("192.0.2.7", true), ("198.51.100.1", false)] {
                    let answer = try await Command.curl2(
                        certificates,
                        [
                            "https://localhost:\(site.port)/\(target)", "-H", "X-Forwarded-For: \(client)",
                            "-o", "/dev/null", "-w", "%{http_code}",
                        ])
                    #expect((answer.text != "403") == isIn, "\(target) of \(client): \(answer)")
                }
            }
        }
    }
}
