import Testing

@testable import HTTP

@Suite struct RequestHeadTests {
    static let accepted: [(source: String, extra: String)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET"),
        ("GET / HTTP/1.0\r\n\r\n", "x"),
        ("GET /?a=%zz&b=\\^|\"{} HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("GET /a\u{fc}b?\u{fc} HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n"),
        ("GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("GET HTTPS://a:443 HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("GET http://a?q HTTP/1.0\r\n\r\n", ""),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "tls"),
        ("X-Y_Z.1 / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n", ""),
        ("POST / HTTP/1.1\r\nHost:a\r\nContent-Length:  5 \t\r\nEmpty:\r\nX: \ta\tb \u{e9}\t \r\n\r\n", "hello"),
        ("POST / HTTP/1.1\r\nhost: a\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n", "0\r\n\r\n"),
        ("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n", ""),
        ("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\n", ""),
        ("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n", "{}"),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", ""), ("GET / HTTP/1.9\r\nHost: a:\r\n\r\n", ""),
        ("GET http://a:/ HTTP/1.1\r\nHost: a:80\r\n\r\n", ""), ("GET / HTTP/1.1\r\nHost: [::1]:\r\n\r\n", ""),
    ]

    @Test(arguments: accepted)
    func `A valid head is taken whole and nothing behind it, however it arrives`(_ example: (source: String, extra: String)) {
        let input = bytes(example.source + example.extra)
        #expect(outcomes(ofRequest: input) == [.head(consumed: example.source.utf8.count)])
    }

    @Test(arguments: accepted)
    func `A head that lacks bytes is never an error and never complete`(_ example: (source: String, extra: String)) {
        let input = bytes(example.source)
        for count in 0..<input.count {
            let head = RequestHead()
            #expect(deliver(Array(input[0..<count]), at: [count], to: head) == .incomplete)
        }
    }

    @Test func `Fields keep order, duplicates and bytes`() throws {
        let head = try request("GET / HTTP/1.1\r\nHost: a\r\nX-b:  1\r\nx-B: 2 \r\nEmpty:\r\ncookie: c\r\n\r\n")
        #expect(lines(head.fields) == ["Host: a", "X-b: 1", "x-B: 2", "Empty: ", "cookie: c"])
        #expect(head.fields.contains(.cookie) && !head.fields.contains(.setCookie))
    }

    @Test func `A head is reused after reset without traces of the last one`() throws {
        let head = try request(
            "POST /../x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n".replacing("/..", with: "/a/.."))
        #expect(head.framing == .length(5))
        head.reset()
        let input = bytes("GET /y HTTP/1.0\r\n\r\n")
        #expect(try head.parse(input.span, limits: HeadLimits()) == input.count)
        #expect(head.framing == .none && head.authority == nil && head.fields.isEmpty)
        #expect(head.string(head.pathAndQuery) == "/y")
        #expect(head.methodText == "GET" && head.minorVersion == 0 && !head.keepsAlive)
    }

    @Test(arguments: [
        ("/a/b?c=/../%2e", "/a/b", "?c=/../%2e"), ("/a/./b/../c?x", "/a/c", "?x"), ("/%7Euser", "/~user", ""),
        ("http://h", "/", ""), ("http://h?q=1", "/", "?q=1"), ("http://h/a//b", "/a//b", ""), ("/a?b?c", "/a", "?b?c"),
        ("/?", "/", "?"),
    ])
    func `The path is normalised and the query untouched`(_ target: String, _ path: String, _ query: String) throws {
        let head = try request("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(head.string(head.path) == path)
        #expect(head.string(head.query) == query)
        #expect(head.string(head.pathAndQuery) == path + query)
        #expect(head.string(head.target) == target)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: x, CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true), ("1.0", "Connection: keep-alive, close\r\n", false),
    ])
    func `Persistence follows version and Connection`(_ version: String, _ field: String, _ keeps: Bool) throws {
        #expect(try request("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n").keepsAlive == keeps)
    }

    @Test func `An upgrade counts only in HTTP/1.1, with the connection option, and only to WebSocket`() throws {
        func upgrade(_ version: String, _ fields: String) throws -> RequestHead.Upgrade? {
            try request("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n\r\n").upgrade
        }
        #expect(try upgrade("1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket") == .websocket)
        #expect(try upgrade("1.1", "Upgrade: websocket") == nil)
        #expect(try upgrade("1.1", "Connection: upgrade") == nil)
        #expect(try upgrade("1.0", "Connection: upgrade\r\nUpgrade: websocket") == nil)
        #expect(try upgrade("1.1", "Connection: upgrade\r\nUpgrade: h2c") == .other)
        #expect(try upgrade("1.1", "Connection: upgrade\r\nUpgrade: notwebsocket") == .other)
    }

    @Test func `A client waits for 100 only in HTTP/1.1 and with a body`() throws {
        func expects(_ version: String, _ fields: String) throws -> Bool {
            try request("POST / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n\r\n").expectsContinue
        }
        #expect(try expects("1.1", "Expect: 100-continue\r\nContent-Length: 1"))
        #expect(try expects("1.1", "Expect: 100-continue\r\nTransfer-Encoding: chunked"))
        #expect(try !expects("1.1", "Expect: 100-continue\r\nContent-Length: 0"))
        #expect(try !expects("1.1", "Expect: 100-continue"))
        #expect(try !expects("1.0", "Expect: 100-continue\r\nContent-Length: 1"))
    }

    @Test func `The authority is the target's, else Host`() throws {
        let absolute = try request("GET http://A:80/ HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(absolute.string(absolute.authorityRange) == "A:80")
        #expect(absolute.authority?.port == 80)
        let plain = try request("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")
        #expect(plain.authority?.isIPv6 == true && plain.authority?.port == 8080)
        #expect(plain.authority.map { plain.string($0.host) } == "::1")
        // RFC 3986 §3.2.3: an empty port is none, and is not written again.
        for (host, normal) in [("a:", "a"), ("[::1]:", "[::1]")] {
            let head = try request("GET / HTTP/1.2\r\nHost: \(host)\r\n\r\n")
            #expect(head.string(head.authorityRange) == normal && head.authority?.port == nil && head.minorVersion == 1)
        }
    }

    @Test func `A body is framed on any method that may have one`() throws {
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "BREW"] {
            let sized = try request("\(method) / HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\n\r\n")
            #expect(sized.framing == .length(12))
            let chunked = try request("\(method) / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:   chunked \r\n\r\n")
            #expect(chunked.framing == .chunked)
        }
        let most = try request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n")
        #expect(most.framing == .length(UInt64(Int64.max)))
    }

    @Test func `Every known field is recognised in any case, and its lookalikes`() throws {
        let names = [
            "Host": KnownField.host, "content-length": .contentLength, "TRANSFER-ENCODING": .transferEncoding, "TE": .te,
            "Via": .via, "X-Forwarded-For": .xForwardedFor, "x-forwarded-server": .xForwardedOther,
            "Strict-Transport-Security": .strictTransportSecurity, "sec-websocket-extensions": .secWebSocketExtensions,
            "Access-Control-Request-Headers": .accessControlRequestHeaders, "X_Forwarded_For": .lookalike,
            "X_FORWARDED-PROTO": .lookalike, "Content_Length": .lookalike, "x_forwarded_anything": .lookalike,
            "Client.IP": .lookalike, "X.Forwarded.For": .lookalike, "X!Real~IP": .lookalike,
            "x.ssl.client.a-name-of-any-length": .lookalike,
            "X-Y.Z": .other, "X-Y_Z": .underscored, "Hos": .other, "Hosts": .other, "Age": .age, "ETag": .etag, "Range": .range,
            "Content-Lengtg": .other, "Upgrade-Insecure-Requests": .other, "X": .other,
            "a-name-of-more-than-thirty-two-bytes": .other,
        ]
        for (name, known) in names {
            let spelled = bytes(name)
            #expect(KnownField.recognise(spelled.span, 0..<spelled.count) == known, "\(name)")
        }
    }
}

@Suite struct RefusedHeadTests {
    @Test func `A head shows nothing before it is whole, and after a refusal what was read, for the log`() throws {
        let head = RequestHead()
        let input = bytes("GET /a HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n")
        #expect(deliver(input, at: [26], to: head) == .incomplete)
        #expect(head.fields.isEmpty && head.target.isEmpty)
        #expect(deliver(input, at: [input.count], to: head) == .refused("space_before_colon", 400))
        #expect(head.methodText == "GET" && head.string(head.target) == "/a")
        #expect(lines(head.fields) == ["Host: a"])
        #expect(head.hasRequestLine && head.string(head.authorityRange) == "a")
    }

    @Test func `A head that is given up at any byte shows what had come until then`() throws {
        let input = bytes("HEAD /a HTTP/1.0\r\nHost: a\r\nX: b\r\n\r\n")
        let limits = HeadLimits()
        for cut in 0..<input.count {
            let head = RequestHead()
            #expect(try head.parse(input.span.extracting(first: cut), limits: limits) == nil)
            head.abandon(input.span.extracting(first: cut), limits: limits)
            #expect(head.methodText == text(Array(input.prefix(min(cut, 4)))), "\(cut)")
            #expect(head.string(head.target) == text(Array(input[5..<max(5, min(cut, 7))])), "\(cut)")
            #expect(head.hasRequestLine == (cut >= 18) && head.minorVersion == (cut >= 18 ? 0 : 1), "\(cut)")
            #expect(head.string(head.authorityRange) == (cut >= 27 ? "a" : ""), "\(cut)")
            #expect((head.authority != nil) == (cut >= 27), "\(cut)")
            // What is not known to be HEAD gets an answer with a body.
            #expect((head.method == .head) == (cut >= 5), "\(cut)")
        }
    }

    @Test func `Of a request line that is refused the parts before the fault are shown`() throws {
        let cases = [
            ("GE@T / HTTP/1.1\r\n", "GE", ""), ("GET /a\u{1}b HTTP/1.1\r\n", "GET", "/a"), ("GET /a\r\n", "GET", "/a"),
            ("GET /a HTTP/2.0\r\n", "GET", "/a"), ("\u{16}\u{3}\u{1}", "", ""), ("\n", "", ""),
        ]
        for (line, method, target) in cases {
            let head = RequestHead()
            guard case .refused = deliver(bytes(line), at: [line.utf8.count], to: head) else {
                Issue.record("\(line) was taken")
                continue
            }
            #expect(head.methodText == method && head.string(head.target) == target && !head.hasRequestLine, "\(line)")
        }
    }

    @Test func `Many random heads are taken or refused, but never trap`() {
        var random = SystemRandomNumberGenerator()
        let seeds = RequestRefusalTests.framing.map(\.input) + RequestHeadTests.accepted.map { bytes($0.source) }
        let requestHead = RequestHead()
        let responseHead = ResponseHead()
        for _ in 0..<20_000 {
            var input = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0..<4, using: &random) where !input.isEmpty {
                let index = Int.random(in: 0..<input.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: input[index] = UInt8.random(in: 0...255, using: &random)
                case 1: input.remove(at: index)
                default: input.insert(bytes("\r\n :,;%/.\"\0").randomElement(using: &random) ?? 0, at: index)
                }
            }
            let cut = Int.random(in: 0...input.count, using: &random)
            requestHead.reset()
            let whole = deliver(input, at: [input.count], to: requestHead)
            _ = lines(requestHead.fields)
            requestHead.reset()
            #expect(deliver(input, at: [cut, input.count], to: requestHead) == whole)
            responseHead.reset()
            _ = deliver(bytes("HTTP/1.1 200 OK\r\n") + input, at: [input.count + 17], to: responseHead)
        }
    }
}
