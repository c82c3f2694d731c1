import TestSupport
import Testing

@Suite("Routing")
struct RoutingTests {
    /// Upstreams that answer with their name and the target they saw.
    private func upstreams(_ names: [String]) throws -> [(name: String, upstream: Upstream)] {
        try names.map { name in (name, try Upstream.answering { Upstream.ok("\(name) \($0.target)", to: $0) }) }
    }

    private func site(
        _ port: FreePort, host: String, more: String = "", _ upstreams: [(name: String, upstream: Upstream)],
        routes: [(path: String, upstream: String, keys: String)]
    ) -> String {
        let servers = upstreams.map {
            "[[sites.proxy.upstreams]]\nname = \"\($0.name)\"\nurl = \"http://127.0.0.1:\($0.upstream)\""
        }
        let routes = routes.map { "[[sites.proxy.routes]]\npath = \"\($0.path)\"\nupstream = \"\($0.upstream)\"\n\($0.keys)" }
        return """
            [[sites]]
            hostname = "\(host)"
            port = \(port)
            \(more)
            [sites.proxy]
            enabled = true
            \(servers.joined(separator: "\n"))
            \(routes.joined(separator: "\n"))
            """
    }

    private func ask(_ port: FreePort, _ questions: [(host: String, target: String, answer: String)]) async throws {
        try await onThread {
            for (host, target, expected) in questions {
                let wire = try Wire(to: port.number)
                try wire.write("GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                let answer = try wire.readAnswer()
                let got = answer.status == 200 ? answer.text : "\(answer.status)"
                #expect(got == expected, "\(host) \(target)")
            }
        }
    }

    @Test("by an IPv6 address, however the site and the client spell it")
    func addresses() async throws {
        let port = try FreePort()
        let all = try upstreams(["one", "other"])
        let toml = [
            site(port, host: "2001:DB8:0:0::0001", [all[0]], routes: [("/", "one", "")]),
            site(port, host: "other.test", more: "default = true", [all[1]], routes: [("/", "other", "")]),
        ].joined(separator: "\n")
        try await Gatehouse.serving(toml) { _ in
            try await ask(
                port,
                [
                    ("[2001:db8::1]", "/", "one /"), ("[2001:DB8::0:1]:\(port)", "/", "one /"),
                    ("[2001:db8:0:0::0001]", "/", "one /"), ("[2001:db8::2]", "/", "other /"),
                    ("[::ffff:192.0.2.1]", "/", "other /"),
                ])
        }
    }

    @Test("by host: exactly, else by wildcard, else the default site")
    func hosts() async throws {
        let port = try FreePort()
        let all = try upstreams(["one", "two", "wild", "other"])
        func route(_ index: Int) -> [(String, String, String)] { [("/", all[index].name, "")] }
        let toml = [
            site(port, host: "one.test", more: "hostnames = [\"uno.test\"]", [all[0]], routes: route(0)),
            site(port, host: "two.wild.test", [all[1]], routes: route(1)),
            site(port, host: "*.wild.test", [all[2]], routes: route(2)),
            site(port, host: "other.test", more: "default = true", [all[3]], routes: route(3)),
        ].joined(separator: "\n")
        try await Gatehouse.serving(toml) { _ in
            try await ask(
                port,
                [
                    ("one.test", "/", "one /"), ("ONE.test:\(port)", "/", "one /"), ("one.test.", "/", "one /"),
                    ("uno.test", "/", "one /"), ("two.wild.test", "/", "two /"), ("x.wild.test", "/", "wild /"),
                    ("a.b.wild.test", "/", "other /"), ("wild.test", "/", "other /"), ("nobody.test", "/", "other /"),
                    ("127.0.0.1", "/", "other /"), ("one.test", "http://one.test/abs", "one /abs"),
                ])
        }
    }

    @Test("by the longest prefix of whole segments, whatever the order in the file")
    func prefixes() async throws {
        let port = try FreePort()
        let all = try upstreams(["root", "api", "v2", "admin"])
        let routes = [
            ("/", "root", ""), ("/api", "api", ""), ("/api/v2/", "v2", ""), ("/admin/", "admin", "strip_prefix = true"),
        ]
        try await Gatehouse.serving(site(port, host: "localhost", all, routes: routes)) { _ in
            try await ask(
                port,
                [
                    ("localhost", "/", "root /"), ("localhost", "/apis", "root /apis"), ("localhost", "/api", "api /api"),
                    ("localhost", "/api/", "api /api/"), ("localhost", "/api/x?y=/api/v2", "api /api/x?y=/api/v2"),
                    ("localhost", "/api/v2", "v2 /api/v2"), ("localhost", "/api/v2/x", "v2 /api/v2/x"),
                    ("localhost", "/api/v22", "api /api/v22"), ("localhost", "/API", "root /API"),
                    ("localhost", "/admin", "admin /"), ("localhost", "/admin/", "admin /"),
                    ("localhost", "/admin/a/b?c", "admin /a/b?c"),
                ])
        }
    }

    @Test("strip_prefix and rewrite_target, with their slashes")
    func rewriting() async throws {
        let port = try FreePort()
        let all = try upstreams(["app"])
        let routes = [
            ("/plain/", "app", ""), ("/strip", "app", "strip_prefix = true"), ("/new/", "app", "rewrite_target = \"/v2\""),
            ("/newer", "app", "rewrite_target = \"/v3/\"\nstrip_prefix = true"),
        ]
        try await Gatehouse.serving(site(port, host: "localhost", all, routes: routes)) { _ in
            try await ask(
                port,
                [
                    ("localhost", "/plain/x?y", "app /plain/x?y"), ("localhost", "/strip", "app /"),
                    ("localhost", "/strip/", "app /"),
                    ("localhost", "/strip//x", "app /x"), ("localhost", "/strip/a//b", "app /a//b"),
                    ("localhost", "/new/x", "app /v2/x"),
                    ("localhost", "/new", "app /v2"), ("localhost", "/newer/x?q", "app /v3/x?q"),
                    ("localhost", "/newer", "app /v3/"),
                    ("localhost", "/strip?a=b", "app /?a=b"), ("localhost", "/strip/%2Fx", "app /x"),
                ])
        }
    }

    @Test("no spelling of a path leads around its route")
    func spellings() async throws {
        let port = try FreePort()
        let all = try upstreams(["public", "admin"])
        let routes = [("/", "public", ""), ("/admin", "admin", "")]
        try await Gatehouse.serving(site(port, host: "localhost", all, routes: routes)) { _ in
            try await ask(
                port,
                [
                    ("localhost", "/x/../admin", "admin /admin"), ("localhost", "/%61dmin", "admin /admin"),
                    ("localhost", "/./admin/", "admin /admin/"), ("localhost", "/x/%2e%2E/admin", "admin /admin"),
                    ("localhost", "//admin", "admin //admin"), ("localhost", "/admin;x=1/users", "admin /admin;x=1/users"),
                    ("localhost", "/%2Fadmin", "admin /%2Fadmin"), ("localhost", "/admin%2Fx", "admin /admin%2Fx"),
                    ("localhost", "/admin/../x", "public /x"), ("localhost", "/x/..%2Fadmin", "400"), ("localhost", "/..", "400"),
                    ("localhost", "/../admin", "400"), ("localhost", "/x\\..\\admin", "400"),
                    ("localhost", "/x%5c..%5cadmin", "400"),
                    ("localhost", "/x/..;/admin", "400"), ("localhost", "/%00admin", "400"), ("localhost", "/%zz", "400"),
                    ("localhost", "/%252e%252e/admin", "public /%252e%252e/admin"), ("localhost", "/admin#x", "400"),
                    ("localhost", "http://localhost/x/../admin", "admin /admin"),
                ])
        }
    }

    @Test("a path without a route and without files is 404, and says so in the form asked for")
    func noRoute() async throws {
        let port = try FreePort()
        let all = try upstreams(["app"])
        try await Gatehouse.serving(site(port, host: "localhost", all, routes: [("/app", "app", "")])) { gatehouse in
            let page = try await Command.curl(["-i", "-H", "Accept: text/html", "http://127.0.0.1:\(port)/<none>"])
            #expect(page.text.hasPrefix("HTTP/1.1 404 "), "\(page)")
            #expect(page.text.contains("Content-Type: text/html") && page.text.contains("<h1>404 Not Found</h1>"))
            #expect(page.text.contains("Proxy-Status: gatehouse; error=http_request_denied; details=\"no_route\""))
            let json = try await Command.curl(["-i", "-H", "Accept: application/json", "http://127.0.0.1:\(port)/none"])
            #expect(json.text.contains("Content-Type: application/json"), "\(json)")
            #expect(json.text.contains("{\"status\":404,\"reason\":\"no_route\","), "\(json)")
            #expect(json.text.contains("Proxy-Status: "))
            #expect(try await gatehouse.access("/none")["reason"] == "no_route")
        }
    }

    @Test("round robin spreads requests evenly over the servers of one name, over several workers together")
    func roundRobin() async throws {
        let port = try FreePort()
        let servers = try (0..<3).map { _ in ("pool", try Upstream.saying("x")) }
        let toml = site(port, host: "localhost", servers, routes: [("/", "pool", "")])
        try await Gatehouse.serving(toml, workers: 3) { _ in
            // A connection for each request, so that the kernel spreads them over the workers.
            for _ in 0..<60 {
                try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    #expect(try wire.readAnswer().status == 200)
                }
            }
        }
        #expect(servers.map { $0.1.requests.all.count } == [20, 20, 20])
    }

    @Test("weighted spreads them by weight, and a weight of 0 takes a server out")
    func weighted() async throws {
        let port = try FreePort()
        let servers = try (0..<3).map { _ in try Upstream.saying("x") }
        let entries = zip(servers, [3, 1, 0]).map {
            "[[sites.proxy.upstreams]]\nname = \"pool\"\nurl = \"http://127.0.0.1:\($0)\"\nweight = \($1)"
        }
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            [sites.proxy]
            enabled = true
            \(entries.joined(separator: "\n"))
            [[sites.proxy.routes]]
            path = "/"
            upstream = "pool"
            [sites.proxy.load_balancing]
            method = "weighted"
            """
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                for _ in 0..<40 {
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try wire.readAnswer().status == 200)
                }
            }
        }
        #expect(servers.map { $0.requests.all.count } == [30, 10, 0])
    }

    @Test("an upstream that refuses is passed over for another of its name")
    func passedOver() async throws {
        let (port, dead) = try (FreePort(), FreePort())
        let alive = try Upstream.saying("alive")
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "pool"
            url = "http://127.0.0.1:\(dead)"
            [[sites.proxy.upstreams]]
            name = "pool"
            url = "http://127.0.0.1:\(alive)"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "pool"
            """
        try await Gatehouse.serving(toml) { _ in
            try await ask(port, Array(repeating: ("localhost", "/", "alive"), count: 6))
        }
    }
}
