import TestSupport
import Testing

/// `request_headers`, `response_headers` and what stands beside them, as upstreams and clients see it.
@Suite("Rules for fields")
struct HeaderRuleTests {
    private func serving(
        site: String = "", proxy: String = "", route: String = "", top: String = "", app: String = "",
        _ body: (FreePort, Upstream) async throws -> Void
    ) async throws {
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        try directory.write("public/f.txt", "file")
        let upstream = try Upstream.answering { _ in "HTTP/1.1 200 OK\r\n\(app)Content-Length: 3\r\n\r\napp" }
        let toml = """
            \(top)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)/public"
            \(site)
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/app/"
            upstream = "app"
            \(route)
            \(proxy)
            """
        try await Gatehouse.serving(toml) { _ in try await body(port, upstream) }
    }

    private func ask(_ port: FreePort, _ target: String, fields: String = "") async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)Connection: close\r\n\r\n")
            return try wire.readAnswer()
        }
    }

    /// An upstream, a file, a page of our own, and the 404 of a directory.
    private static let targets = ["/app/x", "/f.txt", "/none"]

    @Test("a field that the gateway and the operator both know stands once, in every answer", arguments: targets)
    func once(target: String) async throws {
        let names = [
            "X-Frame-Options", "X-Content-Type-Options", "Server", "Date", "Cache-Control", "Content-Type", "ETag",
            "Last-Modified", "Vary", "Referrer-Policy", "Proxy-Status", "Strict-Transport-Security",
        ]
        // An error stays one that nobody keeps: see docs/headers.md.
        let isError = target == "/none"
        func expected(_ name: String, _ value: String) -> String { isError && name == "Cache-Control" ? "no-store" : value }
        let app = names.map { "\($0): theirs\r\n" }.joined()
        let ours = names.map { "\"\($0)\" = \"ours\"\n" }.joined()
        for table in ["headers", "response_headers.set"] {
            let security = "[security]\nheaders_on_proxied = true"
            try await serving(site: "[sites.\(table)]\n\(ours)", top: security, app: app) { port, _ in
                let answer = try await ask(port, target)
                for name in names { #expect(answer.values(name) == [expected(name, "ours")], "\(name): \(answer)") }
            }
        }
        try await serving(site: "[sites.response_headers.default]\n\(ours)", app: app) { port, _ in
            let answer = try await ask(port, target)
            for name in names { #expect(answer.values(name).count == 1, "\(name): \(answer)") }
            if target == "/app/x" { for name in names { #expect(answer.values(name) == ["theirs"]) } }
        }
        let removed = "[sites.response_headers]\nremove = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]"
        try await serving(site: removed, app: app) { port, _ in
            let answer = try await ask(port, target)
            let left = names.filter { !answer.values($0).isEmpty }
            // They are defaults of the gateway's, where nobody sends them.
            #expect(left == (isError ? ["Cache-Control"] : []), "\(answer)")
        }
    }

    /// It must stand before every table, also those that all tests are given.
    private static let compatible =
        "compat = \"bws\"\n[limits]\n[logging]\nformat = \"json\"\n[performance]\nworker_threads = 1\n"

    @Test("security headers are for files and own answers, and for upstreams' only where it is said")
    func security() async throws {
        let app = "X-Frame-Options: SAMEORIGIN\r\n"
        for (top, proxied) in [
            ("", [] as [String]), ("[security]\nheaders_on_proxied = true", ["nosniff"]), (Self.compatible, ["nosniff"]),
            (Self.compatible + "[security]\nheaders_on_proxied = false", []),
        ] {
            try await serving(top: top, app: app) { port, _ in
                let answer = try await ask(port, "/app/x")
                #expect(answer.values("X-Content-Type-Options") == proxied, "\(top)")
                #expect(answer.values("X-Frame-Options") == ["SAMEORIGIN"])
                for target in ["/f.txt", "/none"] {
                    let own = try await ask(port, target)
                    #expect(own.value("X-Content-Type-Options") == "nosniff" && own.value("X-Frame-Options") == "DENY")
                }
            }
        }
    }

    @Test("hide_server_header holds for everybody's answers", arguments: targets)
    func server(target: String) async throws {
        try await serving(top: "[security]\nhide_server_header = true", app: "Server: app/1\r\n") { port, _ in
            let got1 = try await ask(port, target)
            #expect(got1.values("Server") == [])
        }
        try await serving(app: "Server: app/1\r\n") { port, _ in
            let got2 = try await ask(port, target)
            #expect(got2.values("Server") == [target == "/app/x" ? "app/1" : "gatehouse"])
        }
    }

    @Test("a route's rules follow its site's, in requests and in answers")
    func order() async throws {
        let site = """
            [sites.request_headers]
            set = { X-A = "site", X-B = "site" }
            default = { X-C = "site", X-D = "site" }
            remove = ["X-Debug"]
            [sites.response_headers]
            set = { X-E = "site" }
            add = { Link = "</site>" }
            """
        let route = """
            request_headers = { set = { X-B = "route" }, remove = ["X-A"], add = { X-F = "{method} {path}" } }
            response_headers = { set = { X-E = "{site}" }, add = { Link = "</route>" }, remove = ["X-Powered-By"] }
            """
        try await serving(site: site, route: route, app: "X-E: app\r\nLink: </app>\r\nX-Powered-By: me\r\n") { port, upstream in
            let answer = try await ask(
                port, "/app/x", fields: "X-A: c\r\nX-B: c\r\nX_B: c\r\nX-C: c\r\nX-Debug: c\r\nX-F: c\r\n")
            let request = try #require(upstream.requests.all.first)
            #expect(request.values("X-A") == [] && request.values("X-B") == ["route"] && request.values("X_B") == [])
            #expect(request.values("X-C") == ["c"] && request.values("X-D") == ["site"] && request.values("X-Debug") == [])
            #expect(request.values("X-F") == ["c", "GET /app/x"])
            #expect(answer.values("X-E") == ["localhost"] && answer.values("X-Powered-By") == [])
            #expect(answer.values("Link") == ["</app>", "</site>", "</route>"])
            let file = try await ask(port, "/f.txt")
            #expect(file.values("X-E") == ["site"] && file.values("Link") == ["</site>"])
        }
    }

    @Test("X-Real-IP, X-Request-ID and X-Forwarded-Prefix are switches, and no client forges them")
    func switches() async throws {
        let proxy = """
            [sites.proxy.headers]
            add_x_real_ip = true
            add_request_id = true
            add_x_forwarded_prefix = true
            """
        let claims = "X-Real-IP: 6.6.6.6\r\nX-Request-ID: forged\r\nX-Forwarded-Prefix: /evil\r\n"
        let site = "[sites.response_headers.set]\nX-Request-ID = \"{request_id}\""
        try await serving(site: site, proxy: proxy, route: "strip_prefix = true") { port, upstream in
            var seen: Set<String> = []
            for _ in 0..<3 {
                let answer = try await ask(port, "/app/x", fields: claims)
                let request = try #require(upstream.requests.all.last)
                #expect(request.values("X-Real-IP") == ["127.0.0.1"] && request.values("X-Forwarded-Prefix") == ["/app"])
                let identifier = try #require(request.value("X-Request-ID"))
                #expect(identifier.wholeMatch(of: /[0-9a-f]{32}/) != nil)
                #expect(answer.value("X-Request-ID") == identifier)
                seen.insert(identifier)
            }
            #expect(seen.count == 3)
            let got3 = try await ask(port, "/f.txt")
            #expect(got3.value("X-Request-ID")?.utf8.count == 32)
        }
    }

    @Test("of a trusted proxy the client's address, the scheme and the identifier are believed")
    func trusted() async throws {
        let site = """
            [sites.response_headers.set]
            X-Seen = "{client_ip} {scheme} {request_id}"
            """
        let fields = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: HTTPS\r\nX-Request-ID: abc-1\r\n"
        try await serving(site: site, top: "[security]\ntrusted_proxies = [\"127.0.0.1\"]") { port, _ in
            let got4 = try await ask(port, "/app/x", fields: fields)
            #expect(got4.value("X-Seen") == "192.0.2.7 https abc-1")
            for bad in ["a b", "", String(repeating: "x", count: 129), "a\u{e9}"] {
                let answer = try await ask(port, "/f.txt", fields: "X-Request-ID: \(bad)\r\n")
                #expect(answer.value("X-Seen")?.wholeMatch(of: /127\.0\.0\.1 http [0-9a-f]{32}/) != nil, "\(answer)")
            }
        }
        try await serving(site: site) { port, _ in
            let answer = try await ask(port, "/app/x", fields: fields)
            #expect(answer.value("X-Seen")?.hasPrefix("127.0.0.1 http ") == true)
        }
    }

    @Test("an answer that is made here in place of an upstream's has the fields with variables, and the same identifier")
    func inPlaceOfUpstreams() async throws {
        let site = "[sites.request_headers.set]\nX-Request-ID = \"{request_id}\""
        let route = "response_headers = { set = { X-Seen = \"{remainder} {client_ip} {request_id}\" } }"
        // Framed in two ways it is no answer.
        try await serving(site: site, route: route, app: "Transfer-Encoding: chunked\r\n") { port, upstream in
            let answer = try await ask(port, "/app/x")
            let identifier = try #require(upstream.requests.all.last?.value("X-Request-ID"))
            #expect(answer.status == 502 && answer.value("X-Seen") == "/x 127.0.0.1 \(identifier)", "\(answer)")
        }
    }

    @Test("BWS's \"auto\" makes an identifier")
    func auto() async throws {
        try await serving(proxy: "[sites.proxy.headers.add]\n\"X-Request-ID\" = \"auto\"") { port, upstream in
            _ = try await ask(port, "/app/x")
            #expect(upstream.requests.all.last?.value("X-Request-ID")?.utf8.count == 32)
        }
    }

    @Test(
        "what a client sends cannot split a field, in answers and in requests",
        arguments: [
            "/app/%0d%0aX-Evil:1", "/app/?%0d%0aX-Evil:1", "/app/x%20y?a=b%0Aevil", "/app/?\u{e9}\u{2028}", "/app/\u{e9}",
            "/app/?a\tb", "/app/?\u{b}X-Evil:1", "/app/\u{85}X-Evil:1",
        ])
    func splitting(target: String) async throws {
        let set = "set = { X-Path = \"{path}\", X-Query = \"{query}\", X-URI = \"{uri} {host} {method}\" }"
        try await serving(site: "[sites.request_headers]\n\(set)\n[sites.response_headers]\n\(set)") { port, upstream in
            let answer = try await ask(port, target)
            #expect(answer.value("X-Evil") == nil)
            #expect(answer.status == 400 || answer.value("X-URI") != nil, "\(answer)")
            for request in upstream.requests.all { #expect(request.value("X-Evil") == nil && request.value("X-URI") != nil) }
        }
    }

    @Test("over HTTP/2 the rules are the same")
    func http2() async throws {
        let (port, certificates) = (try FreePort(), try await Certificates.ready())
        let upstream = try Upstream.answering { _ in
            // The rules hold for what comes before the answer, too.
            "HTTP/1.1 103 Early Hints\r\nServer: app\r\nX-Gone: 1\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nServer: app\r\nX-Gone: 1\r\nContent-Length: 3\r\n\r\napp"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            ssl: certificates.ssl(),
            route: """
                request_headers = { set = { X-Seen = "{http_version} {tls_version} {tls_cipher}" } }
                response_headers = { set = { Server = "{site}" }, remove = ["X-Gone"], default = { X-There = "{uri}" } }
                """)
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.curl2(certificates, ["-i", "https://localhost:\(port)/a?b"])
            let lines = outcome.text.split(separator: "\r\n")
            #expect(lines.contains("server: main") && lines.contains("x-there: /a?b"), "\(outcome)")
            #expect(lines.contains("link: </a>"), "\(outcome)")
            #expect(lines.filter { $0.hasPrefix("server:") || $0.hasPrefix("x-gone") }.count == 1)
            let seen = try #require(upstream.requests.all.last?.value("X-Seen"))
            #expect(seen.hasPrefix("2.0 TLSv1.3 TLS_"), "\(seen)")
        }
    }
}

/// What clients see of redirects and cookies of an upstream behind a prefix.
@Suite("Behind a prefix")
struct ReverseRewriteRouteTests {
    @Test(
        "a client is sent to where it can go, and learns no upstream's address",
        arguments: [
            ("/api/", "strip_prefix = true", "", "/api/next?q"),
            ("/api/", "strip_prefix = true", "http://127.0.0.1:PORT", "/api/next?q"),
            ("/api/", "rewrite_target = \"/v1\"", "http://127.0.0.1:PORT/v1", "/api/next?q"),
            ("/", "", "http://127.0.0.1:PORT", "/next?q"),
            ("/", "rewrite_location = false", "http://127.0.0.1:PORT", "http://127.0.0.1:PORT/next?q"),
            ("/api/", "strip_prefix = true", "https://elsewhere.test", "https://elsewhere.test/next?q"),
        ])
    func location(path: String, keys: String, place: String, expected: String) async throws {
        let port = try FreePort()
        let upstream = try Upstream.answering { request in
            let host = request.value("Host") ?? ""
            let own = place.replacing("PORT", with: "\(request.value("X-Port") ?? host)")
            return "HTTP/1.1 302 Found\r\nLocation: \(own)/next?q\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"
        }
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            [sites.request_headers.set]
            X-Port = "\(upstream)"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "\(path)"
            upstream = "app"
            \(keys)
            """
        for cookies in ["", "rewrite_cookies = true"] where cookies.isEmpty || !keys.contains("false") {
            try await Gatehouse.serving(toml + "\n" + cookies) { _ in
                let answer = try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET \(path)x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return try wire.readAnswer()
                }
                #expect(answer.values("Location") == [expected.replacing("PORT", with: "\(upstream)")])
                let isStripped = keys.contains("strip") && !cookies.isEmpty
                #expect(answer.value("Set-Cookie") == (isStripped ? "a=b; Path=/api" : "a=b; Path=/"))
            }
        }
    }
}
