import Foundation
import TestSupport
import Testing

/// What `gatehouse explain` says of a request, held against what becomes of it.
@Suite("gatehouse explain")
struct ExplainTests {
    private func toml(_ port: FreePort, _ upstream: UInt16) -> String {
        """
        [security]
        hide_server_header = true
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "public"
        [sites.headers]
        X-Shop = "1"
        [sites.request_headers]
        set = { X-Env = "prod {method}" }
        remove = ["X-Debug"]
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)/base"
        [sites.proxy.headers]
        add_request_id = false
        [[sites.proxy.routes]]
        path = "/api/"
        upstream = "app"
        strip_prefix = true
        [[sites.proxy.routes]]
        path = "/api/v2/"
        upstream = "app"
        match = { methods = ["POST"], headers = { X-Beta = "1" } }
        [sites.proxy.routes.request_headers]
        set = { X-Env = "v2" }
        add = { X-Route = "{path}" }
        [[sites.routes]]
        regex = "^/item/([0-9]+)$"
        upstream = "app"
        rewrite = "/things/{1}?from={client_ip}"
        [[sites.routes]]
        exact = "/old"
        redirect = "/new{query}"
        [[sites.routes]]
        path = "/fixed/"
        [sites.routes.respond]
        status = 418
        body = "tea"
        """
    }

    struct Asked: Sendable, CustomTestStringConvertible {
        var target: String
        var arguments: [String] = []
        /// Key path of the route that takes it; nil: none.
        var route: String?
        var testDescription: String { ([target] + arguments).joined(separator: " ") }
    }

    private static let asked = [
        Asked(target: "/api/x?y=1", route: "sites[0].proxy.routes[0]"),
        Asked(target: "/api/../api//v2/%41;p", route: "sites[0].proxy.routes[0]"),
        Asked(
            target: "/api/v2/x", arguments: ["-X", "POST", "-H", "X-Beta: 1", "-H", "X-Debug: 2", "-H", "X-Env: mine"],
            route: "sites[0].proxy.routes[1]"),
        Asked(
            target: "/api/v2/x",
            arguments: ["-X", "POST", "-H", "X-Beta: 2", "-H", "Connection: X-Hop", "-H", "X-Hop: 1", "-H", "X_Under: 1"],
            route: "sites[0].proxy.routes[0]"),
        Asked(
            target: "/item/17?x=1",
            arguments: ["-H", "Forwarded: for=1.2.3.4", "-H", "X-Forwarded-For: 1.2.3.4", "-H", "TE: trailers"],
            route: "sites[0].routes[0]"),
        Asked(target: "/old?a", route: "sites[0].routes[1]"),
        Asked(target: "/fixed/x", route: "sites[0].routes[2]"),
        Asked(target: "/f.txt"), Asked(target: "/f.txt", arguments: ["-X", "DELETE"]), Asked(target: "/public%2Ff.txt"),
        Asked(target: "/api/x", arguments: ["-X", "TRACE", "-H", "Max-Forwards: 0"]),
        Asked(target: "/api/%00"),
    ]

    private func explain(_ file: String, _ url: String, _ arguments: [String]) async throws -> [String: Any] {
        let outcome = try await Command.run(Place.gatehouse, ["explain", "-c", file, "--json"] + arguments + [url])
        #expect(outcome.code == 0, "\(outcome)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    }

    @Test(
        "says to the byte what an upstream gets, which route takes a request, and with what status it is answered",
        arguments: asked)
    func agrees(_ asked: Asked) async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("ok"))
        let directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        let file = try directory.write("gatehouse.toml", toml(port, upstream.port))
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let url = "http://localhost:\(port)\(asked.target)"
        let quiet = ["-H", "User-Agent: t", "-H", "Accept: */*"]
        let real = try await Command.curl(
            ["--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", "--resolve", "localhost:\(port):127.0.0.1"] + quiet
                + asked.arguments + [url])
        let outcome = try await Command.run(
            Place.gatehouse, ["explain", "-c", file, "--json"] + quiet + asked.arguments + [url], directory: directory.path)
        #expect(outcome.code == 0, "\(outcome)")
        let said = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        let routes = said["routes"] as? [[String: Any]] ?? []
        #expect(routes.first { $0["is_taken"] as? Bool == true }?["key"] as? String == asked.route, "\(outcome)")
        #expect("\(said["status"] as? Int ?? 200)" == real.text, "\(outcome)")
        if let to = said["upstream"] as? [String: Any] {
            let got = try #require(upstream.requests.all.last)
            let lines = (to["fields"] as? [[String: Any]] ?? []).compactMap { field in
                field["value"].map { "\(field["name"] ?? ""): \($0)" }
            }
            // The port that the client's system chose is not known beforehand.
            func settled(_ line: String) -> String { line.replacing(/127\.0\.0\.1:\d{5}/, with: "127.0.0.1:0") }
            #expect(([to["request_line"] as? String ?? ""] + lines).map(settled) == got.lines.map(settled), "\(outcome)")
        } else {
            #expect(upstream.requests.all.isEmpty)
        }
        process.terminate()
        _ = try await process.exit()
    }

    @Test(
        "says what an upstream gets of a trace, and which identifier of a request: a trusted proxy's, or new ones",
        arguments: [true, false])
    func trace(isTrusted: Bool) async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("ok"))
        let directory = try TemporaryDirectory()
        let text = """
            [tracing]
            endpoint = "http://127.0.0.1:1"
            sample_one_in = 1
            [security]
            trusted_proxies = ["127.0.0.\(isTrusted ? 1 : 2)"]
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            proxy.enabled = true
            proxy.headers.add_request_id = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream.port)"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            """
        let file = try directory.write("gatehouse.toml", text)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let fields = ["-H", "traceparent: \(trace)", "-H", "tracestate: a=b", "-H", "X-Request-ID: given"]
        let real = try await Command.curl(fields + ["http://localhost:\(port)/"])
        #expect(real.text == "ok", "\(real)")
        // What is made anew for each request.
        let new = isTrusted ? /-[0-9a-f]{16}-/ : /[0-9a-f]{16,}/
        func settled(_ line: String) -> String { line.replacing(new, with: "-") }
        func ofInterest(_ line: String) -> Bool {
            ["trace", "x-request-id"].contains { line.lowercased().hasPrefix($0) }
        }
        let said = try await explain(file, "http://localhost:\(port)/", fields)
        let told = (said["upstream"] as? [String: Any])?["fields"] as? [[String: Any]] ?? []
        let lines = told.compactMap { field in field["value"].map { "\(field["name"] ?? ""): \($0)" } }.filter(ofInterest)
        let got = try #require(upstream.requests.all.last).lines.filter(ofInterest)
        #expect(lines.map(settled) == got.map(settled), "\(said)")
        #expect(lines.contains("X-Request-ID: given") == isTrusted && lines.contains("tracestate: a=b") == isTrusted, "\(lines)")
        let changed = told.filter { ($0["name"] as? String)?.hasPrefix("trace") == true && $0["change"] as? String != "kept" }
        #expect(changed.allSatisfy { $0["key"] as? String == "tracing.endpoint" }, "\(told)")
        #expect(changed.count == (isTrusted ? 1 : 2), "\(told)")
        process.terminate()
        _ = try await process.exit()
    }

    @Test("names the line of every rule that mattered")
    func places() async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        let text = toml(port, 3000)
        let file = try directory.write("gatehouse.toml", text)
        func line(_ beginning: String) -> Int {
            (text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasPrefix(beginning) } ?? -2) + 1
        }
        let outcome = try await Command.run(
            Place.gatehouse,
            [
                "explain", "-c", file, "-X", "POST", "-H", "X-Beta: 2", "-H", "X-Debug: 1",
                "http://localhost:\(port)/api/v2/x",
            ], directory: directory.path)
        #expect(outcome.code == 0, "\(outcome)")
        for expected in [
            "site         shop: \"localhost\" is one of its names  (\(file):\(line("hostname")):",
            "X-Debug: 1", "# remove  (\(file):\(line("remove")):",
            "# set  (\(file):\(line("set = { X-Env = \"prod")):",
            "the path matches, but not its header x-beta=1",
            ">  http://127.0.0.1:3000/base  weight 1  the first in turn", "to the server: POST /base/v2/x HTTP/1.1",
            "set X-Shop: 1", "security.hide_server_header  remove Server  (\(file):2:",
            "sites[0].proxy.timeout.read", "(default)", "limits.half_close_grace",
        ] {
            #expect(outcome.text.contains(expected), "\(expected)\n\(outcome.text)")
        }
        #expect(outcome.text.contains("result       to upstream app\n"), "\(outcome.text)")
    }

    @Test("a URL of ws is the handshake of a WebSocket, and a route that takes none is said to take none")
    func webSocket() async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:3000"
            [[sites.routes]]
            path = "/ws"
            upstream = "app"
            websocket = true
            [[sites.routes]]
            path = "/other"
            upstream = "app"
            """)
        func said(_ url: String, _ arguments: [String] = []) async throws -> String {
            let outcome = try await Command.run(Place.gatehouse, ["explain", "-c", file] + arguments + [url])
            #expect(outcome.code == 0, "\(outcome)")
            return outcome.text
        }
        let key = "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="
        let taken = try await said("ws://localhost:\(port)/ws", ["-H", key])
        for expected in ["result       to upstream app, as a WebSocket\n", "Upgrade: websocket\n", key, "limits.tunnel_idle "] {
            #expect(taken.contains(expected), "\(expected)\n\(taken)")
        }
        #expect(!taken.contains("dGhlIHNhbXBsZSBub25jZQ=="), "\(taken)")
        let other = try await said("WS://localhost:\(port)/other")
        #expect(other.contains("to upstream app, without its upgrade: the route has no websocket = true\n"), "\(other)")
        let plain = try await said("http://localhost:\(port)/ws")
        #expect(plain.contains("to upstream app\n") && !plain.contains("Upgrade"), "\(plain)")
        let wrong = try await Command.run(Place.gatehouse, ["explain", "-c", file, "localhost/ws"])
        #expect(wrong.code == 1 && wrong.errors.contains("is no URL of http, https, ws or wss"), "\(wrong)")
        let two = try await Command.run(Place.gatehouse, ["explain", "-c", file, "-X", "GET IT", "http://localhost:\(port)/ws"])
        #expect(two.code == 1 && two.errors.contains("\"GET IT\" is no method"), "\(two)")
    }

    @Test("names the lines of what must be passed, and those of names that are sent elsewhere")
    func passage() async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        try directory.write("users", "ann:$2b$05$PJ5UHoWVFuhp8XN8BSuM6.UjHd3nxGC7.wSfYA7c5TNWomx9hYhWy\n")
        try directory.write("blocked", "192.0.2.0/24\n")
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            hostname = "a.test"
            hostnames = ["b.test"]
            redirect_hostnames = ["www.a.test"]
            listen = "127.0.0.1"
            port = \(port)
            access = { deny_ips_file = "blocked", allow_ips = ["all"] }
            rate_limit = { requests_per_minute = 60 }
            [[sites.routes]]
            path = "/admin/"
            respond = { body = "a" }
            access = { require_auth = true, auth_file = "users" }
            [[sites.routes]]
            exact = "/open"
            respond = { body = "b" }
            """)
        func said(_ arguments: [String]) async throws -> String {
            let outcome = try await Command.run(
                Place.gatehouse, ["explain", "-c", file] + arguments, directory: directory.path)
            #expect(outcome.code == 0, "\(outcome)")
            return outcome.text
        }
        let admin = try await said(["http://a.test:\(port)/admin/x"])
        for expected in [
            "sites[0].routes[0].access.auth_file  a password is asked for", "(\(file):12:45)",
            "sites[0].access.deny_ips_file        those in blocked may not come", "(\(file):7:28)",
            "sites[0].access.allow_ips", "(\(file):7:51)", "sites[0].rate_limit", "(\(file):8:14)",
        ] {
            #expect(admin.contains(expected), "\(expected)\n\(admin)")
        }
        let elsewhere = try await said(["http://www.a.test:\(port)/admin/x"])
        #expect(elsewhere.contains("\"www.a.test\" is one of its names  (\(file):4:22)"), "\(elsewhere)")
        #expect(elsewhere.contains("/  the path matches  (\(file):4:22)"), "\(elsewhere)")
        #expect(!elsewhere.contains("routes[0]"), "\(elsewhere)")
        let open = try await said(["http://b.test:\(port)/open"])
        #expect(open.contains("(\(file):3:13)") && open.contains("the path matches  (\(file):14:9)"), "\(open)")
        let refused = try await said(["--client", "192.0.2.9", "http://a.test:\(port)/open"])
        #expect(refused.contains("403, refused (sites.access.deny_ips_file)"), "\(refused)")
    }

    @Test("names the line of what is written in another's words, and the table in which a route is written")
    func spellings() async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            hostname = "a.test"
            listen = "127.0.0.1"
            port = \(port)
            internal_api = true
            [sites.access_control]
            blocked_ips = ["192.0.2.0/24"]
            [[sites.routes]]
            path = "/admin/"
            respond = { body = "a" }
            access = { deny_ips = ["198.51.100.0/24"] }
            [[sites.routes]]
            path = "/"
            respond = { body = "b" }
            """)
        func said(_ arguments: [String]) async throws -> String {
            let outcome = try await Command.run(Place.gatehouse, ["explain", "-c", file] + arguments)
            #expect(outcome.code == 0, "\(outcome)")
            return outcome.text
        }
        let open = try await said(["http://a.test:\(port)/open"])
        #expect(open.contains("sites[0].access.deny_ips  these may not come  (\(file):7:15)"), "\(open)")
        let health = try await said(["http://a.test:\(port)/api/health"])
        #expect(health.contains("exact /api/health  ") && health.contains("path and conditions match  (\(file):5:"), "\(health)")
        let refused = try await said(["--client", "198.51.100.1", "http://a.test:\(port)/admin/"])
        #expect(refused.contains("403, refused (sites.routes.access.deny_ips)"), "\(refused)")
    }

    @Test("says why a request never gets as far as a route")
    func refused() async throws {
        let (port, tls) = (try FreePort(), try FreePort())
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            hostname = "a.test"
            port = \(tls)
            [sites.respond]
            body = "a"
            [sites.ssl]
            enabled = true
            cert_file = "\(certificates.local.certificate)"
            key_file = "\(certificates.local.key)"
            [[sites]]
            hostname = "b.test"
            port = \(port)
            [sites.access]
            deny_ips = ["192.0.2.0/24"]
            [sites.respond]
            body = "b"
            """)
        func says(_ arguments: [String], _ words: String, _ status: Int?) async throws {
            let said = try await explain(file, arguments.last ?? "", Array(arguments.dropLast()))
            #expect((said["result"] as? String)?.contains(words) == true && said["status"] as? Int == status, "\(said)")
        }
        try await says(["http://a.test:\(tls)/"], "use https://", 400)
        try await says(["https://b.test:\(port)/"], "the TLS handshake fails", nil)
        try await says(["-H", "Host: b.test", "https://a.test:\(tls)/"], "a fixed answer", 200)
        try await says(["--client", "192.0.2.9", "http://b.test:\(port)/"], "refused (sites.access.deny_ips", 403)
        try await says(["-H", "Content-Length: x", "http://b.test:\(port)/"], "refused", 400)
        let other = try await explain(file, "http://other.test:\(port)/", [])
        #expect(((other["site"] as? [String: Any])?["why"] as? String)?.contains("its default") == true, "\(other)")
        let secure = try await explain(file, "https://a.test:\(tls)/", [])
        #expect((secure["certificate"] as? [String: Any])?["file"] as? String == certificates.local.certificate, "\(secure)")
        let nobody = try await Command.run(Place.gatehouse, ["explain", "-c", file, "http://a.test:1/"])
        #expect(nobody.code == 1 && nobody.errors.contains("nothing listens on port 1; there is: "), "\(nobody)")
        for wrong in [["ftp://a.test/"], ["http://a b/"], ["-H", "nocolon", "http://b.test:\(port)/"]] {
            #expect(try await Command.run(Place.gatehouse, ["explain", "-c", file] + wrong).code == 1, "\(wrong)")
        }
    }
}
