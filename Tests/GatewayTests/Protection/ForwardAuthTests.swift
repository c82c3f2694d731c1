import TestSupport
import Testing

/// `[sites.forward_auth]`, with an auth server that knows sessions by their cookie, as oauth2-proxy and Authelia do.
@Suite("A server that says who may pass")
struct ForwardAuthTests {
    /// Lets the session `ann` in and renews it; sends others to a login page.
    private static func authServer() throws -> Upstream {
        try Upstream.answering { request in
            let cookie = request.value("Cookie") ?? ""
            if cookie.contains("session=ann") {
                return "HTTP/1.1 202 Accepted\r\nRemote-User: ann\r\nRemote-Groups: admin,dev\r\n"
                    + "X-Tenant: a\r\nSet-Cookie: session=ann2; HttpOnly\r\nX-Other: stays\r\nContent-Length: 0\r\n\r\n"
            }
            if cookie.contains("session=banned") {
                return "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno!"
            }
            let target = request.value("X-Forwarded-Uri") ?? ""
            return "HTTP/1.1 302 Found\r\nLocation: https://login.test/?rd=\(target)\r\nSet-Cookie: csrf=1\r\nDate: x\r\n"
                + "Connection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\nlogin"
        }
    }

    private static func keys(_ url: String, _ more: String = "") -> String {
        """
        [sites.forward_auth]
        url = "\(url)"
        copy_headers = ["Remote-User", "Remote-Groups", "X-Tenant"]
        user_header = "Remote-User"
        timeout = \(more.isEmpty ? "60" : more)
        """
    }

    private static let questions = [
        ("GET", "/f.txt", ""), ("HEAD", "/f.txt", ""), ("POST", "/app/x", "Content-Length: 0\r\n"), ("GET", "/none", ""),
        ("GET", "/app/ws", GuardedSite.handshake),
    ]

    @Test("lets pass whom it knows, and tells the upstream who it is")
    func passing() async throws {
        let auth = try Self.authServer()
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/api/verify?rd=x"))
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            let forged = "Cookie: session=ann\r\nRemote-User: root\r\nREMOTE-GROUPS: wheel\r\nx-tenant: b\r\n"
            let rest = "If-None-Match: \"x\"\r\nX-Secret: 1\r\nConnection: X-Secret\r\nX-Own: 1\r\nContent-Length: 3\r\n"
            let answer = try await onThread {
                let wire = try Wire(to: site.port.number)
                try wire.write("POST /app/../app/x?q=1 HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n")
                try wire.write("X-Forwarded-Proto: https\r\n\(forged)\(rest)\r\nabc")
                return try wire.readAnswer()
            }
            #expect(answer.status == 200 && answer.text == "app" && answer.values("Set-Cookie") == ["session=ann2; HttpOnly"])
            let seen = try await site.upstream.requests.first(1)[0]
            #expect(seen.values("Remote-User") == ["ann"] && seen.values("Remote-Groups") == ["admin,dev"], "\(seen)")
            #expect(seen.values("X-Tenant") == ["a"], "\(seen)")
            #expect(seen.values("X-Other") == [] && seen.text == "abc" && seen.value("Cookie") == "session=ann", "\(seen)")
            let asked = try await auth.requests.first(1)[0]
            #expect(asked.start == "GET /api/verify?rd=x HTTP/1.1" && asked.value("Host") == "127.0.0.1:\(auth)")
            for (name, value) in [
                ("X-Forwarded-Method", "POST"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "localhost"),
                ("X-Forwarded-Uri", "/app/x?q=1"), ("X-Forwarded-For", "192.0.2.7"), ("X-Original-Method", "POST"),
                ("X-Original-URL", "https://localhost/app/x?q=1"), ("Cookie", "session=ann"), ("X-Own", "1"),
            ] { #expect(asked.values(name) == [value], "\(name): \(asked)") }
            // Nor does the server read the client's own words in fields that it alone fills.
            for name in ["If-None-Match", "X-Secret", "Content-Length", "Remote-User", "Remote-Groups", "X-Tenant"] {
                #expect(asked.values(name) == [], "\(name): \(asked)")
            }
            #expect(try await gatehouse.access("/app/../app/x?q=1")["user"] == "ann")
        }
    }

    @Test("what it says in several lines goes on in as many: a field for each group")
    func groups() async throws {
        let auth = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nRemote-Groups: a\r\nRemote-User: ann\r\nremote-groups: b, c\r\nContent-Length: 0\r\n\r\n"
        }
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/app/x").status == 200)
            let seen = try await site.upstream.requests.first(1)[0]
            #expect(seen.values("Remote-Groups") == ["a", "b, c"] && seen.values("Remote-User") == ["ann"], "\(seen)")
        }
    }

    /// Some servers know names in Latin-1: two of them must not become one.
    @Test("what it says goes on byte for byte, also what is no UTF-8")
    func bytes() async throws {
        let auth = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                let isRefused = request.value("X-Forwarded-Uri") == "/app/no"
                let head = isRefused ? "HTTP/1.1 401 Unauthorized\r\nX-Tenant: M" : "HTTP/1.1 200 OK\r\nRemote-User: M"
                try wire.write(Array(head.utf8) + [0xFC] + Array("ller\r\nContent-Length: 0\r\n\r\n".utf8))
            }
        }
        let heads = Journal<[UInt8]>("heads that the upstream gets")
        let upstream = try Upstream { _, wire in
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try wire.read(1) }
            heads.append(head)
            try wire.write(Upstream.ok("app"))
        }
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/"))
        let toml = site.toml.replacing("127.0.0.1:\(site.upstream)", with: "127.0.0.1:\(upstream)")
        try await Gatehouse.serving(toml) { _ async throws in
            #expect(try await site.ask("/app/x").text == "app")
            let refused = try await onThread {
                let wire = try Wire(to: site.port.number)
                try wire.write("GET /app/no HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return try wire.readToEnd().bytes
            }
            let passed = try await heads.first(1)[0]
            for (bytes, name) in [(passed, "Remote-User"), (refused, "X-Tenant")] {
                // The byte that is no UTF-8 as one that is.
                let text = String(decoding: bytes.map { $0 == 0xFC ? UInt8(ascii: "~") : $0 }, as: UTF8.self)
                #expect(text.contains("\r\n\(name): M~ller\r\n"), "\(text)")
            }
        }
    }

    /// An auth server takes the first field, the last, or both joined: any of the client's would be believed.
    @Test("reads about the request in our words alone, whatever the client says of it")
    func claims() async throws {
        let auth = try Self.authServer()
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { _ async throws in
            let names = ["Method", "Uri", "URI", "URL", "Path", "Query", "Prefix", "Proto", "Host", "For"]
            // In these three a trusted proxy, as the test is, has its say.
            let words =
                names.dropLast(3).map { "X-Forwarded-\($0): forged\r\n" }
                + ["X-Original-", "x-original-", "X_Original_", "X.Original."].flatMap { family in
                    names.map { "\(family)\($0): forged\r\n" }
                }
            let answer = try await site.ask("/app/x", "DELETE", fields: "Cookie: session=ann\r\n" + words.joined())
            #expect(answer.status == 200)
            let asked = try await auth.requests.first(1)[0]
            #expect(asked.values("X-Original-Method") == ["DELETE"] && asked.values("X-Forwarded-Method") == ["DELETE"])
            #expect(!"\(asked)".contains("forged"), "\(asked)")
        }
    }

    @Test("has its say on everything, and what is no yes is the client's answer")
    func others() async throws {
        let auth = try Self.authServer()
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            for (method, target, fields) in Self.questions {
                let answer = try await site.ask(target, method, fields: fields)
                #expect(answer.status == 302 && answer.values("Location") == ["https://login.test/?rd=\(target)"], "\(answer)")
                #expect(answer.values("Set-Cookie") == ["csrf=1"] && answer.text == (method == "HEAD" ? "" : "login"))
                #expect(answer.values("Date").count == 1 && answer.value("Date") != "x" && answer.values("X-Hop") == [])
                #expect(answer.values("Cache-Control") == ["no-store"] && answer.value("Content-Length") == "5", "\(answer)")
                let banned = try await site.ask(target, method, fields: fields + "Cookie: session=banned\r\n")
                #expect(banned.status == 403 && banned.text == (method == "HEAD" ? "" : "no!"), "\(banned)")
            }
            #expect(site.upstream.requests.all.isEmpty)
            #expect(try await gatehouse.access(reason: "forward_auth")["status"] == "302")
            #expect(try await site.ask("/f.txt", fields: "Cookie: session=ann\r\n").text == "file")
        }
    }

    @Test("is asked over HTTP/2 too, for each stream")
    func http2() async throws {
        let certificates = try await Certificates.ready()
        let auth = try Self.authServer()
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"), ssl: certificates.ssl())
        try await Gatehouse.serving(site.toml) { _ async throws in
            for (session, text) in [("ann", "app200"), ("banned", "no!403"), ("", "login302")] {
                let answer = try await Command.curl2(
                    certificates,
                    ["https://localhost:\(site.port)/app/x", "-b", "session=\(session)", "-w", "%{http_code}"])
                #expect(answer.text == text, "\(answer)")
            }
            #expect(try await auth.requests.first(3).allSatisfy { $0.value("X-Forwarded-Proto") == "https" })
        }
    }

    @Test(
        "that cannot be asked, or says what is no answer, lets nobody pass",
        arguments: [
            "", "HTTP/1.1 200\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "nonsense\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
            // Two users, of whom the upstream would take the one or the other.
            "HTTP/1.1 200 OK\r\nRemote-User: ann\r\nRemote-Groups: a\r\nremote-user: root\r\nContent-Length: 0\r\n\r\n",
        ])
    func failures(said: String) async throws {
        let auth = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write(said)
        }
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            for target in ["/f.txt", "/app/x"] {
                let answer = try await site.ask(target, fields: "Cookie: session=ann\r\n")
                #expect(answer.status == 503, "\(answer)")
                #expect(answer.value("Proxy-Status")?.contains("forward_auth_failed") == true)
                #expect(!answer.text.contains("127.0.0.1"), "\(answer)")
            }
            #expect(site.upstream.requests.all.isEmpty)
            let entry = try await gatehouse.access(reason: "forward_auth_failed")
            #expect(entry["detail"]?.hasPrefix("http://127.0.0.1:\(auth)/verify: ") == true && entry["blame"] == "gateway")
        }
    }

    @Test("is asked over a connection that is kept, whoever of the sites and routes asks")
    func keptConnections() async throws {
        let auth = try Self.authServer()
        let url = "http://127.0.0.1:\(auth)/verify"
        let site = try GuardedSite(site: Self.keys(url), route: "forward_auth = { url = \"\(url)\" }")
        try await Gatehouse.serving(site.toml) { _ async throws in
            for target in ["/f.txt", "/app/x", "/none", "/f.txt", "/app/y"] {
                _ = try await site.ask(target, fields: "Cookie: session=ann\r\n")
                #expect(try await site.ask(target).status == 302)
            }
            let asked = try await auth.requests.first(10)
            #expect(asked.allSatisfy { $0.value("Connection") == nil })
            #expect(auth.connections.all == [1])
        }
    }

    /// What an auth server does with a connection, and how many of them three requests then take.
    private static let endings: [(answer: String, closes: Bool, connections: Int)] = [
        ("HTTP/1.1 204 No Content\r\n\r\n", false, 1), ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 1),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, 1),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true, 3),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true, 3), ("HTTP/1.1 200 OK\r\n\r\nok", true, 3),
        // It says nothing of that it closes.
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, 3),
        // What nobody asked for, and a length where there can be no body.
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 3),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, 3),
    ]

    @Test("keeps a connection only where it says so, and where nothing else can be on it", arguments: endings)
    func keeping(_ ending: (answer: String, closes: Bool, connections: Int)) async throws {
        let auth = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                try wire.write(ending.answer)
                if ending.closes { return }
            }
        }
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { _ async throws in
            for _ in 0..<3 { #expect(try await site.ask("/f.txt").status == 200) }
            #expect(auth.connections.all.count == ending.connections)
        }
    }

    @Test("that closes a kept connection just when it is asked over it is asked anew; one that does so each time has no say")
    func closedWhileAsked() async throws {
        let auth = try Upstream { upstream, wire in
            var answered = 0
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                // The second question of each connection is read and not answered.
                guard answered == 0 else { return }
                answered += 1
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let site = try GuardedSite(site: Self.keys("http://127.0.0.1:\(auth)/verify"))
        try await Gatehouse.serving(site.toml) { _ async throws in
            for _ in 0..<4 { #expect(try await site.ask("/f.txt").status == 200) }
            #expect(try await auth.requests.first(7).count == 7)
            auth.stop()
            // The last connection is closed by its second question, and no other can be made.
            #expect(try await site.ask("/f.txt").status == 503)
        }
    }

    @Test("that knows a client by its connection is asked about nobody else over it")
    func connectionCredentials() async throws {
        let auth = try Upstream { _, wire in
            var isKnown = false
            while let request = try wire.readRequest() {
                if request.value("Authorization") != nil { isKnown = true }
                try wire.write("HTTP/1.1 \(isKnown ? "200 OK" : "401 Unauthorized")\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let site = try GuardedSite(
            site: Self.keys("http://127.0.0.1:\(auth)/verify"), top: "[performance]\nworker_threads = 1")
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/f.txt", fields: "Authorization: Negotiate YII\r\n").status == 200)
            #expect(try await site.ask("/f.txt").status == 401)
            #expect(try await site.ask("/f.txt", fields: "Authorization: Basic YTpi\r\n").status == 200)
            #expect(try await site.ask("/f.txt").status == 200, "Basic speaks of one request: its connection is kept")
        }
    }

    @Test("that is down, or silent, lets nobody pass")
    func silence() async throws {
        let deaf = try Upstream { _, wire in _ = try wire.readToEnd() }
        for url in ["http://127.0.0.1:1/verify", "http://127.0.0.1:\(deaf)/verify", "http://nowhere.invalid/verify"] {
            let site = try GuardedSite(site: Self.keys(url, "0.5"))
            try await Gatehouse.serving(site.toml) { _ async throws in
                #expect(try await site.ask("/f.txt").status == 503, "\(url)")
            }
        }
    }

    @Test("is a route's own affair where it says so")
    func routes() async throws {
        let auth = try Self.authServer()
        let site = try GuardedSite(
            site: Self.keys("http://127.0.0.1:\(auth)/verify"), route: "forward_auth = { enabled = false }")
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/app/x").status == 200)
            #expect(try await site.ask("/f.txt").status == 302)
        }
        let other = try GuardedSite(route: "forward_auth = { url = \"http://127.0.0.1:\(auth)/verify\" }")
        try await Gatehouse.serving(other.toml) { _ async throws in
            #expect(try await other.ask("/app/x").status == 302)
            #expect(try await other.ask("/f.txt").status == 200)
        }
    }
}
