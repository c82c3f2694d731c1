import TestSupport
import Testing

@Suite("HTTP/1.1 between a client and an upstream")
struct MessageTests {
    @Test(
        "every method passes, with its body",
        arguments: [
            "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH", "QUERY", "X!#$%&'*+-.^_`|~",
        ])
    func methods(method: String) async throws {
        let upstream = try Upstream.saying("done")
        try await talk(upstream) { wire in
            try wire.write("\(method) /m HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try wire.readAnswer().text == "done")
            let request = upstream.requests.all[0]
            #expect(request.start == "\(method) /m HTTP/1.1")
            #expect(request.text == "hello")
        }
    }

    @Test("OPTIONS * passes as it is")
    func optionsAsterisk() async throws {
        let upstream = try Upstream.saying("")
        try await talk(upstream) { wire in
            try wire.write("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try wire.readAnswer()
            #expect(upstream.requests.all.map(\.start) == ["OPTIONS * HTTP/1.1"])
        }
    }

    @Test("CONNECT is refused: this is no forward proxy")
    func connect() async throws {
        let upstream = try Upstream.saying("")
        try await talk(upstream) { wire in
            try wire.write("CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n")
            #expect(try wire.readAnswer().status == 405)
            #expect(upstream.connections.all.isEmpty)
        }
    }

    @Test(
        "a query string arrives as it was sent",
        arguments: [
            "/q?a=b&c=d", "/q?", "/q?a=%2F%2f%00&b=/../x", "/q??&&==", "/q?a=%zz{}|^\"<>", "/q?\u{e4}",
        ])
    func queries(target: String) async throws {
        let upstream = try Upstream.saying("")
        try await talk(upstream) { wire in
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try wire.readAnswer()
            #expect(upstream.requests.all.map(\.start) == ["GET \(target) HTTP/1.1"])
        }
    }

    @Test("duplicate fields keep their order, case and bytes, both ways")
    func duplicates() async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nSet-Cookie: b=1\r\nX-One: 1\r\nset-cookie: a=2\r\nSet-Cookie: c=3; Path=/\r\n"
                + "Content-Length: 0\r\n\r\n"
        }
        try await talk(upstream) { wire in
            try wire.write(
                "GET / HTTP/1.1\r\nHost: localhost\r\nX-List: b\r\nx-list:  a , c\r\nX-LIST: \u{fc}\r\nX-Empty:\r\n\r\n")
            let answer = try wire.readAnswer()
            #expect(answer.values("Set-Cookie") == ["b=1", "a=2", "c=3; Path=/"])
            #expect(
                answer.fields.filter { $0.name.lowercased().hasPrefix("set-") }.map(\.name) == [
                    "Set-Cookie", "set-cookie", "Set-Cookie",
                ])
            let fields = upstream.requests.all[0].fields.filter {
                $0.name.lowercased().hasPrefix("x-list") || $0.name == "X-Empty"
            }
            #expect(fields.map(\.name) == ["X-List", "x-list", "X-LIST", "X-Empty"])
            #expect(fields.map(\.value) == ["b", "a , c", "\u{fc}", ""])
        }
    }

    @Test("bodies keep their framing, both ways", arguments: [true, false], [true, false])
    func framing(requestIsChunked: Bool, answerIsChunked: Bool) async throws {
        let upstream = try Upstream.answering { request in
            answerIsChunked
                ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
                : Upstream.ok("abcdefg")
        }
        try await talk(upstream) { wire in
            for _ in 0..<2 {
                try wire.write(
                    "POST /f HTTP/1.1\r\nHost: localhost\r\n"
                        + (requestIsChunked
                            ? "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;q=\"a\"\r\n world\r\n0\r\n\r\n"
                            : "Content-Length: 11\r\n\r\nhello world"))
                let answer = try wire.readAnswer()
                #expect(answer.text == "abcdefg")
                #expect(answer.value("Transfer-Encoding") == (answerIsChunked ? "chunked" : nil))
                #expect(answer.value("Content-Length") == (answerIsChunked ? nil : "7"))
            }
            for request in upstream.requests.all {
                #expect(request.text == "hello world")
                #expect(request.value("Transfer-Encoding") == (requestIsChunked ? "chunked" : nil))
                #expect(request.value("Content-Length") == (requestIsChunked ? nil : "11"))
            }
            #expect(upstream.connections.all.count == 1)
        }
    }

    @Test("an answer that only the connection's close ends becomes chunked for HTTP/1.1")
    func untilClose() async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write("HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\nuntil the end")
        }
        try await talk(upstream) { wire in
            for _ in 0..<2 {
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.start == "HTTP/1.1 200 OK")
                #expect(answer.value("Transfer-Encoding") == "chunked")
                #expect(answer.text == "until the end")
            }
        }
    }

    @Test("answers without a body have none: HEAD, 204, 304")
    func bodiless() async throws {
        let upstream = try Upstream.answering { request in
            switch (request.method, request.target) {
            case ("HEAD", _): "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\nETag: \"h\"\r\n\r\n"
            case (_, "/204"): "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"
            case (_, "/304"): "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"x\"\r\n\r\n"
            default: Upstream.ok("body")
            }
        }
        try await talk(upstream) { wire in
            for _ in 0..<2 {
                try wire.write("HEAD /head HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let head = try wire.readAnswer(toHead: true)
                #expect(head.value("Content-Length") == "4711" && head.value("ETag") == "\"h\"")
                try wire.write("GET /204 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let noContent = try wire.readAnswer()
                #expect(noContent.status == 204 && noContent.value("Content-Length") == nil)
                #expect(noContent.value("Transfer-Encoding") == nil)
                try wire.write("GET /304 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let notModified = try wire.readAnswer()
                #expect(notModified.status == 304 && notModified.value("ETag") == "\"x\"")
                try wire.write("GET /200 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().text == "body")
            }
            // A body that is stated may come late: four times a connection is not used again.
            #expect(upstream.connections.all.count == 5)
        }
    }

    @Test("Expect: 100-continue is the upstream's to answer, and then the body follows")
    func expectContinue() async throws {
        let upstream = try Upstream { upstream, wire in
            var request = try wire.head()
            try wire.write("HTTP/1.1 100 Continue\r\n\r\n")
            try wire.readBody(of: &request)
            upstream.requests.append(request)
            try wire.write(Upstream.ok("got it"))
        }
        try await talk(upstream) { wire in
            try wire.write("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try wire.readHead()?.status == 100)
            try wire.write("data")
            #expect(try wire.readAnswer().text == "got it")
            #expect(upstream.requests.all[0].text == "data")
            #expect(upstream.requests.all[0].value("Expect") == "100-continue")
        }
    }

    @Test("an upstream may refuse before the body comes, and the connection ends rather than be misread")
    func expectRefused() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 413 Too Big\r\nContent-Length: 3\r\n\r\nno!")
            _ = try wire.readToEnd()
        }
        try await talk(upstream) { wire in
            try wire.write("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000\r\nExpect: 100-continue\r\n\r\n")
            let answer = try wire.readAnswer()
            #expect(answer.status == 413 && answer.text == "no!")
            #expect(answer.value("Connection") == "close")
            #expect(try wire.readToEnd().bytes.isEmpty)
        }
    }

    @Test("interim answers reach the client at once, in order, before the final one")
    func interim() async throws {
        let go = Signal()
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
            go.wait()
            try wire.write("HTTP/1.1 102 Processing\r\n\r\n" + Upstream.ok("final"))
            _ = try wire.readToEnd()
        }
        try await talk(upstream) { wire in
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let hints = try wire.head()
            #expect(hints.start == "HTTP/1.1 103 Early Hints")
            #expect(hints.value("Link") == "</a.css>; rel=preload")
            go.fire()
            #expect(try wire.readHead()?.status == 102)
            #expect(try wire.readAnswer().text == "final")
        }
    }

    @Test("an HTTP/1.0 client gets no interim answers, no chunks, and its connection closed")
    func oldClient() async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        }
        try await talk(upstream) { wire in
            try wire.write("GET /old HTTP/1.0\r\n\r\n")
            let answer = try wire.readAnswer()
            #expect(answer.status == 200 && answer.text == "abc")
            #expect(answer.values("Transfer-Encoding").isEmpty)
            #expect(answer.value("Connection") == "close")
            #expect(upstream.requests.all[0].start == "GET /old HTTP/1.1")
            #expect(upstream.requests.all[0].values("Host") == ["127.0.0.1:\(upstream)"])
        }
    }

    @Test("trailers pass to a client that takes them, and from a client only where the route says so")
    func trailers() async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n"
        }
        try await talk(upstream) { wire in
            try wire.write(
                "POST / HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-Check\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Check: 42\r\n\r\n")
            let answer = try wire.readAnswer()
            #expect(answer.text == "abc" && answer.trailers == ["X-Sum: 9"])
            let request = upstream.requests.all[0]
            #expect(request.text == "hi" && request.trailers.isEmpty && request.value("Trailer") == nil)
            #expect(request.value("TE") == "trailers")
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.readAnswer().trailers.isEmpty)
        }
    }

    @Test("hop-by-hop fields stay on their hop, both ways")
    func hopByHop() async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nConnection: X-Up\r\nX-Up: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n"
                + "X-Stays: 1\r\nContent-Length: 0\r\n\r\n"
        }
        try await talk(upstream) { wire in
            try wire.write(
                "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 300\r\n"
                    + "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nUpgrade: h2c\r\nX-Kept: 1\r\n\r\n")
            let answer = try wire.readAnswer()
            for name in ["X-Up", "Keep-Alive", "Proxy-Authenticate", "Connection"] {
                #expect(answer.values(name).isEmpty, "\(name)")
            }
            #expect(answer.value("X-Stays") == "1")
            let request = upstream.requests.all[0]
            for name in ["X-Hop", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade", "Connection"] {
                #expect(request.values(name).isEmpty, "\(name)")
            }
            #expect(request.value("X-Kept") == "1")
        }
    }

    @Test("an answer may begin before the request is complete, and both then flow at once")
    func bothWays() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            // Echoes chunk by chunk.
            while case let line = try wire.readLine(), let size = Int(line, radix: 16), size > 0 {
                let data = try wire.read(size + 2)
                try wire.write(Array("\(line)\r\n".utf8) + data)
            }
            _ = try wire.readLine()
            try wire.write("0\r\n\r\n")
            _ = try wire.readToEnd()
        }
        try await talk(upstream) { wire in
            try wire.write("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try wire.readHead()?.status == 200)
            for word in ["one", "three", "seventeen"] {
                try wire.write("\(String(word.count, radix: 16))\r\n\(word)\r\n")
                #expect(try wire.readLine() == String(word.count, radix: 16))
                #expect(try wire.read(word.count + 2) == Array((word + "\r\n").utf8))
            }
            try wire.write("0\r\n\r\n")
            #expect(try wire.read(5) == Array("0\r\n\r\n".utf8))
        }
    }
}
