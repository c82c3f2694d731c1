import TestSupport
import Testing

@Suite("Requests that are sent again")
struct RetryingTests {
    /// Answers the first request of its first connection, and closes at the second: as a server whose idle timeout strikes while
    /// a request is on its way. Later connections are served.
    private static func stale() throws -> Upstream {
        try Upstream { upstream, wire in
            let isFirst = upstream.connections.all.count == 1
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                if isFirst, upstream.requests.all.count > 1 { return }
                try wire.write(Upstream.ok("\(request.method) \(request.body.count)"))
            }
        }
    }

    @Test(
        "PUT goes again with its whole body when a kept connection turns out to be closed",
        arguments: ["Content-Length", "chunked"], [0, 1, 20_000, 65_536])
    func replay(framing: String, size: Int) async throws {
        let upstream = try Self.stale()
        let body = String(repeating: "0123456789abcdef", count: size / 16 + 1).prefix(size)
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "GET 0")
                try wire.write(Self.request("PUT", "/put", framing, body))
                #expect(try wire.readAnswer().text == "PUT \(size)")
            }
            let requests = upstream.requests.all
            #expect(requests.map(\.method) == ["GET", "PUT", "PUT"])
            for request in requests.dropFirst() { #expect(request.body == Array(body.utf8)) }
            let entry = try await gatehouse.access("/put")
            #expect(entry["attempts"] == "2" && entry["not_retried"] == nil, "\(entry)")
        }
    }

    @Test("POST on a kept connection that turns out to be closed is not sent again, and the client is told")
    func post() async throws {
        let upstream = try Self.stale()
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "GET 0")
                try wire.write(Self.request("POST", "/post", "Content-Length", "x"))
                #expect(try wire.readAnswer().status == 502)
            }
            #expect(upstream.requests.all.map(\.method) == ["GET", "POST"])
            #expect(try await gatehouse.access("/post")["not_retried"] == "method_not_idempotent")
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var word: String
        var method = "GET"
        var size = 0
        var keys = ""
        var answer = ""
        var attempts = 1
        var testDescription: String { word }
    }

    @Test(
        "a failure that is passed on says why it was not retried",
        arguments: [
            Refusal(word: "method_not_idempotent", method: "POST", size: 10),
            Refusal(word: "attempts_used_up", attempts: 3),
            Refusal(word: "attempts_used_up", keys: "retries = 0"),
            Refusal(word: "not_in_retry_on", keys: "retry_on = [\"connect\", \"503\"]"),
            Refusal(word: "retry_budget_used_up", keys: "budget_percent = 0"),
            Refusal(word: "body_not_kept", method: "PUT", size: 2000, keys: "replay_limit = 1000"),
            Refusal(word: "answer_begun", answer: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut"),
        ])
    func refusals(refusal: Refusal) async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write(refusal.answer)
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            proxy: "[sites.proxy.retry]\n\(refusal.keys)\n[sites.proxy.passive_health]\nmax_fails = 0\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let body = String(repeating: "x", count: refusal.size)
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(Self.request(refusal.method, "/r", "Content-Length", body[...]))
                _ = try? wire.readAnswer()
            }
            let entry = try await gatehouse.access("/r")
            #expect(entry["not_retried"] == refusal.word, "\(entry)")
            #expect(entry["attempts"] == (refusal.attempts > 1 ? "\(refusal.attempts)" : nil), "\(entry)")
            #expect(upstream.requests.all.count == refusal.attempts)
        }
    }

    @Test(
        "a request that fails alike on several servers ejects none of them, also if one of them is asked twice",
        arguments: ["", "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"], [2, 3])
    func failsAlike(answer: String, servers: Int) async throws {
        let upstreams = try (0..<servers).map { _ in
            try Upstream { upstream, wire in
                while let request = try wire.readRequest() {
                    upstream.requests.append(request)
                    try wire.write(request.target == "/poison" ? answer : Upstream.ok("well"))
                    if request.target == "/poison", answer.isEmpty { return }
                }
            }
        }
        let port = try FreePort()
        let others = upstreams.dropFirst().map {
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: others.joined()
                + "[sites.proxy.retry]\nretries = 2\nretry_on = [\"closed\", \"500\"]\n"
                + "[sites.proxy.passive_health]\nmax_fails = 1\n")
        try await Gatehouse.serving(toml) { gatehouse in
            for _ in 0..<6 {
                let answer = try await Command.curl(["http://127.0.0.1:\(port)/poison"])
                #expect(answer.text != "well")
            }
            for _ in 0..<6 { #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == "well") }
            #expect(upstreams.allSatisfy { $0.requests.all.contains { $0.target == "/" } })
            #expect(!gatehouse.log.all.contains { $0.contains("ejected") })
        }
    }

    @Test("a burst of requests that all servers answer alike ejects none, though one of them is the first to answer")
    func burst() async throws {
        let (asked, answers) = (Journal<Int>("requests at the servers"), Journal<Int>("answers at the clients"))
        let (first, second) = (Signal(), Signal())
        let upstreams = try [first, second].map { signal in
            try Upstream { upstream, wire in
                upstream.requests.append(try wire.request())
                asked.append(upstream.requests.all.count)
                signal.wait()
                try wire.write("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(upstreams[1])\"\n")
        try await Gatehouse.serving(toml) { gatehouse in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await onThread {
                            let wire = try Wire(to: port.number)
                            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            answers.append(try wire.readAnswer().status)
                        }
                    }
                }
                _ = try await asked.first(20)
                for _ in 0..<10 { first.fire() }
                _ = try await answers.first(10)
                for _ in 0..<10 { second.fire() }
                try await group.waitForAll()
            }
            #expect(answers.all == Array(repeating: 503, count: 20))
            #expect(upstreams.map { $0.requests.all.count } == [10, 10])
            for _ in 0..<2 { for signal in [first, second] { signal.fire() } }
            for _ in 0..<4 { _ = try await Command.curl(["http://127.0.0.1:\(port)/"]) }
            #expect(upstreams.map { $0.requests.all.count } == [12, 12])
            #expect(!gatehouse.log.all.contains { $0.contains("ejected") })
        }
    }

    @Test("an attempt goes to a server that has not failed this request, as long as there is one")
    func everyServerOnce() async throws {
        let broken = try (0..<3).map { _ in
            try Upstream { upstream, wire in upstream.requests.append(try wire.request()) }
        }
        let well = try Upstream.saying("well")
        let port = try FreePort()
        let others = (broken.dropFirst() + [well]).map {
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(broken[0])",
            proxy: others.joined() + "[sites.proxy.retry]\nretries = 3\n[sites.proxy.passive_health]\nmax_fails = 0\n")
        try await Gatehouse.serving(toml) { _ in
            for _ in 0..<4 {
                let answer = try await Command.curl(["http://127.0.0.1:\(port)/"])
                #expect(answer.text == "well")
            }
            for upstream in broken { #expect(upstream.requests.all.count <= 4) }
        }
    }

    @Test("a kept connection is closed before the time that the upstream's Keep-Alive field names")
    func keepAliveField() async throws {
        let endings = Journal<Wire.Ending?>("how the kept connection ended")
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 1\r\n\r\nx")
            // Nil if it is still open after the patience of a wire, which is shorter than the gateway's own limit.
            endings.append(try? wire.readToEnd().ending)
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", top: "[limits]\nupstream_idle_timeout = 3600\nhead_timeout = 600\n")
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/"])
            #expect(answer.text == "x")
            #expect(try await endings.first(1) == [.closed])
        }
    }

    private static func request(_ method: String, _ target: String, _ framing: String, _ body: Substring) -> String {
        let head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        guard framing == "chunked" else { return head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body }
        let chunk = body.isEmpty ? "" : "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
        return head + "Transfer-Encoding: chunked\r\n\r\n\(chunk)0\r\n\r\n"
    }
}
