import HTTP
import Testing

@testable import Gateway

/// What is done with a request: of a plan and a head, and nothing else.
@Suite("The router")
struct RouterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var request: String
        var fields = "Host: a.example\r\n"
        var expected: String
        var site = ""
        var testDescription: String { "\(request): \(expected)" }
    }

    private static let routes = [("/", "app", ""), ("/api", "api", ""), ("/api/v2/", "v2", ""), ("/a%62c", "abc", "")]

    private static func plan(_ site: String, routes: [(path: String, pool: String, keys: String)]) throws -> Plan {
        let pools = routes.isEmpty ? ["app"] : Set(routes.map(\.pool)).sorted()
        return try Plans.plan(
            Plans.site(
                pools.enumerated().map { ($1, "http://127.0.0.1:\(1000 + $0)", "") },
                routes: routes.isEmpty ? [("/only/", "app", "")] : routes, site: site))
    }

    private static func head(_ request: String, _ fields: String) throws -> RequestHead {
        let head = RequestHead()
        let bytes = Array("\(request) HTTP/1.1\r\n\(fields)\r\n".utf8)
        _ = try head.parse(bytes.span, limits: HeadLimits())
        return head
    }

    /// Of a route with the path's remainder: what takes the prefix's place is put before it.
    private static func words(_ decision: Decision, _ head: RequestHead) -> String {
        switch decision {
        case .route(let found):
            "\(found.route.text) +\(head.string(found.remainder..<max(found.remainder, head.path.upperBound)))"
        case .file: "file"
        case .redirect(let port): "redirect to \(port)"
        case .options: "options"
        case .preflight: "preflight"
        case .health: "health"
        case .refuse(let failure): "\(failure.status) \(failure.reason.word)"
        }
    }

    @Test(
        "takes the longest prefix, whatever the order in the file",
        arguments: [
            ("/", "/ +/"), ("/x", "/ +/x"), ("/api", "/api +"), ("/api/", "/api +/"), ("/api/v1", "/api +/v1"),
            ("/api/v2/", "/api/v2/ +/"), ("/api/v2/x", "/api/v2/ +/x"), ("/apix", "/ +/apix"), ("/API", "/ +/API"),
            ("/api?x=/api/v2/", "/api +"), ("/api/../x", "/ +/x"), ("/x/../api/v2/y", "/api/v2/ +/y"), ("/%61pi", "/api +"),
        ], [false, true])
    func longest(_ example: (path: String, expected: String), isReversed: Bool) throws {
        let routes = Self.routes.filter { $0.0 != "/a%62c" }
        let plan = try Self.plan("", routes: isReversed ? routes.reversed() : routes)
        let site = try #require(plan.listeners.first?.fallback)
        let head = try Self.head("GET \(example.path)", "Host: a\r\n")
        #expect(Self.words(Router.decide(site, head, from: Self.nobody), head) == example.expected)
    }

    static let cases: [Case] = [
        Case(request: "CONNECT a.example:443", fields: "Host: a.example:443\r\n", expected: "405 connect_refused"),
        Case(request: "OPTIONS *", expected: "options"),
        Case(request: "OPTIONS *", fields: "Host: a\r\nMax-Forwards: 0\r\n", expected: "options"),
        Case(request: "OPTIONS /only/", fields: "Host: a\r\nMax-Forwards: 0\r\n", expected: "options"),
        Case(request: "OPTIONS /only/", fields: "Host: a\r\nMax-Forwards: 1\r\n", expected: "/only/ +/"),
        Case(request: "TRACE /only/", fields: "Host: a\r\nMax-Forwards: 0\r\n", expected: "405 trace_refused"),
        Case(request: "GET /only/", fields: "Host: a\r\nMax-Forwards: 0\r\n", expected: "/only/ +/"),
        Case(request: "GET /only/x", expected: "/only/ +/x"),
        Case(request: "GET /only/x/../y?z=/only/", expected: "/only/ +/y"),
        Case(request: "GET http://a.example/only/x", expected: "/only/ +/x"),
        Case(request: "GET //only/x", expected: "/only/ +/x"),
        Case(request: "GET /elsewhere", expected: "404 no_route"),
        Case(request: "DELETE /only/", expected: "/only/ +/"),
    ]

    @Test("decides what is expected", arguments: cases)
    func decides(_ example: Case) throws {
        let plan = try Self.plan(example.site, routes: [])
        let site = try #require(plan.listeners.first?.fallback)
        let head = try Self.head(example.request, example.fields)
        #expect(Self.words(Router.decide(site, head, from: Self.nobody), head) == example.expected)
    }

    private static func nobody() -> RequestOrigin { RequestOrigin(address: nil, scheme: Array("http".utf8)) }

    private static let patterns = [
        "path = \"/\"", "path = \"/api/\"", "exact = \"/api/login\"", "regex = '^/api/v(\\d+)/(.*)$'", "glob = \"/img/*.png\"",
        "regex = '\\.(png|jpg)$'", "exact = \"/dir/\"", "path = \"/api/\"\nmatch = { methods = [\"POST\", \"PUT\"] }",
        "path = \"/api/deep/\"\nmatch = { headers = { X-Beta = \"1\" } }",
        "path = \"/q/\"\nmatch = { query = { v = \"2\", w = true, x = false } }",
        "path = \"/h/\"\nmatch = { hosts = [\"b.example\", \"*.c.example\"] }",
        "path = \"/in/\"\nmatch = { clients = [\"10.0.0.0/8\"] }",
        "path = \"/tls/\"\nmatch = { scheme = \"https\" }", "exact = \"/api/login\"\nmatch = { methods = \"GET\" }",
        "path = \"/h/\"\nmatch = { headers = { X-A = true, X-B = false } }",
        "path = \"/c/\"\nmatch = { cookies = { canary = \"1\", Old = false } }",
    ]

    /// Each route answers with its number, from 0.
    private static func patternPlan(_ order: [Int]) throws -> Plan {
        let routes = order.map { "[[sites.routes]]\n\(patterns[$0])\nrespond = { body = \"\($0)\" }\n" }
        return try Plans.plan(
            "[[sites]]\nhostname = \"a.example\"\nlisten = \"127.0.0.1\"\nport = 80\n" + routes.joined())
    }

    private static let taken: [(request: String, fields: String, route: Int)] = [
        ("GET /x", "", 0), ("GET /api", "", 1), ("GET /api/x", "", 1), ("POST /api/x", "", 7), ("PUT /api/", "", 7),
        ("post /api/x", "", 1),
        ("GET /api/login", "", 13), ("POST /api/login", "", 2), ("POST /api//%6Cogin;x=1", "", 2), ("POST /api/login/", "", 7),
        ("GET /api/v2/users", "", 3), ("GET /api/%762/users", "", 3), ("GET /api;x/v2//users", "", 3),
        ("GET /api/v/users", "", 1),
        ("GET /img/a.png", "", 4), ("GET /img/a/b.png", "", 5), ("GET /a.jpg", "", 5), ("GET /a.jpg;v=1", "", 5),
        ("GET /a.jpg/", "", 0),
        ("GET /dir/", "", 6), ("GET /dir", "", 0), ("GET /dir//", "", 6), ("GET /dir/x", "", 0),
        ("GET /api/deep/x", "X-Beta: 1\r\n", 8), ("GET /api/deep/x", "x-beta: 2\r\n", 1), ("GET /api/deep/x", "", 1),
        ("POST /api/deep/x", "X-Beta: 1\r\nX-Beta: 1\r\n", 7),
        ("GET /q/?v=2&w", "", 9), ("GET /q/?w=&v=2", "", 9), ("GET /q/?v=2", "", 0), ("GET /q/?v=2&w&x", "", 0),
        ("GET /q/?v=2&v=2&w", "", 0),
        ("GET /q/?v=%32&w", "", 0), ("GET http://B.example/h/", "", 10), ("GET http://x.c.example/h/", "", 10),
        ("GET http://c.example/h/", "", 0),
        ("GET /h/", "X-A:\r\n", 14), ("GET /h/", "X-A: 1\r\nX-B: 1\r\n", 0), ("GET /h/", "", 0),
        ("GET /in/", "X-From: 10.1.2.3\r\n", 11), ("GET /in/", "X-From: 11.1.2.3\r\n", 0), ("GET /in/", "", 0),
        ("GET /tls/", "X-Over: https\r\n", 12), ("GET /tls/", "", 0),
        ("GET /c/", "Cookie: canary=1\r\n", 15), ("GET /c/", "cookie: a=b; canary=1;x=canary=2\r\n", 15),
        ("GET /c/", "Cookie: a=b\r\nCookie: canary=1\r\n", 15), ("GET /c/", "Cookie: canary=2; canary=1\r\n", 0),
        ("GET /c/", "Cookie: $Version=\"1\"; canary=\"1\";$Path=\"/\"\r\n", 15), ("GET /c/", "Cookie: canary=\"1\r\n", 0),
        ("GET /c/", "Cookie: Canary=1\r\n", 0), ("GET /c/", "Cookie: canary=12\r\n", 0), ("GET /c/", "", 0),
        ("GET /c/", "X-Cookie: canary=1\r\n", 0), ("GET /c/", "Cookie: canary=1; Old=\r\n", 0),
    ]

    @Test(
        "asks whole paths, then expressions, then prefixes; conditions pass a request over", arguments: 0..<taken.count,
        [false, true])
    func patterns(_ index: Int, isReversed: Bool) throws {
        let (request, fields, route) = Self.taken[index]
        // Expressions alone are asked in the order of the file.
        let all = Array(Self.patterns.indices)
        let plan = try Self.patternPlan(isReversed ? all.reversed().filter { ![3, 4, 5].contains($0) } + [3, 4, 5] : all)
        let site = try #require(plan.listeners.first?.fallback)
        let host = request.firstMatch(of: /http:\/\/([^\/]+)/)?.output.1 ?? "a.example"
        let head = try Self.head(request, "Host: \(host)\r\n" + fields)
        let decision = Router.decide(site, head) {
            RequestOrigin(
                address: head.fields.onlyValue(named: "x-from").flatMap { IPAddress(String(decoding: $0, as: UTF8.self)) },
                scheme: head.fields.onlyValue(named: "x-over") ?? Array("http".utf8))
        }
        guard case .route(let found) = decision, case .respond(let fixed) = found.route.action else {
            Issue.record("\(request): no route")
            return
        }
        #expect(String(decoding: fixed.body, as: UTF8.self) == "\(route)", "\(request)")
    }

    @Test(
        "takes a redirect whose key is the one that is written",
        arguments: [
            "", "[[sites.routes]]\npath = \"/\"\n", "[sites.proxy]\nenabled = true\n[[sites.proxy.routes]]\npath = \"/\"\n",
        ])
    func redirectKeys(table: String) throws {
        let site = "[[sites]]\nhostname = \"a.example\"\nlisten = \"127.0.0.1\"\nport = 80\n"
        let plan = try Plans.plan(site + table + "redirect = \"https://b.example{uri}\"\n")
        guard case .redirect(let redirect) = try plan.routePlan().action else {
            Issue.record("no redirect")
            return
        }
        let owner = table.contains("proxy") ? "sites.proxy.routes" : table.isEmpty ? "sites" : "sites.routes"
        #expect(redirect.key == "\(owner).redirect")
    }

    @Test(
        "finds a site by its name, a wildcard's by what follows, and else the default",
        arguments: [
            ("one.example", "one.example"), ("two.example", "two.example"), ("x.wild.example", "*.wild.example"),
            ("wild.example", "one.example"), ("a.x.wild.example", "one.example"), ("nobody.example", "one.example"),
            ("", "one.example"),
        ])
    func sites(_ host: String, _ expected: String) throws {
        let sites = ["one.example", "two.example", "*.wild.example"].map { name in
            """
            [[sites]]
            hostname = "\(name)"
            listen = "127.0.0.1"
            port = 80
            static_dir = "/"
            """
        }
        let plan = try Plans.plan("[logging]\naccess_log = \"none\"\n" + sites.joined(separator: "\n"))
        let listener = try #require(plan.listeners.first)
        let site = try Router.site(listener, host: host, serverName: nil)
        #expect(site.name == expected)
        // RFC 9110 §7.4: not over a connection that was secured for another site.
        let other = try #require(listener.site(named: expected == "two.example" ? "one.example" : "two.example"))
        #expect(throws: Failure.self) { try Router.site(listener, host: host, serverName: other) }
    }
}
