import TestSupport
import Testing

/// What becomes of stored answers that are not fresh any more, and of many who ask for one. An `Age` makes them stale at once.
@Suite("Stale answers, and answers for many")
struct StaleCacheTests {
    private static func stale(_ more: String = "") -> String { "Age: 60\r\nCache-Control: max-age=50\(more)\r\nETag: \"a\"" }

    @Test("are asked about, and sent when they are still the same")
    func validation() async throws {
        let site = try CachedSite { request, _ in
            request.value("If-None-Match") == nil
                ? CachedSite.answer("page", Self.stale() + "\r\nX-A: 1")
                : "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=1000\r\nX-A: 2\r\n\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            _ = try await site.ask()
            let second = try await site.ask("/", "If-None-Match: \"other\"")
            #expect(second.status == 200 && second.text == "page" && second.values("X-A") == ["2"], "\(second)")
            let status = second.value("Cache-Status") ?? ""
            #expect(status.hasPrefix("gatehouse; fwd=stale; fwd-status=304; ttl=") && status.hasSuffix("; stored"), "\(second)")
            #expect(site.upstream.requests.all.last?.values("If-None-Match") == ["\"a\""])
            #expect(site.upstream.connections.all.count == 1)
            let third = try await site.ask()
            #expect(third.text == "page" && third.values("X-A") == ["2"])
            #expect(third.value("Cache-Status")?.contains("; hit") == true)
            #expect(try await site.ask("/", "If-None-Match: \"a\"").status == 304)
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    /// RFC 9111 §4.3.4
    @Test("are none when a 304 names another: the upstream is asked for that", arguments: ["\"b\"", "W/\"b\""], [false, true])
    func otherTag(tag: String, inBackground: Bool) async throws {
        let site = try CachedSite { request, number in
            if request.value("If-None-Match") != nil { return "HTTP/1.1 304 Not Modified\r\nETag: \(tag)\r\nX-A: 2\r\n\r\n" }
            let more = inBackground ? ", stale-while-revalidate=600" : ""
            return CachedSite.answer("page \(number)", number == 0 ? Self.stale(more) : "Cache-Control: max-age=1000")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask().text == "page 0")
            var last = try await site.ask("/", "If-None-Match: \"c\"")
            if inBackground {
                #expect(last.text == "page 0" && last.values("X-A").isEmpty, "\(last)")
                // Each answer is an event of its own; what the 304 makes of the stored one comes soon.
                for _ in 0..<100_000 where last.text == "page 0" { last = try await site.ask() }
            }
            #expect(last.status == 200 && last.text == "page 2" && last.values("X-A").isEmpty, "\(last)")
            #expect(try await site.status().contains("; hit"))
            #expect(site.upstream.requests.all.map { $0.value("If-None-Match") } == [nil, "\"a\"", nil])
        }
    }

    @Test("bring the cookies of the 304 to the client whose request it answers, and to nobody else", arguments: [false, true])
    func cookiesOf304(hasOwnCondition: Bool) async throws {
        let site = try CachedSite(route: "rewrite_cookies = true") { request, _ in
            guard request.value("If-None-Match") != nil else {
                return CachedSite.answer("a", "ETag: \"a\"\r\nCache-Control: max-age=0\r\nX-A: 1")
            }
            return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=1000\r\nX-A: 2\r\n"
                + "Set-Cookie: id=1; HttpOnly; Domain=127.0.0.1\r\nSet-Cookie: b=2\r\n\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ in
            #expect(try await site.ask().values("Set-Cookie").isEmpty)
            let asking = try await site.ask("/", hasOwnCondition ? "If-None-Match: \"a\"" : "")
            #expect(asking.status == (hasOwnCondition ? 304 : 200) && asking.value("X-A") == "2", "\(asking)")
            #expect(asking.values("Set-Cookie") == ["id=1; HttpOnly", "b=2"], "\(asking)")
            let other = try await site.ask()
            #expect(other.status == 200 && other.value("X-A") == "2" && other.value("Age") != nil, "\(other)")
            #expect(other.values("Set-Cookie").isEmpty, "\(other)")
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    @Test("take the place that a 304 names as clients may know it: no address of an upstream's")
    func locationOf304() async throws {
        let site = try CachedSite(tables: "[sites.proxy.headers]\npreserve_host = false") { request, _ in
            let here = "Location: http://\(request.value("Host") ?? "")"
            guard request.value("If-None-Match") != nil else {
                let fields = "ETag: \"a\"\r\nCache-Control: max-age=0\r\n\(here)/a"
                return CachedSite.answer("a", fields, status: "301 Moved Permanently")
            }
            return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=1000\r\n\(here)/b\r\n\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ in
            #expect(try await site.ask().value("Location") == "/a")
            // The one whose request the 304 answers, and one who is answered by what is kept.
            for _ in 0..<2 {
                let renewed = try await site.ask()
                #expect(renewed.status == 301 && renewed.value("Location") == "/b", "\(renewed)")
            }
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    /// RFC 9110 §15.4.5: an application that has come to look at more fields of requests says so in its 304s.
    @Test("are for those alone who ask alike by all that a 304 names in Vary", arguments: [false, true])
    func varyOf304(isForNobody: Bool) async throws {
        let site = try CachedSite { request, _ in
            let language = request.value("Accept-Language") ?? "none"
            if request.value("If-None-Match") == nil { return CachedSite.answer(language, Self.stale()) }
            let vary = isForNobody ? "*" : "Accept-Language"
            return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=1000\r\nVary: \(vary)\r\n\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/", "Accept-Language: de").text == "de")
            let second = try await site.ask("/", "Accept-Language: de")
            #expect(second.text == "de" && second.values("Vary") == [isForNobody ? "*" : "accept-language"], "\(second)")
            #expect(second.value("Cache-Status")?.hasSuffix("; stored") == !isForNobody, "\(second)")
            if !isForNobody { #expect(try await site.status("/", "Accept-Language: de").contains("; hit")) }
            #expect(try await site.ask("/", "Accept-Language: fr").text == "fr")
            #expect(site.upstream.requests.all.count == 3)
        }
    }

    /// RFC 9111 §3.2 has the fields of each 304 added to those of the stored answer.
    @Test("have no longer a head than any answer, whatever 304s add to it: the upstream is asked for the whole then")
    func gatheredFields() async throws {
        let site = try CachedSite { request, number in
            if request.value("If-None-Match") == nil { return CachedSite.answer("page \(number)", Self.stale()) }
            let fields = (0..<60).map { "X-\(number)-\($0): 1\r\n" }.joined()
            return "HTTP/1.1 304 Not Modified\r\n\(Self.stale())\r\n\(fields)\r\n"
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            var seen: [Int] = []
            for _ in 0..<6 {
                let answer = try await site.ask()
                #expect(answer.status == 200 && answer.text.hasPrefix("page "), "\(answer)")
                seen.append(answer.fields.count { $0.name.hasPrefix("X-") })
            }
            // 100 is limits.max_fields.
            #expect(seen == [0, 60, 0, 60, 0, 60])
            let asked = site.upstream.requests.all.map { $0.value("If-None-Match") != nil }
            #expect(asked == [false, true, true, false, true, true, false, true])
        }
    }

    @Test("go when there is a newer one")
    func replacement() async throws {
        let site = try CachedSite { _, number in
            CachedSite.answer("page \(number)", number == 0 ? Self.stale() : "Cache-Control: max-age=1000")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask().text == "page 0")
            let second = try await site.ask()
            #expect(second.text == "page 1" && second.value("Cache-Status") == "gatehouse; fwd=stale; stored", "\(second)")
            #expect(try await site.ask().text == "page 1")
        }
    }

    /// What the upstream does the second time.
    @Test("are sent when there is nothing better", arguments: ["503 No", "500 No", "close", "404 Gone"])
    func errors(second: String) async throws {
        let port = try FreePort()
        let upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                guard upstream.requests.all.count > 1 else {
                    try wire.write(CachedSite.answer("page", Self.stale(", stale-if-error=600")))
                    continue
                }
                if second == "close" { return }
                try wire.write(CachedSite.answer("no", "", status: second))
            }
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", proxy: "[sites.proxy.retry]\nretries = 0\n[sites.cache_upstream]")
        try await Gatehouse.serving(toml) { _ async throws in
            let url = "http://localhost:\(port)/"
            #expect(try await Command.curl([url]).text == "page")
            let answer = try await Command.curl(["-i", url]).text
            #expect(answer.hasSuffix(second.hasPrefix("404") ? "no" : "page"), "\(answer)")
            #expect(answer.contains(second.hasPrefix("404") ? "404" : "gatehouse; fwd=stale"), "\(answer)")
            #expect(answer.contains("fwd-status=\(second.prefix(3))") == second.hasPrefix("50"), "\(answer)")
        }
    }

    @Test("are not sent when that is forbidden")
    func forbidden() async throws {
        let site = try CachedSite("stale_if_error = 600\nstale_while_revalidate = 600") { _, number in
            number == 0
                ? CachedSite.answer("page", Self.stale(", must-revalidate")) : CachedSite.answer("no", "", status: "503 No")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            _ = try await site.ask()
            #expect(try await site.ask().status == 503)
        }
    }

    @Test("are sent while they are asked for anew, by nobody's request", arguments: [false, true])
    func whileRevalidating(isSame: Bool) async throws {
        let site = try CachedSite { request, number in
            if number == 0 { return CachedSite.answer("old", Self.stale(", stale-while-revalidate=600")) }
            return isSame
                ? "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=1000\r\nX-New: 1\r\n\r\n"
                : CachedSite.answer("new", "Cache-Control: max-age=1000\r\nX-New: 1")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            _ = try await site.ask()
            let second = try await site.ask("/", "Accept: x/y")
            #expect(second.text == "old" && second.value("Cache-Status")?.hasPrefix("gatehouse; hit; ttl=-") == true, "\(second)")
            let asked = try await site.upstream.requests.first(2)[1]
            #expect(asked.value("If-None-Match") == "\"a\"" && asked.value("Accept") == "x/y" && asked.value("Host") != nil)
            var last = second
            // Each answer is an event of its own; the new one comes soon.
            for _ in 0..<100_000 where last.value("X-New") == nil { last = try await site.ask() }
            #expect(last.text == (isSame ? "old" : "new") && last.value("X-New") == "1", "\(last)")
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    @Test(
        "go when the upstream says otherwise, though that is none to be stored",
        arguments: [("404 Not Found", ""), ("410 Gone", "Cache-Control: no-store"), ("200 OK", "Cache-Control: private")])
    func superseded(status: String, fields: String) async throws {
        let site = try CachedSite { _, number in
            number == 0
                ? CachedSite.answer("old", Self.stale(", stale-while-revalidate=600"))
                : CachedSite.answer("new", fields, status: status)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask().text == "old")
            var last = try await site.ask()
            #expect(last.text == "old", "\(last)")
            // Each answer is an event of its own; what has come of the cache's own request shows soon.
            for _ in 0..<100_000 where last.text == "old" { last = try await site.ask() }
            #expect(last.text == "new", "\(last)")
            for _ in 0..<3 { #expect(try await site.ask().text == "new") }
        }
    }

    @Test(
        "stay when what comes is for one client, or speaks of one",
        arguments: [("200 OK", "Set-Cookie: a=b\r\nCache-Control: max-age=1000"), ("403 Forbidden", "")])
    func notSuperseded(status: String, fields: String) async throws {
        let site = try CachedSite { _, number in
            number == 0
                ? CachedSite.answer("old", Self.stale(", stale-while-revalidate=600"))
                : CachedSite.answer("new", fields, status: status)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            // The third time the upstream is asked the second time has come to its end.
            for _ in 0..<100_000 where site.upstream.requests.all.count < 3 { #expect(try await site.ask().text == "old") }
            #expect(site.upstream.requests.all.count >= 3)
            #expect(try await site.ask().text == "old")
        }
    }

    @Test("come to all who wait for the first one's")
    func together() async throws {
        let goOn = Signal()
        // A machine that is slow because many tests run at once must not look like an upstream that is slow.
        let site = try CachedSite("lock_timeout = 600") { request, _ in
            if request.target == "/slow" { goOn.wait() }
            return CachedSite.answer("page", "Cache-Control: max-age=1000")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let wires = try await onThread {
                try (0..<20).map { _ in
                    let wire = try Wire(to: site.port.number)
                    try wire.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return wire
                }
            }
            _ = try await site.upstream.requests.first("the first") { $0.target == "/slow" }
            // What was written before has been read when this one is answered.
            for _ in 0..<3 { #expect(try await site.ask("/other").text == "page") }
            goOn.fire()
            let answers = try await onThread { try wires.map { try $0.readAnswer() } }
            #expect(answers.allSatisfy { $0.text == "page" })
            #expect(answers.count { $0.value("Cache-Status")?.hasSuffix("collapsed") == true } > 0, "\(answers)")
            #expect(site.upstream.requests.all.count { $0.target == "/slow" } == 1)
        }
    }

    @Test("come by another's request when the first one leaves")
    func leaving() async throws {
        let goOn = Signal()
        let site = try CachedSite { request, number in
            if number == 0 { goOn.wait() }
            return CachedSite.answer("page", "Cache-Control: max-age=1000")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let (first, second) = try await onThread { () -> (Wire, Wire) in
                let (first, second) = (try Wire(to: site.port.number), try Wire(to: site.port.number))
                try first.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return (first, second)
            }
            _ = try await site.upstream.requests.first(1)
            try await onThread { try second.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            first.reset()
            #expect(try await onThread { try second.readAnswer() }.text == "page")
            goOn.fire()
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    @Test("do not come to those who wait, if they are for one")
    func passing() async throws {
        let goOn = Signal()
        let site = try CachedSite { request, number in
            if number == 0 { goOn.wait() }
            return CachedSite.answer("page \(number)", "Cache-Control: private")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            let wires = try await onThread { try (0..<3).map { _ in try Wire(to: site.port.number) } }
            try await onThread { for wire in wires { try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") } }
            _ = try await site.upstream.requests.first(1)
            goOn.fire()
            let texts = try await onThread { try wires.map { try $0.readAnswer().text } }
            #expect(Set(texts) == ["page 0", "page 1", "page 2"])
        }
    }
}
