import Testing

@testable import HTTP

/// Variants, conditions and the heads of stored answers.
@Suite("The fields of a stored answer")
struct CacheHeadTests {
    private static let now: Int64 = 1_700_000_000

    /// RFC 9111 §4.1: `Vary`, what the first request had, what the second has, and whether they are one.
    @Test(
        "choose by Vary",
        arguments: [
            ("Accept", "Accept: a", "Accept: a", true), ("Accept", "Accept: a", "Accept: b", false),
            ("Accept", "Accept: a", "X: 1", false), ("Accept", "X: 1", "X: 2", true), ("Accept", "X: 1", "Accept: ", false),
            ("Accept", "Accept: a, b", "Accept: a\r\nAccept: b", true), ("Accept", "Accept: a", "ACCEPT:   a  ", true),
            ("Accept", "Accept: a", "Accept: A", false), ("accept", "Accept: a", "Accept: a", true),
            ("Accept, X", "Accept: a\r\nX: 1", "X: 1\r\nAccept: a", true),
            ("Accept, X", "Accept: a\r\nX: 1", "Accept: a\r\nX: 2", false),
            ("X, Y", "X: a\r\nY: b", "X: b\r\nY: a", false), ("X, Y", "X: a", "Y: a", false),
            ("Cookie", "Cookie: a=1", "Cookie: a=1; b=2", false), ("User-Agent", "User-Agent: a", "User-Agent: a/2", false),
            ("Accept-Encoding", "Accept-Encoding: gzip, br", "Accept-Encoding: br,gzip", true),
            ("Accept-Encoding", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Encoding: zstd, br, gzip, x-a", true),
            ("Accept-Encoding", "Accept-Encoding: gzip", "Accept-Encoding: br", false),
            ("Accept-Encoding", "Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0", false),
            ("Accept-Encoding", "Accept-Encoding: gzip", "X: 1", false),
            ("Accept-Encoding", "Accept-Encoding: identity;q=0", "X: 1", false),
        ])
    func varies(vary: String, first: String, second: String, isSame: Bool) throws {
        let fields = VaryingFields(of: try response("HTTP/1.1 200 OK\r\nVary: \(vary)\r\n\r\n").fields)
        let (one, other) = try (
            request("GET / HTTP/1.1\r\nHost: a\r\n\(first)\r\n\r\n"), request("GET / HTTP/1.1\r\nHost: a\r\n\(second)\r\n\r\n")
        )
        #expect((fields.values(in: one.fields) == fields.values(in: other.fields)) == isSame)
    }

    private static let stored =
        "ETag: \"a\"\r\nLast-Modified: Tue, 14 Nov 2023 20:00:00 GMT\r\nDate: Tue, 14 Nov 2023 22:00:00 GMT"

    /// RFC 9111 §4.3.2, RFC 9110 §13.
    @Test(
        "tell what the client has already",
        arguments: [
            ("If-None-Match: \"a\"", stored, true), ("If-None-Match: \"b\"", stored, false),
            ("If-None-Match: W/\"a\"", stored, true),
            ("If-None-Match: \"b\", \"a\"", stored, true), ("If-None-Match: \"b\"\r\nIf-None-Match: \"a\"", stored, true),
            ("If-None-Match: *", stored, true), ("If-None-Match: a", stored, false),
            ("If-None-Match: \"a\"", "ETag: W/\"a\"", true),
            ("If-None-Match: \"a\"", "X: 1", false), ("If-None-Match: \"a, b\"", "ETag: \"a, b\"", true),
            ("If-Modified-Since: Tue, 14 Nov 2023 20:00:00 GMT", stored, true),
            ("If-Modified-Since: Tue, 14 Nov 2023 20:00:01 GMT", stored, true),
            ("If-Modified-Since: Tue, 14 Nov 2023 19:59:59 GMT", stored, false),
            ("If-Modified-Since: yesterday", stored, false),
            ("If-Modified-Since: Tue, 14 Nov 2023 22:00:00 GMT", "Date: Tue, 14 Nov 2023 22:00:00 GMT", true),
            ("If-Modified-Since: Tue, 14 Nov 2023 21:00:00 GMT", "Date: Tue, 14 Nov 2023 22:00:00 GMT", false),
            ("If-None-Match: \"b\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 23:00:00 GMT", stored, false), ("X: 1", stored, false),
        ])
    func conditions(asks: String, stored: String, isHeld: Bool) throws {
        let conditions = CacheConditions(try request("GET / HTTP/1.1\r\nHost: a\r\n\(asks)\r\n\r\n").fields)
        #expect(conditions.hold(for: try response("HTTP/1.1 200 OK\r\n\(stored)\r\n\r\n"), now: Self.now) == isHeld)
        #expect(!conditions.hold(for: try response("HTTP/1.1 404 X\r\n\(stored)\r\n\r\n"), now: Self.now))
        #expect(conditions.isEmpty == (asks == "X: 1"))
    }

    @Test(
        "tell whether a part is one of what is stored",
        arguments: [
            ("", true), ("If-Range: \"a\"", true), ("If-Range: \"b\"", false), ("If-Range: W/\"a\"", false),
            ("If-Range: Tue, 14 Nov 2023 20:00:00 GMT", true), ("If-Range: Tue, 14 Nov 2023 21:00:00 GMT", false),
        ])
    func parts(condition: String, applies: Bool) throws {
        let lines = "Range: bytes=0-1\r\n" + (condition.isEmpty ? "" : condition + "\r\n")
        let conditions = CacheConditions(try request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").fields)
        let head = try response("HTTP/1.1 200 OK\r\n\(Self.stored)\r\n\r\n")
        #expect((conditions.range(of: head, now: Self.now) != nil) == applies)
    }

    @Test(
        "allow no parts of what is encoded, unless the upstream itself gives them",
        arguments: [
            ("Content-Encoding: br", false), ("Content-Encoding: br\r\nAccept-Ranges: bytes", true),
            ("Content-Encoding: br\r\nAccept-Ranges: none", false), ("Accept-Ranges: none", true),
        ])
    func encodedParts(lines: String, areThere: Bool) throws {
        let conditions = CacheConditions(try request("GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n").fields)
        let head = try response("HTTP/1.1 200 OK\r\n\(Self.stored)\r\n\(lines)\r\n\r\n")
        #expect((conditions.range(of: head, now: Self.now) != nil) == areThere)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("are kept but for those of the connection, of the framing, and of a cache")
    func keeping() throws {
        let head = try response(
            "HTTP/1.1 200 Fine\r\nA: 1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
                + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\nAge: 7\r\n"
                + "Proxy-Authenticate: x\r\nProxy-Authentication-Info: y\r\n"
                + "Cache-Status: x; hit\r\nUpgrade: h2c\r\nTrailer: t\r\nDate: Tue, 14 Nov 2023 22:00:00 GMT\r\nA: 2\r\n\r\n")
        #expect(
            text(StoredHead.bytes(of: head, now: Self.now))
                == "HTTP/1.1 200 Fine\r\nA: 1\r\nDate: Tue, 14 Nov 2023 22:00:00 GMT\r\nA: 2\r\n\r\n")
    }

    @Test("get a date where there is none")
    func dating() throws {
        let head = try response("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n")
        #expect(
            text(StoredHead.bytes(of: head, now: Self.now))
                == "HTTP/1.1 200 OK\r\nA: 1\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n")
    }

    @Test("become those of the 304 that has found the answer unchanged, but for what speaks of its bytes")
    func freshening() throws {
        let head = try response(
            "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Type: text/html\r\nX-A: 1\r\nX-A: 2\r\nX-B: 1\r\n"
                + "Cache-Control: max-age=1\r\n\r\n")
        let news = try response(
            "HTTP/1.1 304 Not Modified\r\ncache-control: max-age=2\r\nX-A: 3\r\nX-C: 1\r\n"
                + "Content-Type: x/y\r\nContent-Length: 9\r\nETag: W/\"a\"\r\nVary: X\r\nContent-Encoding: br\r\n"
                + "Age: 4\r\nSet-Cookie: a=b\r\n\r\n"
        )
        #expect(
            text(StoredHead.bytes(of: head, freshenedBy: news))
                == "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Type: text/html\r\nX-B: 1\r\n"
                + "cache-control: max-age=2\r\nX-A: 3\r\nX-C: 1\r\nVary: x\r\n\r\n")
    }

    @Test("keep their sums, and whether there are parts, whatever a 304 says")
    func sums() throws {
        let news = try response(
            "HTTP/1.1 304 Not Modified\r\nAccept-Ranges: bytes\r\nContent-Digest: b\r\nRepr-Digest: b\r\nDigest: b\r\n"
                + "Content-MD5: b\r\nX: 2\r\n\r\n")
        for lines in ["", "Repr-Digest: a\r\nContent-MD5: a\r\nContent-Digest: a\r\nAccept-Ranges: none\r\nDigest: a\r\n"] {
            let bytes = StoredHead.bytes(of: try response("HTTP/1.1 200 OK\r\n\(lines)X: 1\r\n\r\n"), freshenedBy: news)
            #expect(text(bytes) == "HTTP/1.1 200 OK\r\n\(lines)X: 2\r\n\r\n")
        }
    }

    /// RFC 9110 §15.4.5 has a 304 repeat the field.
    @Test(
        "name in Vary what they did, and what the 304 names besides",
        arguments: [
            ("", "", []), ("Vary: A, B\r\n", "", ["A, B"]), ("Vary: A, B\r\n", "Vary: b\r\n", ["A, B"]),
            ("", "Vary: A, B\r\n", ["a, b"]), ("Vary: A\r\n", "Vary: C, a\r\nVary: B\r\n", ["A", "b, c"]),
            ("Vary: A\r\n", "Vary: *\r\n", ["A", "*"]),
        ] as [(String, String, [String])])
    func varying(stored: String, news: String, vary: [String]) throws {
        let bytes = StoredHead.bytes(
            of: try response("HTTP/1.1 200 OK\r\nX: 1\r\n\(stored)\r\n"),
            freshenedBy: try response("HTTP/1.1 304 Not Modified\r\nY: 1\r\n\(news)\r\n"))
        let lines = text(bytes).split(separator: "\r\n").filter { $0.hasPrefix("Vary: ") }
        #expect(lines.map { String($0.dropFirst(6)) } == vary)
    }

    @Test(
        "are of the answer that a 304 names by its tag, if it names any",
        arguments: [
            ("\"a\"", nil, true), (nil, nil, true), ("\"a\"", "\"a\"", true), ("\"a\"", "\"b\"", false), (nil, "\"a\"", false),
            // As nginx says it of what it compresses.
            ("W/\"a\"", "\"a\"", true), ("\"a\"", "W/\"a\"", true), ("W/\"a\"", "W/\"b\"", false),
            // As the tag of what was compressed here.
            ("\"a-gzip\"", "\"a\"", true), ("\"a-br\"", "\"a\"", true), ("\"a-gzip\"", "\"a-br\"", false),
            ("\"a\"", "\"a-gzip\"", false),
        ] as [(String?, String?, Bool)])
    func named(stored: String?, named: String?, isOf: Bool) throws {
        func head(_ status: String, _ tag: String?) throws -> ResponseHead {
            try response("HTTP/1.1 \(status)\r\nA: 1\r\n" + (tag.map { "ETag: \($0)\r\n" } ?? "") + "\r\n")
        }
        #expect(StoredHead.isOf(try head("200 OK", stored), try head("304 Not Modified", named)) == isOf)
    }

    @Test("of a 304 to a client and of a part are the stored ones that belong there")
    func answers() throws {
        let lines = "ETag: \"a\"\r\nContent-Type: x/y\r\nContent-Encoding: br\r\nVary: X\r\nA: 1\r\n"
        let head = try response("HTTP/1.1 200 OK\r\n\(lines)\r\n")
        #expect(text(StoredHead.notModified(head)) == "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nVary: X\r\nA: 1\r\n\r\n")
        #expect(text(StoredHead.partial(head)).hasPrefix("HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Type: x/y\r\n"))
        // RFC 9530 §2: of what the message holds; §3: of what that is a part of.
        let summed = try response("HTTP/1.1 200 OK\r\nContent-Digest: a\r\nRepr-Digest: b\r\nContent-MD5: c\r\nDigest: d\r\n\r\n")
        #expect(text(StoredHead.partial(summed)) == "HTTP/1.1 206 Partial Content\r\nRepr-Digest: b\r\nDigest: d\r\n\r\n")
        #expect(text(StoredHead.notModified(summed)) == "HTTP/1.1 304 Not Modified\r\nRepr-Digest: b\r\nDigest: d\r\n\r\n")
    }

    @Test("have a request ask whether they still hold, in place of the client's own conditions")
    func validating() throws {
        let head = try response("HTTP/1.1 200 OK\r\n\(Self.stored)\r\n\r\n")
        let asked = try request(
            "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"z\"\r\nIf-Range: \"z\"\r\n"
                + "Range: bytes=0-1\r\nIf-Match: *\r\nA: 1\r\n\r\n")
        #expect(asked.makeConditional(on: head))
        let lines = asked.fields.lines.map { "\(asked.fields.name(of: $0)): \(asked.fields.string(of: $0))" }
        #expect(lines == ["Host: a", "A: 1", "If-None-Match: \"a\"", "If-Modified-Since: Tue, 14 Nov 2023 20:00:00 GMT"])
        #expect(try !asked.makeConditional(on: response("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n")))
    }

    @Test("are found by host in any case, path and query")
    func keys() throws {
        func key(_ target: String, _ host: String = "a.test") throws -> CacheKey {
            CacheKey(route: 1, try request("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n"))
        }
        #expect(try key("/x?q=1") == key("/x?q=1", "A.Test"))
        #expect(try key("/a/../x?q=1") == key("/x?q=1") && key("/x?q=1").hashValue == key("/x?q=1").hashValue)
        for other in ["/x", "/x?q=2", "/x?q=1&", "/X?q=1", "/x/?q=1"] { #expect(try key(other) != key("/x?q=1")) }
        #expect(try key("/x", "b.test") != key("/x") && key("/x", "a.test:81") != key("/x"))
        #expect(try key("/x") != CacheKey(route: 2, target: Array("a.test/x".utf8)))
        #expect(try key("/x") == CacheKey(route: 1, target: Array("a.test/x".utf8)))
    }

    private func value(of status: CacheStatus, _ name: String) -> String {
        var out: [UInt8] = []
        status.append(to: &out, of: Array(name.utf8))
        return text(out)
    }

    @Test("say what the cache did, RFC 9211")
    func status() {
        var status = CacheStatus()
        status.ttl = 30
        #expect(value(of: status, "gw") == "gw; hit; ttl=30")
        status = CacheStatus(.uriMiss)
        status.isStored = true
        #expect(value(of: status, "gw") == "gw; fwd=uri-miss; stored")
        status = CacheStatus(.stale)
        (status.forwardStatus, status.ttl, status.isCollapsed) = (304, -2, true)
        #expect(value(of: status, "\"a b\"") == "\"a b\"; fwd=stale; fwd-status=304; ttl=-2; collapsed")
    }
}
