import TestSupport
import Testing

@Suite("Connections that are used again")
struct ConnectionReuseTests {
    @Test("an HTTP/1.0 client that asks for keep-alive gets it")
    func oldKeepAlive() async throws {
        let upstream = try Upstream.saying("x")
        try await talk(upstream) { wire in
            for _ in 0..<2 {
                try wire.write("GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.text == "x" && answer.value("Connection") == "keep-alive")
            }
        }
    }

    @Test("pipelined requests are answered in order")
    func pipelining() async throws {
        let upstream = try Upstream.answering { Upstream.ok("\($0.target) \($0.text)") }
        try await talk(upstream) { wire in
            let requests = (0..<20).map { number in
                number % 2 == 0
                    ? "GET /\(number) HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    : "POST /\(number) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\n<\(number % 10)\r\n1\r\n>\r\n0\r\n\r\n"
            }
            try wire.write(requests.joined())
            for number in 0..<20 {
                #expect(try wire.readAnswer().text == (number % 2 == 0 ? "/\(number) " : "/\(number) <\(number % 10)>"))
            }
            #expect(upstream.connections.all.count == 1)
        }
    }

    @Test("connections are kept on both sides: many requests, one upstream connection, for several clients in turn")
    func keepAlive() async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
            for _ in 0..<5 {
                try await onThread {
                    let wire = try Wire(to: port.number)
                    for _ in 0..<10 {
                        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        #expect(try wire.readAnswer().text == "x")
                    }
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    #expect(try wire.readAnswer().value("Connection") == "close")
                    #expect(try wire.readToEnd() == ([], .closed))
                }
            }
            #expect(upstream.connections.all == [1])
            #expect(upstream.requests.all.count == 55)
        }
    }

    @Test("an upstream that says Connection: close is not used again")
    func upstreamCloses() async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        }
        try await talk(upstream) { wire in
            for _ in 0..<3 {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.text == "x" && answer.values("Connection").isEmpty)
            }
            #expect(upstream.connections.all.count == 3)
        }
    }

    @Test("a kept connection that the upstream has closed meanwhile costs the client nothing")
    func staleConnection() async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            // No "Connection: close": the client of this upstream cannot know.
            try wire.write(Upstream.ok("x"))
        }
        try await talk(upstream) { wire in
            for _ in 0..<5 {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "x")
            }
        }
    }

    /// An answer without a body, and whether its connection is used again.
    struct Bodiless: CustomTestStringConvertible {
        let method: String
        let head: String
        let isUsedAgain: Bool

        var testDescription: String { "\(method): \(head)" }
    }

    @Test(
        "a body that comes late behind an answer without one is nobody's: the connection is used again only if there can be none",
        arguments: [
            Bodiless(method: "HEAD", head: "200 OK\r\nContent-Length: 4\r\n", isUsedAgain: false),
            Bodiless(method: "HEAD", head: "200 OK\r\nTransfer-Encoding: chunked\r\n", isUsedAgain: false),
            Bodiless(method: "HEAD", head: "200 OK\r\n", isUsedAgain: false),
            Bodiless(method: "HEAD", head: "200 OK\r\nContent-Length: 0\r\n", isUsedAgain: true),
            Bodiless(method: "GET", head: "304 Not Modified\r\nContent-Length: 4\r\n", isUsedAgain: false),
            Bodiless(method: "GET", head: "304 Not Modified\r\n", isUsedAgain: true),
            Bodiless(method: "GET", head: "204 No Content\r\nContent-Length: 4\r\n", isUsedAgain: false),
            Bodiless(method: "GET", head: "204 No Content\r\nContent-Length: 0\r\n", isUsedAgain: true),
            Bodiless(method: "GET", head: "204 No Content\r\n", isUsedAgain: true),
        ])
    func lateBody(_ bodiless: Bodiless) async throws {
        let upstream = try Upstream { upstream, wire in
            try upstream.serve(wire) { request in
                request.target == "/bodiless" ? "HTTP/1.1 \(bodiless.head)\r\n" : Upstream.ok("own")
            }
        }
        try await talk(upstream) { wire in
            for _ in 0..<3 {
                try wire.write("\(bodiless.method) /bodiless HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try wire.readHead()
                try wire.write("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "own")
            }
            #expect(upstream.connections.all.count == (bodiless.isUsedAgain ? 1 : 4))
        }
    }

    @Test(
        "a body that comes behind an answer without one when the next request is there already is no answer to that",
        arguments: ["GET", "POST"], ["late", "Hello, HTTP/1.1 200 OK", "\r\n"])
    func lateBodyMeanwhile(method: String, late: String) async throws {
        let upstream = try Upstream { upstream, wire in
            var answered = 0
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                answered += 1
                let isLate = answered == 2 && upstream.connections.all.count == 1
                try wire.write(
                    request.target == "/bodiless" ? "HTTP/1.1 204 No Content\r\n\r\n" : (isLate ? late : "") + Upstream.ok("own"))
            }
        }
        let port = try FreePort()
        // One that stays open: also what may not be repeated goes over it.
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", upstream: "idle_timeout = 600\n")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /bodiless HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().status == 204)
                try wire.write("\(method) /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.status == (method == "GET" ? 200 : 502), "\(answer)")
                #expect((answer.text == "own") == (method == "GET"), "\(answer)")
                try wire.write("GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "own")
            }
            let entry = try await gatehouse.access("/other")
            #expect(entry["attempts"] == (method == "GET" ? "2" : nil), "\(entry)")
            #expect(entry["not_retried"] == (method == "GET" ? nil : "method_not_idempotent"), "\(entry)")
            if method == "POST" { #expect(entry["reason"] == "upstream_status_line_malformed", "\(entry)") }
            #expect(upstream.connections.all.count == 2)
            let again = method == "GET" ? ["/other"] : []
            #expect(upstream.requests.all.map(\.target) == ["/bodiless", "/other"] + again + ["/next"])
        }
    }

    @Test(
        "one over which a client has given credentials that hold for all of it is no other client's",
        arguments: [
            ("NTLM TlRMTVNTUAAD", true), ("ntlm TlRMTVNTUAAD", true), ("Negotiate YII", true), ("Nego2 YII", true),
            ("Kerberos YII", true), ("CredSSP MII", true), ("Basic YTpi", false), ("Bearer NTLM", false),
        ])
    func authenticatedConnection(credentials: String, holdForAll: Bool) async throws {
        // Takes the connection for its user's, as IIS does.
        let upstream = try Upstream { _, wire in
            var user = "nobody"
            while let request = try wire.readRequest() {
                if request.value("Authorization") == credentials { user = "ann" }
                try wire.write(Upstream.ok(user))
            }
        }
        try await talk(upstream) { wire in
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(credentials)\r\n\r\n")
            #expect(try wire.readAnswer().text == "ann")
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.readAnswer().text == (holdForAll ? "nobody" : "ann"))
            #expect(upstream.connections.all.count == (holdForAll ? 2 : 1))
        }
    }

    @Test("one over which trailers went carries no other request: servers read them into that", arguments: [true, false])
    func trailers(areThere: Bool) async throws {
        // Takes trailers for fields of whatever comes next, as some do.
        let upstream = try Upstream { _, wire in
            var kept = ""
            while let request = try wire.readRequest() {
                try wire.write(Upstream.ok("\(kept)\(request.text)\(request.trailers.joined())"))
                kept = request.trailers.joined()
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", route: "request_trailers = true")
        ) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                let head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
                try wire.write(head + (areThere ? "X-Sum: 1\r\n\r\n" : "\r\n"))
                #expect(try wire.readAnswer().text == (areThere ? "hiX-Sum: 1" : "hi"))
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "")
            }
            #expect(upstream.connections.all.count == (areThere ? 2 : 1))
        }
    }

    @Test("bytes behind an answer are not taken for the next one")
    func answerSplitting() async throws {
        let upstream = try Upstream.answering { request in
            request.target == "/first" ? Upstream.ok("1") + Upstream.ok("smuggled") : Upstream.ok("2")
        }
        try await talk(upstream) { wire in
            try wire.write("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.readAnswer().text == "1")
            try wire.write("GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.readAnswer().text == "2")
            #expect(upstream.connections.all.count == 2)
        }
    }
}
