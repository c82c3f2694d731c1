import TestSupport
import Testing

@Suite("Forwarding fields, as the upstream sees them")
struct ForwardingTests {
    private static let trustsLoopback = "[sites.proxy.headers]\ntrusted_proxies = [\"127.0.0.0/8\", \"::1\"]"

    /// Sends one request and returns the lines that the upstream got.
    private func seen(
        _ request: String, proxy: String = "", top: String = "", host: String = "127.0.0.1"
    ) async throws -> (lines: [String], port: FreePort, upstream: Upstream) {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", proxy: proxy, top: top)
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number, host: host)
                try wire.write(request)
                #expect(try wire.readAnswer().status == 200)
            }
        }
        return (try await upstream.requests.first(1)[0].lines, port, upstream)
    }

    @Test("a plain request, byte for byte")
    func plain() async throws {
        let (lines, port, _) = try await seen(
            "GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\nCookie: k=v\r\n\r\n")
        #expect(
            lines == [
                "GET /a?b=c HTTP/1.1", "Host: www.example.com", "Accept: */*", "Cookie: k=v", "X-Forwarded-For: 127.0.0.1",
                "X-Forwarded-Proto: http", "X-Forwarded-Host: www.example.com", "X-Forwarded-Port: \(port)",
                "Forwarded: for=127.0.0.1;proto=http;host=www.example.com", "Via: 1.1 gatehouse",
            ])
    }

    @Test("over TLS, byte for byte, and a host with a port is quoted")
    func secure() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl([
                "--cacert", certificates.authority, "-A", "curl", "-d", "body", "https://localhost:\(port)/a",
            ])
            #expect(answer.text == "x", "\(answer)")
        }
        #expect(
            upstream.requests.all[0].lines == [
                "POST /a HTTP/1.1", "Host: localhost:\(port)", "User-Agent: curl", "Accept: */*",
                "Content-Type: application/x-www-form-urlencoded", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https",
                "X-Forwarded-Host: localhost:\(port)", "X-Forwarded-Port: \(port)",
                "Forwarded: for=127.0.0.1;proto=https;host=\"localhost:\(port)\"", "Via: 1.1 gatehouse", "Content-Length: 4",
            ])
    }

    @Test("an IPv6 client stands in brackets and quotes in Forwarded, and bare in X-Forwarded-For")
    func ipv6() async throws {
        let (lines, _, _) = try await seen("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", host: "::1")
        #expect(
            lines == [
                "GET / HTTP/1.1", "Host: [::1]:80", "X-Forwarded-For: ::1", "X-Forwarded-Proto: http",
                "X-Forwarded-Host: [::1]:80",
                "X-Forwarded-Port: 80", "Forwarded: for=\"[::1]\";proto=http;host=\"[::1]:80\"", "Via: 1.1 gatehouse",
            ])
    }

    private static let claims =
        "X-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n"
        + "X-Forwarded-Port: 1\r\nForwarded: for=1.2.3.4;proto=https\r\nX-Real-IP: 1.2.3.4\r\nX-Forwarded-Prefix: /x\r\n"

    @Test("a stranger's claims are replaced")
    func untrusted() async throws {
        let (lines, port, _) = try await seen("GET / HTTP/1.1\r\nHost: a.test\r\n\(Self.claims)\r\n")
        #expect(
            lines == [
                "GET / HTTP/1.1", "Host: a.test", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http",
                "X-Forwarded-Host: a.test",
                "X-Forwarded-Port: \(port)", "Forwarded: for=127.0.0.1;proto=http;host=a.test", "Via: 1.1 gatehouse",
            ])
    }

    @Test("a trusted proxy's claims are continued")
    func trusted() async throws {
        let (lines, _, _) = try await seen(
            "GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.0.0.1\r\n"
                + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b.test\r\nX-Forwarded-Port: 444\r\n"
                + "Forwarded: for=\"[2001:db8::1]\";proto=https, for=unknown\r\n\r\n",
            proxy: Self.trustsLoopback)
        #expect(
            lines == [
                "GET / HTTP/1.1", "Host: a.test", "X-Forwarded-For: 9.9.9.9, 10.0.0.1, 127.0.0.1", "X-Forwarded-Proto: https",
                "X-Forwarded-Host: b.test", "X-Forwarded-Port: 444",
                "Forwarded: for=\"[2001:db8::1]\";proto=https, for=unknown, for=127.0.0.1;proto=https;host=b.test",
                "Via: 1.1 gatehouse",
            ])
    }

    @Test(
        "the client is the right-most address that is not trusted",
        arguments: [
            ("1.1.1.1, 2.2.2.2", "2.2.2.2"), ("1.1.1.1, 2.2.2.2, 10.1.2.3", "2.2.2.2"), ("evil, 10.1.2.3", "10.1.2.3"),
            ("10.9.9.9, 10.1.2.3", "10.9.9.9"), ("2001:db8::7, 10.0.0.1", "2001:db8::7"), ("", "127.0.0.1"),
        ])
    func clientAddress(chain: String, client: String) async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", proxy: "[sites.proxy.headers]\ntrusted_proxies = [\"10.0.0.0/8\"]",
            top: "[security]\ntrusted_proxies = [\"127.0.0.1\"]")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["-H", "X-Forwarded-For: \(chain)", "http://127.0.0.1:\(port)/c"])
            #expect(try await gatehouse.access("/c")["client"] == client)
        }
    }

    @Test(
        "no Connection field takes a forwarding field away",
        arguments: [
            "X-Forwarded-For", "Forwarded", "x-forwarded-proto, X-Forwarded-Host", "close, X-Forwarded-Port, Via, Host",
        ])
    func connectionAttack(options: String) async throws {
        let (lines, port, _) = try await seen("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: \(options)\r\n\(Self.claims)\r\n")
        #expect(
            lines == [
                "GET / HTTP/1.1", "Host: a.test", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http",
                "X-Forwarded-Host: a.test",
                "X-Forwarded-Port: \(port)", "Forwarded: for=127.0.0.1;proto=http;host=a.test", "Via: 1.1 gatehouse",
            ])
    }

    @Test(
        "the add_* switches leave their fields out",
        arguments: [
            ("add_x_forwarded = false", ["Forwarded", "Via"]),
            ("add_forwarded = false", ["X-Forwarded-For", "X-Forwarded-Port", "Via"]),
            ("add_via = false", ["X-Forwarded-For", "X-Forwarded-Port", "Forwarded"]),
            ("add_x_forwarded = false\nadd_forwarded = false\nadd_via = false", []),
        ])
    func switches(keys: String, present: [String]) async throws {
        let (lines, _, _) = try await seen(
            "GET / HTTP/1.1\r\nHost: a.test\r\n\(Self.claims)\r\n", proxy: "[sites.proxy.headers]\n\(keys)")
        for name in ["X-Forwarded-For", "X-Forwarded-Port", "Forwarded", "Via"] {
            #expect(lines.contains { $0.hasPrefix("\(name): ") } == present.contains(name), "\(name): \(lines)")
        }
    }

    @Test("preserve_host = false sends the upstream's own name; the client's stands in the forwarding fields")
    func upstreamsHost() async throws {
        let (lines, _, upstream) = try await seen(
            "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", proxy: "[sites.proxy.headers]\npreserve_host = false")
        #expect(lines.contains("Host: 127.0.0.1:\(upstream)"))
        #expect(lines.contains("X-Forwarded-Host: a.test"))
        #expect(lines.count { $0.hasPrefix("Host:") } == 1)
    }

    @Test(
        "headers.add sets and headers.remove removes, in both spellings of remove",
        arguments: [
            "remove = [\"X-Internal-Header\", \"cookie\"]",
            "[sites.proxy.headers.remove]\n\"X-Internal-Header\" = true\n\"Cookie\" = true\n\"Accept\" = false",
        ])
    func edits(remove: String) async throws {
        let (lines, _, _) = try await seen(
            "GET / HTTP/1.1\r\nHost: a.test\r\nX-INTERNAL-header: 1\r\nCookie: a=b\r\nAccept: */*\r\n"
                + "X-Powered-By: client\r\n\r\n",
            proxy: "[sites.proxy.headers]\n\(remove)\n[sites.proxy.headers.add]\n\"X-Powered-By\" = \"BWS\"\n\"X-New\" = \"yes\"")
        #expect(lines.filter { $0.lowercased().hasPrefix("x-powered-by:") } == ["X-Powered-By: BWS"])
        #expect(lines.contains("X-New: yes") && lines.contains("Accept: */*"))
        #expect(!lines.contains { $0.lowercased().hasPrefix("x-internal-header") || $0.lowercased().hasPrefix("cookie") })
    }

    @Test("each site has its own rules")
    func perSite() async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        let sites = ["a.test", "b.test"].map { name in
            """
            [[sites]]
            hostname = "\(name)"
            port = \(port)
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            [sites.proxy.headers]
            add_x_forwarded = \(name == "a.test")
            [sites.proxy.headers.add]
            X-Site = "\(name)"
            """
        }
        try await Gatehouse.serving(sites.joined(separator: "\n")) { _ in
            for name in ["a.test", "b.test"] {
                _ = try await Command.curl(["-H", "Host: \(name)", "http://127.0.0.1:\(port)/"])
            }
        }
        let requests = upstream.requests.all
        #expect(requests.map { $0.value("X-Site") } == ["a.test", "b.test"])
        #expect(requests.map { $0.value("X-Forwarded-For") } == ["127.0.0.1", nil])
    }
}
