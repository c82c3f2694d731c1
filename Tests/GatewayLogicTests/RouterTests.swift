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
        case .proxy(let route, let remainder):
            "\(route.prefix.text) +\(head.string(remainder..<max(remainder, head.path.upperBound)))"
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
        #expect(Self.words(Router.decide(site, head), head) == example.expected)
    }

    static let cases: [Case] = [
        Case(request: "CONNECT a.example:443", fields: "Host: a.example:443\r\n", expected: "405 connect_refused"),
        Case(request: "OPTIONS *", expected: "404 no_route"),
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
        #expect(Self.words(Router.decide(site, head), head) == example.expected)
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
