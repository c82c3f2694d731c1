import TestSupport
import Testing

/// Routes and sites that answer by themselves.
@Suite("Without an upstream")
struct OwnAnswerRouteTests {
    private static func site(_ port: FreePort, _ keys: String, host: String = "localhost", more: String = "") -> String {
        """
        [[sites]]
        hostname = "\(host)"
        port = \(port)
        \(keys)
        \(more)
        """
    }

    private func asked(
        _ port: FreePort, _ request: String, host: String = "localhost", fields: String = ""
    ) async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            let isHead = request.hasPrefix("HEAD ")
            try wire.write("\(request) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n")
            return try wire.readAnswer(toHead: isHead)
        }
    }

    private static let redirects = """
        [[sites.routes]]
        path = "/old/"
        redirect = "/blog{remainder}?{query}"
        [[sites.routes]]
        path = "/away"
        redirect = "https://other.test{uri}"
        redirect_status = 301
        [[sites.routes]]
        path = "/any"
        redirect = "{remainder}"
        [[sites.routes]]
        path = "/here"
        redirect = "{scheme}://{host}:{port}/{method}/{http_version}/{client_ip}"
        """

    @Test(
        "a route sends its clients elsewhere",
        arguments: [
            ("GET /old/a/b?x=1", 302, "/blog/a/b?x=1"), ("GET /old", 302, "/blog"), ("GET /old?", 302, "/blog"),
            ("GET /old/%2F%2Fevil.test/", 302, "/blog/evil.test/"),
            ("POST /old/a", 307, "/blog/a"), ("GET /away", 301, "https://other.test/away"),
            ("GET /away/../away/x?y=http://z", 301, "https://other.test/away/x?y=http://z"),
            ("GET /away//evil.test", 301, "https://other.test/away//evil.test"), ("HEAD /away", 301, "https://other.test/away"),
            ("GET /any//evil.test/x", 302, "/evil.test/x"), ("GET /any/%2Fevil.test", 302, "/evil.test"), ("GET /any", 302, "/"),
            ("GET /here", 302, "http://localhost:PORT/GET/1.1/127.0.0.1"),
            ("GET /away/%E2%80%A8é%7f", 400, nil), ("GET /away/%0d%0aX-Evil:%201", 400, nil),
        ] as [(String, Int, String?)])
    func redirects(request: String, status: Int, location: String?) async throws {
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, Self.redirects)) { gatehouse in
            let answer = try await asked(port, request)
            #expect(answer.status == status, "\(answer)")
            #expect(answer.value("Location") == location?.replacing("PORT", with: "\(port)"))
            #expect(answer.value("X-Evil") == nil)
            guard let location, let target = request.split(separator: " ").last, !location.contains("/..") else { return }
            #expect(answer.value("Proxy-Status") == "gatehouse; details=\"redirect\"")
            #expect(try await gatehouse.access(String(target))["route"] != nil)
        }
    }

    @Test("a redirect to a host that the request does not name is refused")
    func noHost() async throws {
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, "redirect = \"https://{host}{uri}\"")) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /x HTTP/1.0\r\n\r\n")
                return try wire.readAnswer()
            }
            #expect(answer.status == 400)
        }
    }

    @Test("a whole site redirects, but for what its routes take")
    func site() async throws {
        let port = try FreePort()
        let route = "[[sites.routes]]\npath = \"/stays\"\nrespond = { body = \"here\" }"
        try await Gatehouse.serving(Self.site(port, "redirect = \"https://new.test{uri}\"", more: route)) { _ in
            let got1 = try await asked(port, "GET /a?b")
            #expect(got1.value("Location") == "https://new.test/a?b")
            let got2 = try await asked(port, "GET /stays/x")
            #expect(got2.text == "here")
        }
    }

    @Test("www goes to the apex by one line, over TLS and in both versions of HTTP", arguments: [302, 308])
    func apex(status: Int) async throws {
        let (port, certificates) = (try FreePort(), try await Certificates.ready())
        let toml = """
            [[sites]]
            hostname = "localhost"
            redirect_hostnames = ["www.localhost"]
            \(status == 302 ? "" : "redirect_status = \(status)")
            port = \(port)
            respond = { body = "apex" }
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { _ in
            for version in ["--http1.1", "--http2"] {
                let arguments = [version, "-k", "-i", "--resolve", "www.localhost:\(port):127.0.0.1"]
                let moved = try await Command.curl2(certificates, arguments + ["https://www.localhost:\(port)/a/b?c=d"])
                #expect(moved.text.split(separator: " ").dropFirst().first == "\(status)", "\(moved)")
                #expect(moved.text.lowercased().contains("\r\nlocation: https://localhost:\(port)/a/b?c=d\r\n"), "\(moved)")
                let stays = try await Command.curl2(certificates, arguments + ["https://localhost:\(port)/a"])
                #expect(stays.text.hasSuffix("\r\n\r\napex"), "\(stays)")
            }
        }
    }

    @Test("a fixed error without a body has the site's page for its status, as any other error; one with a body has that")
    func maintenance() async throws {
        let (port, directory) = (try FreePort(), try TemporaryDirectory())
        try directory.write("public/down.html", "<h1>Back at noon</h1>")
        try directory.write("public/logo.svg", "<svg/>")
        let keys = """
            static_dir = "\(directory.path)/public"
            error_pages = { 503 = "down.html", 404 = "gone.html" }
            [[sites.routes]]
            exact = "/logo.svg"
            files = true
            [[sites.routes]]
            path = "/said/"
            respond = { status = 503, body = "said" }
            [[sites.routes]]
            path = "/none/"
            respond = { status = 404 }
            [[sites.routes]]
            path = "/"
            respond = { status = 503, headers = { Retry-After = "3600" } }
            """
        try await Gatehouse.serving(Self.site(port, keys)) { gatehouse in
            for target in ["/", "/a/b?c", "/down.html"] {
                let answer = try await asked(port, "GET \(target)")
                #expect(answer.status == 503 && answer.text == "<h1>Back at noon</h1>", "\(answer)")
                #expect(answer.value("Content-Type") == "text/html; charset=utf-8")
                #expect(answer.value("Retry-After") == "3600" && answer.value("Cache-Control") == "no-store")
                #expect(answer.value("Proxy-Status") == "gatehouse; details=\"respond\"")
            }
            let head = try await asked(port, "HEAD /")
            #expect(head.status == 503 && head.value("Content-Length") == "21" && head.text.isEmpty, "\(head)")
            #expect(try await asked(port, "GET /logo.svg").text == "<svg/>")
            #expect(try await asked(port, "GET /said/x").text == "said")
            let none = try await asked(port, "GET /none/x")
            #expect(none.status == 404 && none.text.isEmpty, "\(none)")
            #expect(try await gatehouse.access("/a/b?c")["route"] == "/")
        }
    }

    @Test("a fixed answer has its status, its content and its fields")
    func fixed() async throws {
        let port = try FreePort()
        let routes = """
            [[sites.routes]]
            path = "/favicon.ico"
            respond = { status = 204 }
            [[sites.routes]]
            path = "/robots.txt"
            [sites.routes.respond]
            body = "User-agent: *\\nDisallow: /\\n"
            headers = { "Cache-Control" = "max-age=60", "X-For" = "{client_ip}" }
            [[sites.routes]]
            path = "/gone"
            [sites.routes.respond]
            status = 410
            content_type = "application/json"
            body = '{"gone":true}'
            """
        try await Gatehouse.serving(Self.site(port, routes)) { gatehouse in
            let none = try await asked(port, "GET /favicon.ico")
            #expect(none.status == 204 && none.body.isEmpty)
            #expect(none.value("Content-Type") == nil && none.value("Content-Length") == nil)
            let robots = try await asked(port, "GET /robots.txt")
            #expect(robots.status == 200 && robots.text == "User-agent: *\nDisallow: /\n", "\(robots)")
            #expect(robots.value("Content-Type") == "text/plain; charset=utf-8")
            #expect(robots.value("Cache-Control") == "max-age=60" && robots.value("X-For") == "127.0.0.1")
            #expect(robots.value("X-Frame-Options") == "DENY")
            #expect(try await gatehouse.access("/robots.txt")["route"] == "/robots.txt")
            let head = try await asked(port, "HEAD /robots.txt")
            #expect(head.value("Content-Length") == "26" && head.body.isEmpty)
            let gone = try await asked(port, "DELETE /gone/x")
            #expect(gone.status == 410 && gone.text == "{\"gone\":true}")
            #expect(gone.value("Content-Type") == "application/json")
            #expect(gone.values("Cache-Control") == ["no-store"])
        }
    }
}
