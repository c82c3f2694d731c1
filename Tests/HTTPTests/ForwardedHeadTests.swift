import Testing

@testable import HTTP

private let v4 = ClientPeer(address: IPAddress("192.0.2.7"), port: 4711, scheme: .https, listenerPort: 8443, isTrusted: false)
private let v6 = ClientPeer(address: IPAddress("2001:DB8:0::1"), port: 4711, scheme: .http, listenerPort: 80, isTrusted: false)
private let proxy = ClientPeer(address: IPAddress("10.0.0.9"), port: 1, scheme: .http, listenerPort: 80, isTrusted: true)

private func upstream(_ framing: BodyFraming = .none) throws -> UpstreamRequest {
    UpstreamRequest(
        target: UpstreamTarget(authority: bytes("up:81"), rewrite: try #require(PathRewrite())), remainder: 0, framing: framing)
}

private func forward(
    _ source: String, policy: RequestFieldPolicy = RequestFieldPolicy(), client: ClientPeer = v4,
    change: (inout UpstreamRequest) -> Void = { _ in }
) throws -> String {
    let head = try request(source)
    var description = try upstream(head.framing)
    change(&description)
    return written { ForwardedHead.writeRequest(head, description, policy: policy, client: client, to: &$0) }
}

private var bare: RequestFieldPolicy {
    var policy = RequestFieldPolicy()
    policy.addXForwarded = false
    policy.addForwarded = false
    policy.addVia = false
    return policy
}

@Suite struct ForwardedHeadTests {
    @Test func `A request is written anew with Host first and forwarding fields behind the client's`() throws {
        let sent = try forward(
            "POST /a?b HTTP/1.1\r\nAccept:  x \r\nHost: example.org:8443\r\nx-Y: 1\r\nX-y:2\r\nContent-Length: 005\r\n\r\n")
        #expect(
            sent == """
                POST /a?b HTTP/1.1\r
                Host: up:81\r
                Accept: x\r
                x-Y: 1\r
                X-y: 2\r
                X-Forwarded-For: 192.0.2.7\r
                X-Forwarded-Proto: https\r
                X-Forwarded-Host: example.org:8443\r
                X-Forwarded-Port: 8443\r
                Forwarded: for=192.0.2.7;proto=https;host="example.org:8443"\r
                Via: 1.1 gatehouse\r
                Content-Length: 5\r
                \r\n
                """)
    }

    @Test func `An IPv6 client is quoted in Forwarded and plain in X-Forwarded-For`() throws {
        let sent = try forward("GET / HTTP/1.1\r\nHost: a\r\n\r\n", client: v6)
        #expect(sent.contains("X-Forwarded-For: 2001:db8::1\r\n"))
        #expect(sent.contains("Forwarded: for=\"[2001:db8::1]\";proto=http;host=a\r\n"))
        let host = try forward("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", client: v4)
        #expect(host.contains(";host=\"[::1]\"\r\n"))
    }

    @Test func `An untrusted client's claims are dropped in every spelling`() throws {
        let sent = try forward(
            """
            GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: evil\r\nX-Forwarded-Host: evil\r
            X-Forwarded-Port: 6\r\nX-Forwarded-Server: evil\r\nX-Forwarded-Prefix: /evil\r\nForwarded: for=evil\r
            X-Real-IP: 6.6.6.6\r\nX_Forwarded_For: evil\r\nX-Forwarded_Proto: evil\r\nHTTP2-Settings: evil\r\n\r\n
            """)
        #expect(!sent.contains("evil") && !sent.contains("6.6.6.6"))
        #expect(sent.contains("X-Forwarded-Proto: https\r\n") && sent.contains("X-Forwarded-Port: 8443\r\n"))
    }

    @Test func `A trusted peer's lists are continued and its statements kept`() throws {
        let sent = try forward(
            """
            GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r
            X-Forwarded-For: 2.2.2.2, 3.3.3.3\r\nX-Forwarded-Proto: https\r
            X-Forwarded-Host: public.example\r\nX-Forwarded-Port: 443\r
            Forwarded: for=1.1.1.1;proto=https\r\nX-Real-IP: 1.1.1.1\r\n\r\n
            """, client: proxy)
        #expect(sent.contains("\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9\r\n"))
        #expect(sent.contains("\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example\r\nX-Forwarded-Port: 443\r\n"))
        #expect(sent.contains("\r\nForwarded: for=1.1.1.1;proto=https, for=10.0.0.9;proto=https;host=public.example\r\n"))
        #expect(sent.contains("\r\nX-Real-IP: 1.1.1.1\r\n"))
    }

    /// docs/headers.md: a later rule decides.
    @Test(arguments: [
        (["X-Forwarded-For", "Forwarded", "via"], [:], ["X-Forwarded-Proto: P", "X-Forwarded-Host: a", "X-Forwarded-Port: 80"]),
        (
            ["x_forwarded_host", "X-Forwarded-Port"], ["X-Forwarded-Proto": "gopher"],
            ["X-Forwarded-For: A", "Forwarded: for=A;proto=P;host=a", "Via: 1.1 gatehouse", "X-Forwarded-Proto: gopher"]
        ),
        (
            ["X-Forwarded-Proto"], ["Forwarded": "for=_hidden", "X-Forwarded-For": "unknown"],
            [
                "X-Forwarded-Host: a", "X-Forwarded-Port: 80", "Via: 1.1 gatehouse", "Forwarded: for=_hidden",
                "X-Forwarded-For: unknown",
            ]
        ),
    ] as [([String], [String: String], [String])])
    func `What rules remove or set of the fields about the client is not written besides`(
        _ removed: [String], _ set: [String: String], _ expected: [String]
    ) throws {
        for (isTrusted, address) in [(false, "192.0.2.7"), (true, "10.0.0.9")] {
            let client = ClientPeer(
                address: IPAddress(address), port: 1, scheme: .http, listenerPort: 80, isTrusted: isTrusted)
            let fields = try set.map { try #require(ConfiguredField($0.key, $0.value)) }
            let policy = RequestFieldPolicy(FieldRules(remove: removed, set: fields))
            let sent = try forward("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 x\r\nX-A: 1\r\n\r\n", policy: policy, client: client)
            let own = sent.split(separator: "\r\n").map(String.init).dropFirst(2)
                .filter { $0 != "X-A: 1" && $0 != "Via: 1.1 x" }
            let wanted = expected.map {
                $0.replacing(": A", with: ": \(address)").replacing("for=A", with: "for=\(address)")
                    .replacing(": P", with: ": http").replacing("proto=P", with: "proto=http")
            }
            #expect(own.sorted() == wanted.sorted())
            #expect(sent.contains("Via: 1.1 x\r\n") == !removed.contains("via"))
        }
    }

    /// PHP reads `Client.IP` as the variable `HTTP_CLIENT_IP`, and nearly all as `HTTP_X_SCHEME` what is written `X_Scheme`.
    @Test func `What proxies say is taken from a trusted peer only, and names that look like that from nobody`() throws {
        let source =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Scheme: s\r\nX-Original-URL: u\r\nX-SSL-Client-Cert: c\r\nMy_Name: m\r\nX-Own: o\r\n"
            + "X_Scheme: l\r\nX.Scheme: l\r\nClient.IP: l\r\nX.Own: o\r\nX-Stays: 1\r\n\r\n"
        var policy = RequestFieldPolicy(removeUntrusted: ["X-Own"])
        policy.addXForwarded = false
        policy.addForwarded = false
        policy.addVia = false
        let start = "GET / HTTP/1.1\r\nHost: up:81\r\n"
        #expect(try forward(source, policy: policy) == start + "X-Stays: 1\r\n\r\n")
        let claims = "X-Scheme: s\r\nX-Original-URL: u\r\nX-SSL-Client-Cert: c\r\n"
        let own = "X-Own: o\r\nX.Own: o\r\n"
        #expect(try forward(source, policy: policy, client: proxy) == start + claims + own + "X-Stays: 1\r\n\r\n")
        policy.allowUnderscores = true
        #expect(try forward(source, policy: policy) == start + "My_Name: m\r\nX-Stays: 1\r\n\r\n")
    }

    @Test func `Trailers go by the rules of the other fields`() throws {
        var policy = RequestFieldPolicy(
            FieldRules(remove: ["X-Gone"], set: [try #require(ConfiguredField("X-Set", "1"))]), removeUntrusted: ["X-Own"])
        var trailers = FieldSection()
        for name: StaticString in ["X-Sum", "X-Gone", "X-Own", "x-set", "X-Scheme", "X-Real-IP", "My_Name", "X_Scheme"] {
            trailers.append(name, "v")
        }
        #expect(lines(policy.kept(ofTrailers: trailers, isTrusted: false)) == ["X-Sum: v"])
        policy.allowUnderscores = true
        let kept = policy.kept(ofTrailers: trailers, isTrusted: true)
        #expect(lines(kept).filter { $0.hasPrefix("X-S") || $0.hasPrefix("My") } == ["X-Sum: v", "X-Scheme: v", "My_Name: v"])
        #expect(written { ChunkedEncoder.writeEnd(trailers: kept, to: &$0) } == "0\r\nX-Sum: v\r\nX-Own: v\r\nMy_Name: v\r\n\r\n")
    }

    @Test func `The port is the one that the client asked for, else the listener's`() throws {
        #expect(try forward("GET / HTTP/1.1\r\nHost: a:9443\r\n\r\n").contains("\r\nX-Forwarded-Port: 9443\r\n"))
        #expect(try forward("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("\r\nX-Forwarded-Port: 8443\r\n"))
        let empty = try forward("GET / HTTP/1.1\r\nHost: a:\r\n\r\n")
        #expect(
            empty.contains("X-Forwarded-Host: a\r\nX-Forwarded-Port: 8443\r\nForwarded: for=192.0.2.7;proto=https;host=a\r\n"))
    }

    @Test(arguments: [
        (
            "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https", "203.0.113.9, 10.0.0.9", "https", "a", "443",
            "for=203.0.113.9;proto=https;host=a, for=10.0.0.9;proto=https;host=a"
        ),
        (
            "X-Forwarded-For: 2001:db8::7, x, 1.2.3.4:5\r\nX-Forwarded-Host: b:8443", "2001:db8::7, x, 1.2.3.4:5, 10.0.0.9",
            "http", "b:8443", "8443",
            "for=\"[2001:db8::7]\";proto=http;host=\"b:8443\", for=unknown, for=1.2.3.4, "
                + "for=10.0.0.9;proto=http;host=\"b:8443\""
        ),
        // No quote of the client's hides what a proxy has added behind it.
        (
            "X-Forwarded-For: \", 203.0.113.9", "\", 203.0.113.9, 10.0.0.9", "http", "a", "80",
            "for=unknown;proto=http;host=a, for=203.0.113.9, for=10.0.0.9;proto=http;host=a"
        ),
        ("X-Forwarded-Proto: https", "10.0.0.9", "https", "a", "443", "for=10.0.0.9;proto=https;host=a"),
        // A scheme has no case; application servers take HTTPS for http.
        ("X-Forwarded-Proto: HTTPS", "10.0.0.9", "https", "a", "443", "for=10.0.0.9;proto=https;host=a"),
        (
            "Forwarded: for=\"[2001:db8::7]:4711\";proto=https;host=\"b:444\"", "2001:db8::7, 10.0.0.9", "https", "b:444", "444",
            "for=\"[2001:db8::7]:4711\";proto=https;host=\"b:444\", for=10.0.0.9;proto=https;host=\"b:444\""
        ),
        // The client is behind two trusted proxies, and what stands left of it is its own claim.
        (
            "Forwarded: for=6.6.6.6;proto=ws, for=1.1.1.1;proto=https, for=10.0.0.8;proto=http",
            "6.6.6.6, 1.1.1.1, 10.0.0.8, 10.0.0.9", "https", "a", "443",
            "for=6.6.6.6;proto=ws, for=1.1.1.1;proto=https, for=10.0.0.8;proto=http, for=10.0.0.9;proto=https;host=a"
        ),
        (
            "Forwarded: for=_hidden;host=\"x\\\"y\"", "unknown, 10.0.0.9", "http", "a", "80",
            "for=_hidden;host=\"x\\\"y\", for=10.0.0.9;proto=http;host=a"
        ),
        // Behind a quote that its client leaves open the proxy's word, and ours, would be a part of the client's.
        (
            "Forwarded: for=\"6.6.6.6;proto=wss;host=evil, for=1.1.1.1;proto=https;host=b", "unknown, 1.1.1.1, 10.0.0.9", "https",
            "b", "443", "for=unknown, for=1.1.1.1;proto=https;host=b, for=10.0.0.9;proto=https;host=b"
        ),
        (
            "Forwarded: for=6.6.6.6;by=\"\\\r\nForwarded: for=\"[2001:db8::7]\"", "unknown, 2001:db8::7, 10.0.0.9", "http", "a",
            "80", "for=unknown, for=\"[2001:db8::7]\", for=10.0.0.9;proto=http;host=a"
        ),
    ])
    func `What a trusted peer says in one way is said in both`(
        _ sent: String, _ list: String, _ proto: String, _ host: String, _ port: String, _ forwarded: String
    ) throws {
        let client = ClientPeer(
            address: IPAddress("10.0.0.9"), port: 1, scheme: .http, listenerPort: 80, isTrusted: true,
            trusted: [try #require(CIDR("10.0.0.0/8"))])
        let written = try forward("GET / HTTP/1.1\r\nHost: a\r\n\(sent)\r\n\r\n", client: client)
        let expected =
            "X-Forwarded-For: \(list)\r\nX-Forwarded-Proto: \(proto)\r\nX-Forwarded-Host: \(host)\r\n"
            + "X-Forwarded-Port: \(port)\r\nForwarded: \(forwarded)\r\n"
        #expect(written.contains(expected), "\(written)")
    }

    @Test func `A trusted peer's malformed or doubled statements are replaced`() throws {
        let sent = try forward(
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a b\r\n"
                + "X-Forwarded-Port: 1\r\nX-Forwarded-Port: 2\r\n\r\n",
            client: proxy)
        #expect(sent.contains("X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: 80\r\n"))
    }

    @Test func `Hop-by-hop fields and those Connection names stay here`() throws {
        let sent = try forward(
            """
            GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Secret, te, close, x-other\r\nX-Secret: hop\r\nX-OTHER: hop\r\nX-Stays: 1\r
            Keep-Alive: hop\r\nProxy-Connection: hop\r\nTE: trailers\r\nTrailer: hop\r
            Upgrade: hop\r\nProxy-Authorization: hop\r\n\r\n
            """, policy: bare)
        #expect(sent == "GET / HTTP/1.1\r\nHost: up:81\r\nX-Stays: 1\r\n\r\n")
    }

    @Test func `Connection cannot take away forwarding, framing or known fields`() throws {
        let sent = try forward(
            """
            POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nCookie: c\r\nAuthorization: z\r
            Connection: X-Forwarded-For, Forwarded, Host, Content-Length, Cookie, Authorization, Via, X-Forwarded-Proto\r\n\r\n
            """)
        for line in [
            "X-Forwarded-For: 192.0.2.7", "Forwarded: for=", "Host: up:81", "Content-Length: 3", "Cookie: c", "Authorization: z",
            "Via: 1.1", "X-Forwarded-Proto: https",
        ] {
            #expect(sent.contains("\r\n" + line), "\(line)")
        }
    }

    @Test func `The policy's switches, removals and additions hold`() throws {
        var policy = RequestFieldPolicy(
            FieldRules(
                remove: ["X-Internal", "Cookie"],
                set: [try #require(ConfiguredField("X-Set", "new value")), try #require(ConfiguredField("Accept", "y"))]))
        policy.addXForwarded = false
        policy.addForwarded = false
        policy.addVia = false
        policy.preserveHost = true
        let source =
            "GET / HTTP/1.1\r\nHost: A.example\r\nX_Internal: 1\r\nx-internal: 2\r\ncookie: c\r\n"
            + "x-set: old\r\nX_Set: old\r\nAccept: x\r\nKeep: 1\r\n\r\n"
        #expect(
            try forward(source, policy: policy)
                == "GET / HTTP/1.1\r\nHost: A.example\r\nKeep: 1\r\nX-Set: new value\r\nAccept: y\r\n\r\n")
        let host = RequestFieldPolicy(FieldRules(set: [try #require(ConfiguredField("host", "fixed.example"))]))
        #expect(
            try forward("GET / HTTP/1.1\r\nHost: a\r\n\r\n", policy: host).hasPrefix(
                "GET / HTTP/1.1\r\nHost: fixed.example\r\nX-F"))
    }

    @Test(arguments: [
        ("Content-Length", "1"), ("connection", "close"), ("Transfer-Encoding", "chunked"), ("X Y", "a"), ("", "a"), ("X:", "a"),
        ("X", "a\r\nb"), ("X", " a"), ("X", "\0"), ("Content_Length", "1"), ("Upgrade", "x"),
    ])
    func `A configured field can break neither head nor framing`(_ name: String, _ value: String) {
        #expect(ConfiguredField(name, value) == nil)
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    func `A request that could have a body says that it has none`(_ method: String) throws {
        let length = ["POST", "PUT", "PATCH"].contains(method) ? "Content-Length: 0\r\n" : ""
        #expect(
            try forward("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n", policy: bare)
                == "\(method) / HTTP/1.1\r\nHost: up:81\r\n\(length)\r\n")
    }

    @Test func `Framing, expectation, trailers and upgrade are written by us`() throws {
        let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nTrailer: X-Sum\r\n\r\n"
        let start = "POST / HTTP/1.1\r\nHost: up:81\r\nTransfer-Encoding: chunked\r\n"
        let announced = try forward(post, policy: bare) { $0.forwardsTrailers = true }
        #expect(announced == start.replacing("up:81", with: "up:81\r\nTrailer: X-Sum") + "\r\n")
        #expect(try forward(post, policy: bare) == start + "\r\n")
        let expecting = try forward(post, policy: bare) { $0.expectsContinue = true }
        #expect(expecting == start + "Expect: 100-continue\r\n\r\n")
        let withTrailers = try forward(post, policy: bare) { $0.acceptsTrailers = true }
        #expect(withTrailers == start + "TE: trailers\r\nConnection: TE\r\n\r\n")
        let upgrade = try forward(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n", policy: bare
        ) { $0.asksForWebSocket = true }
        #expect(
            upgrade
                == "GET / HTTP/1.1\r\nHost: up:81\r\nSec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(
            try forward("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n", policy: bare)
                == "OPTIONS * HTTP/1.1\r\nHost: up:81\r\nMax-Forwards: 2\r\n\r\n")
    }

    @Test func `What is forwarded parses to the same fields without the hop-by-hop ones`() throws {
        var random = SystemRandomNumberGenerator()
        let names = [
            "Accept", "x-a", "X-B", "Cookie", "Range", "Connection", "Keep-Alive", "TE", "X_Forwarded_For", "x-c-d", "If-Match",
            "Upgrade",
        ]
        let values = ["", "a", "x-a", "close", "\u{e9} \t b", "\"q, r\"", "x-c-d, keep-alive", String(repeating: "v", count: 70)]
        for _ in 0..<2_000 {
            var source = "GET /p/\(Int.random(in: 0..<9, using: &random))?q HTTP/1.1\r\nHost: a\r\n"
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                let blank = ["", " ", "\t ", "  "].randomElement(using: &random) ?? ""
                source +=
                    "\(names.randomElement(using: &random) ?? "")"
                    + ":\(blank)\(values.randomElement(using: &random) ?? "")\(blank)\r\n"
            }
            let first = try request(source + "\r\n")
            let again = try request(try forward(source + "\r\n", policy: bare))
            let hop: Set<KnownField> = [.connection, .keepAlive, .te, .upgrade, .lookalike, .host]
            let kept = first.fields.lines.filter { line in
                !hop.contains(line.known) && !(line.known == .other && named(first, first.fields.name(of: line)))
            }
            let expected = ["Host: up:81"] + kept.map { "\(first.fields.name(of: $0)): \(first.fields.string(of: $0))" }
            #expect(lines(again.fields) == expected)
            #expect(again.string(again.target) == first.string(first.target))
        }
    }

    private func named(_ head: RequestHead, _ name: String) -> Bool {
        head.fields.lines.contains { line in
            line.known == .connection
                && head.fields.string(of: line).split(separator: ",").contains {
                    $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined() == name.lowercased()
                }
        }
    }

    @Test func `To an HTTP/2 upstream go the same fields, without those of the connection`() throws {
        let head = try request(
            "POST /a?b HTTP/1.1\r\nAccept:  x \r\nHost: example.org\r\nConnection: close, X-Y\r\nX-Y: 1\r\nUpgrade: h2c\r\n"
                + "Content-Length: 005\r\nExpect: 100-continue\r\n\r\n")
        var description = try upstream(head.framing)
        description.acceptsTrailers = true
        description.expectsContinue = true
        var out = bytes("before")
        let parts = ForwardedHead.appendRequestParts(head, description, policy: bare, client: v4, to: &out)
        #expect(String(decoding: out[parts.method], as: UTF8.self) == "POST")
        #expect(String(decoding: out[parts.authority], as: UTF8.self) == "up:81")
        #expect(String(decoding: out[parts.path], as: UTF8.self) == "/a?b")
        #expect(
            String(decoding: out[parts.lines], as: UTF8.self)
                == "Accept: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nTE: trailers\r\n")
        #expect(parts.lines.upperBound == out.count)
    }

    @Test func `To an HTTP/2 upstream a body without a length has no field, and a handshake no key`() throws {
        var out: [UInt8] = []
        let chunked = try request("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        let parts = ForwardedHead.appendRequestParts(
            chunked, try upstream(chunked.framing), policy: bare, client: v4, to: &out)
        #expect(parts.lines.isEmpty)
        let handshake = try request(
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"
                + "Sec-WebSocket-Version: 13\r\n\r\n")
        var description = try upstream()
        description.asksForWebSocket = true
        let opened = ForwardedHead.appendRequestParts(handshake, description, policy: bare, client: v4, to: &out)
        #expect(String(decoding: out[opened.lines], as: UTF8.self) == "Sec-WebSocket-Version: 13\r\n")
    }
}
