import TestSupport
import Testing

/// Who gets which stored answer: nobody one that was made for what only another one's upstream request said.
@Suite("Stored answers and what selects them")
struct CacheSelectionTests {
    private static let fresh = "Cache-Control: max-age=1000"

    private func curl(_ site: CachedSite, _ path: String, from address: String) async throws -> String {
        try await Command.curl(["--interface", address, "http://localhost:\(site.port)\(path)", "-4"]).text
    }

    @Test("Vary means the fields that the upstream has seen")
    func seen() async throws {
        let site = try CachedSite { request, _ in
            let name = request.target.dropFirst()
            return CachedSite.answer(request.value(String(name)) ?? "none", "\(Self.fresh)\r\nVary: \(name)")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            // The upstream did not see the language of the first.
            let hidden = "Accept-Language: de\r\nConnection: Accept-Language"
            #expect(try await site.ask("/Accept-Language", hidden).text == "none")
            #expect(try await site.ask("/Accept-Language", "Accept-Language: de").text == "de")
            #expect(try await site.ask("/Accept-Language", hidden).text == "none")
            #expect(try await site.ask("/Accept-Language", "Accept-Language: de").text == "de")
            // It saw an address that no client has sent.
            for address in ["127.0.0.3", "127.0.0.4", "127.0.0.3"] {
                #expect(try await curl(site, "/X-Forwarded-For", from: address) == address)
            }
        }
    }

    @Test("what a trusted peer says of scheme and host selects an answer, the address that it names does not")
    func stated() async throws {
        let site = try CachedSite(tables: "[sites.proxy.headers]\ntrusted_proxies = [\"127.0.0.1\"]") { request, _ in
            CachedSite.answer(
                "\(request.value("X-Forwarded-Proto") ?? "")://\(request.value("X-Forwarded-Host") ?? "")", Self.fresh)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for (scheme, host) in [("http", "a.example"), ("https", "a.example"), ("https", "b.example"), ("http", "a.example")] {
                let fields = "X-Forwarded-Proto: \(scheme)\r\nX-Forwarded-Host: \(host)\r\nX-Forwarded-For: 192.0.2.1"
                #expect(try await site.ask("/", fields).text == "\(scheme)://\(host)")
            }
            #expect(try await site.status("/", "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example").contains("; hit"))
            #expect(site.upstream.requests.all.count == 3)
        }
    }

    @Test("a rewritten path that tells of the client selects an answer")
    func rewritten() async throws {
        let site = try CachedSite(route: "rewrite = \"/of/{client_ip}{path}\"") { request, _ in
            CachedSite.answer(request.target, Self.fresh)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            for address in ["127.0.0.3", "127.0.0.4", "127.0.0.3"] {
                #expect(try await curl(site, "/x", from: address) == "/of/\(address)/x")
            }
            #expect(site.upstream.requests.all.count == 2)
        }
    }

    @Test("a coding that nobody else asked for stays with who asked for it")
    func codings() async throws {
        let site = try CachedSite { request, _ in
            let takes = request.value("Accept-Encoding")?.contains("deflate") == true
            return CachedSite.answer(
                takes ? "deflated" : "plain",
                "\(Self.fresh)\r\nVary: Accept-Encoding\(takes ? "\r\nContent-Encoding: deflate" : "")")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/", "Accept-Encoding: gzip;q=0.5, deflate").text == "deflated")
            #expect(try await site.ask("/", "Accept-Encoding: gzip;q=0.5").text == "plain")
            #expect(try await site.status("/", "Accept-Encoding: gzip;q=0.5").contains("; hit"))
        }
    }

    @Test("what a request has changed is old in every worker", arguments: ["POST", "DELETE"])
    func changed(method: String) async throws {
        let changes = Journal<String>("changes")
        let site = try CachedSite { request, _ in
            if request.method != "GET" { changes.append(request.method) }
            return CachedSite.answer("\(changes.all.count)", Self.fresh)
        }
        try await Gatehouse.serving("[performance]\nworker_threads = 2\n" + site.toml) { _ async throws in
            // Connections go to both workers by chance.
            var tries = 0
            while site.upstream.requests.all.count < 2, tries < 1000 {
                #expect(try await site.ask().text == "0")
                tries += 1
            }
            try #require(site.upstream.requests.all.count == 2)
            #expect(try await site.ask("/", "Content-Length: 0", method: method).status == 200)
            for _ in 0..<50 { #expect(try await site.ask().text == "1") }
            #expect(try await site.status().contains("; hit"))
        }
    }

    @Test("what a request has changed is old, though its own answer broke off")
    func changedAndBroken() async throws {
        let site = try CachedSite { request, number in
            guard request.method == "GET" else {
                // No chunk begins like this.
                return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
            }
            return CachedSite.answer("\(number)", Self.fresh)
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask().text == "0")
            #expect((try? await site.ask("/", "Content-Length: 0", method: "POST")) == nil)
            #expect(try await site.ask().text == "2")
        }
    }

    @Test("of several that suit, the newest is sent")
    func newest() async throws {
        let site = try CachedSite { _, number in
            CachedSite.answer("\(number)", "\(Self.fresh)\r\nVary: \(number == 0 ? "A" : "B")")
        }
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/", "A: 1").text == "0")
            #expect(try await site.ask("/", "A: 2").text == "1")
            #expect(try await site.ask("/", "A: 1").text == "1")
        }
    }

    @Test("a client that does not read its answer holds nobody else up")
    func slowClient() async throws {
        let body = String(repeating: "a", count: 16 << 20)
        let site = try CachedSite("max_memory = \"64MB\"\nmax_object = \"32MB\"\nlock_timeout = 600") { _, _ in
            CachedSite.answer(body, Self.fresh)
        }
        let limits = "[performance]\nworker_threads = 1\n[limits]\nsend_timeout = 600\n"
        try await Gatehouse.serving(limits + site.toml) { _ async throws in
            let slow = try await onThread {
                let wire = try Wire(to: site.port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return wire
            }
            _ = try await site.upstream.requests.first(1)
            #expect(try await site.ask().text.utf8.count == body.utf8.count)
            #expect(site.upstream.requests.all.count == 2)
            withExtendedLifetime(slow) {}
        }
    }

    @Test("what is answered to a client with a certificate is for that client, unless it says that it is for all")
    func certificates() async throws {
        let certificates = try await Certificates.ready()
        let clients = "client_auth = \"optional\"\nclient_ca_file = \"\(certificates.authority)\""
        let site = try CachedSite(
            tables: "[sites.request_headers]\nset = { Client-Cert = \"{client_cert}\" }", ssl: certificates.ssl() + "\n" + clients
        ) { request, _ in
            let isKnown = request.value("Client-Cert") != nil
            let fields = request.target == "/all" ? "Cache-Control: public, max-age=1000\r\nVary: Client-Cert" : Self.fresh
            return CachedSite.answer(isKnown ? "known" : "unknown", fields)
        }
        func ask(_ path: String, isKnown: Bool) async throws -> String {
            let shown = ["--cert", certificates.certificate("client.test"), "--key", certificates.key("client.test")]
            let url = "https://localhost:\(site.port)\(path)"
            return try await Command.curl(["--cacert", certificates.authority, url] + (isKnown ? shown : [])).text
        }
        try await Gatehouse.serving("[performance]\nworker_threads = 1\n" + site.toml) { _ async throws in
            for isKnown in [true, false, true, false] {
                for path in ["/", "/all"] { #expect(try await ask(path, isKnown: isKnown) == (isKnown ? "known" : "unknown")) }
            }
            // Of "/" each of the client's, and one for nobody in particular; of "/all" one for each.
            let targets = site.upstream.requests.all.map(\.target)
            #expect(targets.count { $0 == "/" } == 3 && targets.count { $0 == "/all" } == 2, "\(targets)")
        }
    }
}
