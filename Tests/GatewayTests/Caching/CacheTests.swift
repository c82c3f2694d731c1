import TestSupport
import Testing

/// `[sites.cache_upstream]`: what clients get, and what the upstream is asked for.
@Suite("The cache of upstreams' answers")
struct CacheTests {
    private static let fresh = "Cache-Control: max-age=1000"
    private static let dated =
        "\(fresh)\r\nETag: \"a\"\r\nLast-Modified: Tue, 14 Nov 2023 20:00:00 GMT\r\nContent-Type: text/plain"

    @Test("is asked first: GET, HEAD, conditions and parts are answered from one stored answer")
    func hits() async throws {
        let site = try CachedSite { request, _ in CachedSite.answer("0123456789", Self.dated, to: request) }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let first = try await site.ask()
            #expect(first.text == "0123456789" && first.values("Cache-Status") == ["gatehouse; fwd=uri-miss; stored"], "\(first)")
            #expect(first.values("Age") == [])
            let second = try await site.ask()
            #expect(second.text == "0123456789" && second.value("Content-Length") == "10" && second.values("Age").count == 1)
            #expect(second.value("Cache-Status")?.hasPrefix("gatehouse; hit; ttl=") == true, "\(second)")
            #expect(second.value("ETag") == "\"a\"" && second.value("Content-Type") == "text/plain")
            #expect(second.values("Date") == first.values("Date") && second.values("Date").count == 1)
            let head = try await site.ask(method: "HEAD")
            #expect(head.status == 200 && head.value("Content-Length") == "10" && head.values("Age").count == 1)
            for condition in ["If-None-Match: W/\"a\"", "If-Modified-Since: Tue, 14 Nov 2023 20:00:00 GMT"] {
                let same = try await site.ask("/", condition)
                #expect(same.status == 304 && same.body.isEmpty && same.value("ETag") == "\"a\"", "\(same)")
                #expect(same.values("Content-Type") == [] && same.values("Content-Length") == [])
            }
            #expect(try await site.ask("/", "If-None-Match: \"b\"").status == 200)
            let part = try await site.ask("/", "Range: bytes=2-4")
            #expect(part.status == 206 && part.text == "234" && part.value("Content-Range") == "bytes 2-4/10", "\(part)")
            #expect(try await site.ask("/", "Range: bytes=2-4\r\nIf-Range: \"b\"").text == "0123456789")
            let beyond = try await site.ask("/", "Range: bytes=20-")
            #expect(beyond.status == 416 && beyond.values("Content-Range") == ["bytes */10"], "\(beyond)")
            #expect(site.upstream.requests.all.count == 1)
        }
    }

    @Test("is one for HTTP/1.1 and HTTP/2")
    func versions() async throws {
        let certificates = try await Certificates.ready()
        let site = try CachedSite(ssl: certificates.ssl()) { _, _ in CachedSite.answer("page", Self.fresh) }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let url = "https://localhost:\(site.port)/x"
            let one = ["--cacert", certificates.authority, url]
            #expect(try await Command.curl(one).text == "page")
            let other = try await Command.curl2(certificates, ["-i", url]).text
            #expect(other.hasPrefix("HTTP/2 200") && other.hasSuffix("page"))
            #expect(other.contains("cache-status: gatehouse; hit; ttl="))
            #expect(try await Command.curl2(certificates, ["-I", url]).text.contains("content-length: 4"))
            #expect(site.upstream.requests.all.count == 1)
        }
    }

    /// What the upstream answers, and further lines of both requests.
    static let notStored: [(String, String, String)] = [
        ("HTTP/1.1 200 OK\r\nCache-Control: private, max-age=1000\r\nContent-Length: 1\r\n\r\na", "", "private"),
        ("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 1\r\n\r\na", "", "no-store"),
        ("HTTP/1.1 200 OK\r\n\(fresh)\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\na", "", "a cookie"),
        ("HTTP/1.1 200 OK\r\n\(fresh)\r\nVary: *\r\nContent-Length: 1\r\n\r\na", "", "Vary: *"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "", "nothing said"),
        ("HTTP/1.1 200 OK\r\n\(fresh)\r\nContent-Length: 1\r\n\r\na", "Authorization: Basic x", "a name"),
        ("HTTP/1.1 206 X\r\n\(fresh)\r\nContent-Range: bytes 0-0/2\r\nContent-Length: 1\r\n\r\na", "Range: bytes=0-0", "a part"),
        ("HTTP/1.1 200 OK\r\n\(fresh)\r\nContent-Length: 3000\r\n\r\n\(String(repeating: "a", count: 3000))", "", "too long"),
    ]

    @Test("keeps nothing that is not for all", arguments: notStored)
    func refusals(answer: String, fields: String, what: String) async throws {
        let site = try CachedSite("max_object = 2048") { _, _ in answer }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for _ in 0..<2 {
                let status = try await site.status("/", fields)
                #expect(status.hasPrefix("gatehouse; fwd=") && !status.contains("stored"), "\(status)")
            }
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    @Test("keeps nothing whose end is not certain, nor what grows too long", arguments: [true, false])
    func uncertain(isLong: Bool) async throws {
        let port = try FreePort()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            let long = "800\r\n\(String(repeating: "a", count: 2048))\r\n1\r\na\r\n0\r\n\r\n"
            try wire.write("HTTP/1.1 200 OK\r\n\(Self.fresh)\r\nConnection: close\r\n")
            try wire.write(isLong ? "Transfer-Encoding: chunked\r\n\r\n\(long)" : "\r\na")
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", proxy: "[sites.cache_upstream]\nmax_object = 2048")
        try await Gatehouse.serving(toml) { _ async throws in
            for _ in 0..<2 { #expect(try await Command.curl(["http://localhost:\(port)/"]).text.count == (isLong ? 2049 : 1)) }
            #expect(upstream.requests.all.count == 2)
        }
    }

    @Test("keeps a chunked answer, and sends it with its length")
    func chunked() async throws {
        let site = try CachedSite { _, _ in
            "HTTP/1.1 200 OK\r\n\(Self.fresh)\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask().text == "abcde")
            let hit = try await site.ask()
            #expect(hit.text == "abcde" && hit.value("Content-Length") == "5" && hit.values("Transfer-Encoding") == [])
        }
    }

    /// Some applications heed these whatever the request's method is, such as WordPress: a client could have the 405 to a method
    /// that nobody knows stored for everybody.
    @Test(
        "neither keeps nor sends what may be the answer to another method",
        arguments: ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X.HTTP.Method.Override"])
    func overridden(name: String) async throws {
        let site = try CachedSite("default_ttl = \"1h\"") { request, _ in
            let isOther = request.values(name) == ["X"]
            return CachedSite.answer(isOther ? "no" : "page", "", status: isOther ? "405 No" : "200 OK")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.status("/", "\(name): X") == "gatehouse; fwd=bypass")
            #expect(try await site.ask().text == "page")
            #expect(try await site.ask("/", "\(name): X").text == "no")
            #expect(try await site.status().contains("; hit"))
        }
    }

    @Test("lets a name pass to what is for all")
    func authorized() async throws {
        let site = try CachedSite { request, _ in
            CachedSite.answer("x", request.target == "/public" ? "Cache-Control: public, max-age=1000" : Self.fresh)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.status("/public", "Authorization: Basic x") == "gatehouse; fwd=uri-miss; stored")
            #expect(try await site.status("/public", "Authorization: Basic y").contains("; hit"))
            #expect(try await site.status("/public").contains("; hit"))
            // What was stored for nobody in particular is not for somebody.
            #expect(try await site.status("/plain").contains("stored"))
            #expect(try await site.status("/plain", "Authorization: Basic x") == "gatehouse; fwd=request")
            #expect(try await site.status("/plain").contains("; hit"))
        }
    }

    @Test("keeps one answer for each value of the fields in Vary")
    func varies() async throws {
        let site = try CachedSite { request, _ in
            CachedSite.answer(request.value("Accept-Language") ?? "none", "\(Self.fresh)\r\nVary: Accept-Language")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for (fields, text, status) in [
                ("Accept-Language: de", "de", "fwd=uri-miss; stored"), ("Accept-Language: en", "en", "fwd=vary-miss; stored"),
                ("", "none", "fwd=vary-miss; stored"), ("Accept-Language: de", "de", "hit"), ("Accept-Language: en", "en", "hit"),
                ("", "none", "hit"),
            ] {
                let answer = try await site.ask("/", fields)
                let said = answer.value("Cache-Status") ?? ""
                #expect(answer.text == text && said.hasPrefix("gatehouse; \(status)"), "\(answer)")
            }
            #expect(site.upstream.requests.all.count == 3)
        }
    }

    @Test("forgets what a request has changed, in all its forms; what has failed changes nothing")
    func invalidation() async throws {
        let site = try CachedSite { request, _ in
            request.method == "GET"
                ? CachedSite.answer("x", "\(Self.fresh)\r\nVary: X")
                : CachedSite.answer("", "", status: request.method == "PUT" ? "500 No" : "204 Done")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for value in ["1", "2"] { _ = try await site.ask("/a?q", "X: \(value)") }
            _ = try await site.ask("/b")
            #expect(try await site.status("/a?q", "Content-Length: 0", method: "PUT") == "gatehouse; fwd=method")
            #expect(try await site.status("/a?q", "X: 1").contains("; hit"))
            _ = try await site.ask("/a?q", method: "DELETE")
            for value in ["1", "2"] { #expect(try await site.status("/a?q", "X: \(value)").contains("; fwd=")) }
            #expect(try await site.status("/b").contains("; hit"))
        }
    }

    @Test("forgets what COPY or MOVE has written over", arguments: ["http://localhost/b?q", "/%62?q", "http://other.test/b?q"])
    func destination(_ url: String) async throws {
        let site = try CachedSite { request, _ in
            request.method == "GET" ? CachedSite.answer("x", Self.fresh) : CachedSite.answer("", "", status: "204 Done")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            _ = try await site.ask("/b?q")
            #expect(try await site.status("/b?q").contains("; hit"))
            _ = try await site.ask("/a", "Destination: \(url)", method: "MOVE")
            #expect(try await site.status("/b?q").contains("; hit") == url.contains("other"))
        }
    }

    @Test("heeds clients where it is told to")
    func clients() async throws {
        let site = try CachedSite("client_directives = true") { _, _ in CachedSite.answer("x", "\(Self.fresh)\r\nETag: \"a\"") }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let missing = try await site.ask("/", "Cache-Control: only-if-cached")
            #expect(missing.status == 504 && site.upstream.requests.all.isEmpty, "\(missing)")
            _ = try await site.ask()
            #expect(try await site.status("/", "Cache-Control: only-if-cached").contains("; hit"))
            #expect(try await site.status("/", "Cache-Control: no-cache") == "gatehouse; fwd=request; stored")
            #expect(site.upstream.requests.all.last?.value("If-None-Match") == "\"a\"")
            #expect(try await site.status("/", "Pragma: no-cache").contains("fwd=request"))
            #expect(try await site.status("/new", "Cache-Control: no-store") == "gatehouse; fwd=uri-miss")
        }
    }

    @Test("keeps answers as they were compressed for those who take the same coding")
    func compression() async throws {
        let text = String(repeating: "<li>one more</li>", count: 500)
        let site = try CachedSite(tables: "[sites.compression]\nproxied = true") { _, _ in
            CachedSite.answer(text, "\(Self.fresh)\r\nETag: \"a\"\r\nContent-Type: text/html")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let first = try await site.ask("/", "Accept-Encoding: gzip")
            let second = try await site.ask("/", "Accept-Encoding: gzip, deflate")
            #expect(first.body == second.body && second.values("Content-Encoding") == ["gzip"] && second.body.count < 1000)
            #expect(second.value("ETag") == "\"a-gzip\"" && second.value("Cache-Status")?.contains("; hit") == true, "\(second)")
            let plain = try await site.ask()
            #expect(plain.text == text && plain.value("Cache-Status")?.contains("fwd=vary-miss") == true)
            #expect(try await site.ask("/", "Accept-Encoding: gzip\r\nIf-None-Match: \"a-gzip\"").status == 304)
            // Another worker, or the same one later, has other bytes of that tag: no part of these may be joined to those.
            for condition in ["", "\r\nIf-Range: \"a-gzip\""] {
                let whole = try await site.ask("/", "Accept-Encoding: gzip\r\nRange: bytes=0-9\(condition)")
                #expect(whole.status == 200 && whole.body == first.body, "\(whole)")
            }
            let part = try await site.ask("/", "Range: bytes=0-9\r\nIf-Range: \"a\"")
            #expect(part.status == 206 && part.text == "<li>one mo", "\(part)")
        }
    }

    @Test("holds no more than its memory: what was not asked for goes")
    func memory() async throws {
        let text = String(repeating: "a", count: 10_000)
        let site = try CachedSite("max_memory = \"64KB\"\nmax_object = \"32KB\"") { _, _ in CachedSite.answer(text, Self.fresh) }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for number in 0..<5 { _ = try await site.ask("/\(number)") }
            #expect(try await site.status("/0").contains("; hit"))
            for number in 5..<8 { _ = try await site.ask("/\(number)") }
            #expect(try await site.status("/0").contains("; hit"))
            #expect(try await site.status("/1").contains("; fwd=uri-miss; stored"))
        }
    }
}
