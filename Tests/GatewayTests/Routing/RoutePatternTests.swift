import TestSupport
import Testing

/// Routes by more than a prefix, and what is made of the path.
@Suite("Patterns of routes")
struct RoutePatternTests {
    private static func toml(_ port: FreePort, _ upstream: Upstream) -> String {
        """
        [[sites]]
        hostname = "localhost"
        hostnames = ["api.localhost"]
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)/base"
        [[sites.routes]]
        regex = '^/v(?P<version>\\d+)/(.*)$'
        upstream = "app"
        rewrite = "/api/{2}?version={version}&{query}"
        [[sites.routes]]
        regex = '^/find/(.*)$'
        upstream = "app"
        rewrite = "/search?q={1}&page=1"
        [[sites.routes]]
        glob = "/users/*/files/**"
        upstream = "app"
        rewrite = "/files/{1}/{2}"
        [[sites.routes]]
        regex = '^/go/(.*)$'
        redirect = "https://elsewhere.test/{1}"
        [[sites.routes]]
        regex = '^/local/(.*)$'
        redirect = "/{1}"
        [[sites.routes]]
        exact = "/health"
        respond = { body = "well" }
        [[sites.routes]]
        path = "/"
        match = { methods = ["GET", "HEAD"], scheme = "http", clients = ["127.0.0.0/8"], headers = { X-Who = "me" } }
        respond = { body = "you" }
        [[sites.routes]]
        path = "/"
        upstream = "app"
        [[sites.routes]]
        path = "/only/"
        match = { hosts = ["api.localhost"] }
        upstream = "app"
        strip_prefix = true
        """
    }

    @Test(
        "reach upstreams and clients with what their groups took",
        arguments: [
            ("GET /v2/users/7?x=y", "", "app /base/api/users/7?version=2&x=y"), ("GET /v2/", "", "app /base/api/?version=2&"),
            ("GET /v2/a%20b%3Fc%2Fd;e?", "", "app /base/api/a%20b%3Fc/d?version=2&"),
            ("GET /v2/%25", "", "app /base/api/%25?version=2&"),
            ("GET /users/a%26b/files/x/y?q", "", "app /base/files/a&b/x/y?q"),
            ("GET /find/a&page=9%26x=1+2", "", "app /base/search?q=a%26page=9%26x=1%2B2&page=1"),
            ("GET /users/..%2f/files/x", "", "400"), ("GET /go/a?b", "", "302 https://elsewhere.test/a"),
            ("GET /go//evil.test", "", "302 https://elsewhere.test/evil.test"),
            ("GET /local//evil.test/%5e", "", "302 /evil.test/%5E"),
            ("GET /local/%2f%2fevil.test", "", "302 /evil.test"), ("GET /health", "", "well"),
            ("GET /health/", "", "app /base/health/"),
            ("GET /x", "X-Who: me\r\n", "you"), ("POST /x", "X-Who: me\r\n", "app /base/x"),
            ("GET /x", "X-Who: you\r\n", "app /base/x"),
            ("GET http://api.localhost/only/x", "", "app /base/x"), ("GET /only/x", "", "app /base/only/x"),
        ])
    func answers(request: String, fields: String, expected: String) async throws {
        let port = try FreePort()
        let upstream = try Upstream.answering { Upstream.ok("app \($0.target)", to: $0) }
        try await Gatehouse.serving(Self.toml(port, upstream)) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                let host = request.contains("api.localhost") ? "api.localhost" : "localhost"
                try wire.write("\(request) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n")
                return try wire.readAnswer()
            }
            let location = answer.value("Location").map { " \($0)" } ?? ""
            #expect((answer.status == 200 ? answer.text : "\(answer.status)\(location)") == expected)
        }
    }
}
