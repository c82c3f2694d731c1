import TestSupport
import Testing

@Suite("Clients that stay on their upstream")
struct StickyTests {
    @Test("in every pool of a site at once")
    func severalPools() async throws {
        let upstreams = try (0..<4).map { try Upstream.saying("\($0)") }
        let port = try FreePort()
        func server(_ pool: String, _ index: Int) -> String {
            "[[sites.proxy.upstreams]]\nname = \"\(pool)\"\nurl = \"http://127.0.0.1:\(upstreams[index])\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: server("app", 1) + server("other", 2) + server("other", 3)
                + "[[sites.proxy.routes]]\npath = \"/other\"\nupstream = \"other\"\n"
                + "[sites.proxy.load_balancing]\nsticky_sessions = true\n")
        let directory = try TemporaryDirectory()
        let jar = try directory.write("cookies", "")
        try await Gatehouse.serving(toml, workers: 2) { _ in
            var answers: [String: Set<String>] = [:]
            for turn in 0..<12 {
                let target = turn % 2 == 0 ? "/app" : "/other"
                let answer = try await Command.curl(["-b", jar, "-c", jar, "http://127.0.0.1:\(port)\(target)"])
                answers[target, default: []].insert(answer.text)
            }
            #expect(answers["/app"]?.count == 1 && answers["/other"]?.count == 1, "\(answers)")
        }
    }

    @Test(
        "whose requests fail take no server from others after the one that they had", arguments: ["hash", "cookie"])
    func failingRequests(way: String) async throws {
        let upstreams = try (0..<4).map { place in
            try Upstream.answering { request in
                guard request.target == "/broken" else { return Upstream.ok("\(place)") }
                return "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"
            }
        }
        let port = try FreePort()
        let balancing = way == "hash" ? "method = \"hash\"\nhash_on = \"header:X-Key\"" : "sticky_sessions = true"
        let others = upstreams[1...].map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n" }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: others.joined()
                + "[sites.proxy.load_balancing]\n\(balancing)\n[sites.proxy.passive_health]\neject_time = 600\n")
        let directory = try TemporaryDirectory()
        let jar = try directory.write("cookies", "")
        try await Gatehouse.serving(toml) { _ in
            let url = "http://127.0.0.1:\(port)/"
            for _ in 0..<5 {
                let keys = ["-b", jar, "-c", jar, "-H", "X-Key: one", "-w", "%{http_code} "]
                let failed = try await Command.curl(keys + Array(repeating: url + "broken", count: 6))
                #expect(failed.text.split(separator: " ").allSatisfy { $0 == "500" }, "\(failed)")
            }
            var servers: Set<String> = []
            for number in 0..<24 {
                servers.insert(try await Command.curl(["-H", "X-Key: \(number)", url]).text)
            }
            // The first request of all has no cookie, and may have been anybody's.
            #expect(servers.count >= (way == "hash" ? 3 : 2), "\(servers)")
        }
    }

    @Test("also where another site shows theirs in a frame, if that is said")
    func framed() async throws {
        let upstream = try Upstream.saying("app")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            proxy: "[sites.proxy.load_balancing]\nsticky_sessions = true\nsticky_same_site = \"none\"\n")
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.value("Set-Cookie")?.hasSuffix("; HttpOnly; SameSite=None; Secure") == true, "\(answer)")
            }
        }
    }

    @Test("a server that failed gives no cookie: not beside that of the one that answers, nor with the gateway's own answer")
    func failing() async throws {
        let upstream = try Upstream.saying("alive")
        // Reads a request and leaves without an answer: by then the attempt has its cookie.
        let failing = try Upstream { _, wire in _ = try wire.request() }
        let port = try FreePort()
        func server(_ pool: String) -> String {
            "[[sites.proxy.upstreams]]\nname = \"\(pool)\"\nurl = \"http://127.0.0.1:\(failing)\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            proxy: server("app") + server("dead")
                + "[[sites.proxy.routes]]\npath = \"/dead\"\nupstream = \"dead\"\n"
                + "[sites.proxy.load_balancing]\nsticky_sessions = true\n"
                + "[sites.proxy.retry]\nbudget_percent = 100\n[sites.proxy.passive_health]\nmax_fails = 0\n")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                func answer(_ target: String) throws -> Message {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try wire.readAnswer()
                }
                for turn in 0..<4 {
                    let seen = try answer("/\(turn)")
                    #expect(seen.text == "alive" && seen.values("Set-Cookie").count == 1, "\(seen)")
                }
                let dead = try answer("/dead")
                #expect(dead.status == 502 && dead.values("Set-Cookie").isEmpty, "\(dead)")
            }
            var attempts: [String?] = []
            for turn in 0..<4 { attempts.append(try await gatehouse.access("/\(turn)")["attempts"]) }
            #expect(attempts.contains { $0 != nil }, "no request met the failing server first")
        }
    }
}
