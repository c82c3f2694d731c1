import TestSupport
import Testing

@Suite("Limits of sites and routes")
struct RouteLimitTests {
    /// A site that takes 100 bytes, a route that takes 10, and one that takes any.
    private static func toml(_ port: FreePort, _ upstream: Upstream) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: "max_request_size = 100",
            proxy: """
                [[sites.proxy.routes]]
                path = "/small"
                upstream = "app"
                max_request_size = 10
                [[sites.proxy.routes]]
                path = "/any"
                upstream = "app"
                max_request_size = 0
                """, top: "[security]\nmax_request_size = 1000\n")
    }

    @Test(
        "the nearest max_request_size counts",
        arguments: [
            ("/small", 10, nil), ("/small", 11, "sites.proxy.routes.max_request_size"), ("/x", 100, nil),
            ("/x", 101, "sites.max_request_size"), ("/any", 20_000, nil),
        ] as [(String, Int, String?)])
    func sizes(path: String, count: Int, key: String?) async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        try await Gatehouse.serving(Self.toml(port, upstream)) { gatehouse in
            for (target, isChunked) in [("\(path)?stated", false), ("\(path)?chunked", true)] {
                let answer = try await onThread {
                    let wire = try Wire(to: port.number)
                    let body = String(repeating: "x", count: count)
                    try wire.write("POST \(target) HTTP/1.1\r\nHost: a\r\n")
                    try wire.write(
                        isChunked
                            ? "Transfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                            : "Content-Length: \(count)\r\n\r\n\(body)")
                    return try wire.readAnswer()
                }
                #expect(answer.status == (key == nil ? 200 : 413))
                #expect(try await gatehouse.access(target)["key"] == key)
            }
        }
    }

    @Test(
        "a route's own timeouts count, and the log names their keys",
        arguments: [
            ("first_byte = 0.2", "", "first_byte"), ("read = 0.2", "", "read"),
            ("read = 0.2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", "read"),
            ("stream_idle = 0.2", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n", "stream_idle"),
        ])
    func timeouts(lines: String, begun: String, key: String) async throws {
        let end = Signal()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write(begun)
            end.wait()
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", route: "timeout = { \(lines) }", proxy: "[sites.proxy.retry]\nretries = 0\n"
        )
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try wire.readToEnd()
            }
            #expect(try await gatehouse.access("/x")["key"] == "sites.proxy.routes.timeout.\(key)")
            end.fire()
        }
    }

    @Test("a route's own retries count")
    func retries() async throws {
        let upstream = try Upstream { upstream, wire in upstream.requests.append(try wire.request()) }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", route: "retry = { retries = 3, retry_on = [\"closed\"] }",
            proxy: """
                [[sites.proxy.routes]]
                path = "/none"
                upstream = "app"
                retry = { retry_on = [] }
                [sites.proxy.passive_health]
                max_fails = 0
                """)
        try await Gatehouse.serving(toml) { _ in
            let statuses = try await onThread {
                try ["/x", "/none"].map { target in
                    let wire = try Wire(to: port.number)
                    try wire.write("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                    return try wire.readAnswer().status
                }
            }
            #expect(statuses == [502, 502])
            #expect(upstream.requests.all.map(\.target) == ["/x", "/x", "/x", "/x", "/none"])
        }
    }

    @Test("the log's key begins with the table in which the route is written")
    func keys() async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        let routes = """
            [[sites.routes]]
            path = "/size"
            upstream = "app"
            max_request_size = 1
            [[sites.routes]]
            path = "/access"
            upstream = "app"
            access = { deny_ips = ["all"] }
            [[sites.routes]]
            path = "/token"
            upstream = "app"
            access = { require_auth = true, auth_file = "users" }
            """
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: "access_control = { allow_origins = [\"https://a.test\"] }",
            route: "max_request_size = 1", proxy: routes)
        let directory = try TemporaryDirectory()
        try directory.write("users", "ann:$2b$05$PJ5UHoWVFuhp8XN8BSuM6.UjHd3nxGC7.wSfYA7c5TNWomx9hYhWy\n")
        let written = toml.replacing("\"users\"", with: "\"\(directory.path)/users\"")
        try await Gatehouse.serving(written) { gatehouse in
            let preflight = "OPTIONS /access/preflight HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n"
            let refused = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(preflight + "Access-Control-Request-Method: PUT\r\n\r\n")
                return try wire.readAnswer()
            }
            #expect(refused.status == 403, "\(refused)")
            #expect(try await gatehouse.access("/access/preflight")["key"] == "sites.routes.access.deny_ips")
            for (target, status, key) in [
                ("/size", 413, "sites.routes.max_request_size"), ("/access", 403, "sites.routes.access.deny_ips"),
                ("/token", 401, "sites.routes.access.require_auth"), ("/x", 413, "sites.proxy.routes.max_request_size"),
            ] {
                let answer = try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx")
                    return try wire.readAnswer()
                }
                #expect(answer.status == status, "\(target): \(answer)")
                #expect(try await gatehouse.access(target)["key"] == key)
            }
        }
    }

    @Test("a connect timeout belongs to the pool, and what is of no use on a route that answers itself is an error")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        let toml = Sites.proxy(
            try FreePort(), to: "http://127.0.0.1:1", route: "timeout = { connect = 1 }",
            proxy: """
                [[sites.routes]]
                path = "/own"
                respond = { status = 200 }
                buffer_requests = true
                retry = { retries = 1 }
                """)
        let check = try await Command.run(Place.gatehouse, ["check", try directory.write("f.toml", toml)])
        #expect(check.code == 1 && check.errors.contains("routes[0].timeout.connect: unknown key"), "\(check)")
        for key in ["buffer_requests", "retry"] {
            #expect(check.errors.contains("routes[0].\(key): does nothing on a route without an upstream"), "\(check)")
        }
    }
}
