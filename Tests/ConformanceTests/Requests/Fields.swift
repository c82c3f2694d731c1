/// Field lines, `Host`, and the fields of one hop: RFC 9110 §5 to §7, RFC 9112 §3.2 and §5.
enum Fields {
    private static func passes(_ field: String, as written: String? = nil) -> Case {
        .passes(get("/up/x", field), head: forwarded("GET /up/x", [written ?? field]))
    }

    /// The field goes no further.
    private static func dropped(_ fields: String...) -> Case {
        .passes(
            "GET /up/x HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n",
            head: forwarded("GET /up/x"))
    }

    private static func refused(_ reason: String, _ fields: String) -> Case {
        .refused(400, reason, "GET /up/x HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n\r\n")
    }

    static let syntax: [Case] = [
        passes("X-A: b"),
        passes("X-A:b", as: "X-A: b"),
        passes("X-A: \t b \t", as: "X-A: b"),
        passes("X-A:", as: "X-A: "),
        passes("x-a: b: c, \"d\""),
        passes("!#$%&'*+-.^`|~0aZ: token"),
        passes("X-A: caf\u{E9}"),
        .passes(get("/up/x", "X-A: 1", "x-a: 2", "X-A: 1"), head: forwarded("GET /up/x", ["X-A: 1", "x-a: 2", "X-A: 1"])),
        refused("folded_line", "X-A: b\r\n c"),
        refused("folded_line", "X-A: b\r\n\tc"),
        .refused(400, "folded_line", "GET /up/x HTTP/1.1\r\n Host: a.test\r\n\r\n"),
        refused("space_before_colon", "X-A : b"),
        refused("space_before_colon", "X-A\t: b"),
        refused("space_before_colon", "Transfer-Encoding : chunked"),
        refused("space_before_colon", "Content-Length : 5"),
        refused("field_name_empty", ": b"),
        refused("field_name_malformed", "X(A): b"),
        refused("field_name_malformed", "X\"A: b"),
        refused("field_name_malformed", "NoColonHere"),
        refused("space_before_colon", "No Colon: b"),
        refused("field_name_malformed", "caf\u{E9}: b"),
        refused("control_byte", "X\0A: b"),
        refused("control_byte", "X-A: b\0c"),
        refused("control_byte", "X-A: b\u{1}c"),
        refused("control_byte", "X-A: b\u{B}c"),
        refused("control_byte", "X-A: b\u{7F}c"),
        refused("bare_cr", "X-A: b\rc"),
        refused("bare_cr", "X-A: b\r\r"),
        refused("bare_lf", "X-A: b\nTransfer-Encoding: chunked"),
        .refused(431, "field_too_large", get("/up/x", "X-A: " + String(repeating: "b", count: 8200))),
        .refused(431, "field_too_large", get("/up/x", String(repeating: "b", count: 300) + ": b")),
        .refused(
            431, "head_too_large",
            get(
                "/up/x", "A: " + String(repeating: "a", count: 8000), "B: " + String(repeating: "b", count: 8000), "C: ccc",
                "D: "
                    + String(repeating: "d", count: 400))),
        .refused(
            431, "too_many_fields",
            "GET /up/x HTTP/1.1\r\nHost: a.test\r\n" + String(repeating: "A: b\r\n", count: 100) + "\r\n"),
    ]

    static let host: [Case] = [
        .refused(400, "host_missing", "GET /up/x HTTP/1.1\r\n\r\n"),
        .refused(400, "host_missing", "GET http://a.test/up/x HTTP/1.1\r\n\r\n"),
        .refused(400, "host_repeated", "GET /up/x HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n"),
        .refused(400, "host_repeated", "GET /up/x HTTP/1.1\r\nHost: a.test\r\nX: y\r\nhost: other.test\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: a.test/x\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: user@a.test\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: a.test:\u{41}\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: a.test:99999\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        .refused(400, "host_malformed", "GET /up/x HTTP/1.1\r\nHost: a test\r\n\r\n"),
        .passes("GET /up/x HTTP/1.1\r\nHost: a.test:443\r\n\r\n", head: forwarded("GET /up/x", host: "a.test:443")),
        .passes("GET /up/x HTTP/1.1\r\nHost: unknown.test\r\n\r\n", head: forwarded("GET /up/x", host: "unknown.test")),
        .passes("GET /up/x HTTP/1.1\r\nhOST: a.test\r\n\r\n", head: forwarded("GET /up/x")),
        .passes("GET /up/x HTTP/1.1\r\nX-A: b\r\nHost: a.test\r\n\r\n", head: forwarded("GET /up/x", ["X-A: b"])),
        // RFC 9110 §7.4: the connection was secured for the site of its server name, not for this one.
        .answered(421, "misdirected", "GET /up/x HTTP/1.1\r\nHost: other.test\r\n\r\n"),
        .answered(421, "misdirected", "GET http://other.test/up/x HTTP/1.1\r\nHost: other.test\r\n\r\n"),
    ]

    static let hop: [Case] = [
        dropped("Keep-Alive: timeout=5"),
        dropped("Proxy-Connection: keep-alive"),
        dropped("Proxy-Authorization: Basic eDp5"),
        dropped("TE: gzip"),
        dropped("TE: trailers"),
        dropped("TE: gzip", "Connection: TE"),
        .passes(
            get("/up/x", "TE: gzip;q=0.5, trailers", "Connection: te"),
            head: forwarded("GET /up/x", then: ["TE: trailers", "Connection: TE"])),
        dropped("Trailer: X-T"),
        dropped("X-Secret: 1", "Connection: X-Secret"),
        dropped("Connection: x-secret, X-Other", "X-Secret: 1", "X-Other: 2"),
        dropped("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
        dropped("Upgrade: websocket", "Connection: Upgrade"),
        dropped("Upgrade: foo/2", "Connection: upgrade"),
        // GHSA-62c8-mh53-4cqv: `Connection` never takes away what Gatehouse itself says.
        dropped("Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded, Via, Host"),
        // Neither does it take a field away that the upstream decides by.
        .passes(
            get("/up/x", "Authorization: Bearer t", "Cookie: a=b", "Connection: Authorization, Cookie"),
            head: forwarded("GET /up/x", ["Authorization: Bearer t", "Cookie: a=b"])),
        .passes(get("/up/x", "Connection: close"), head: forwarded("GET /up/x"), stays: false),
        .passes(get("/up/x", "Connection: Close , X"), head: forwarded("GET /up/x"), stays: false),
        .refused(
            400, "too_many_connection_options",
            get("/up/x", "Connection: " + (0..<33).map { "x\($0)" }.joined(separator: ", "))
        ).with(status: 431),
    ]

    /// Claims of a client that nobody has told us to trust are replaced, never appended to.
    static let forwarding: [Case] = [
        dropped("X-Forwarded-For: 10.0.0.1"),
        dropped("X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.2"),
        dropped("X-Forwarded-Proto: http"),
        dropped("X-Forwarded-Host: evil.test"),
        dropped("X-Forwarded-Port: 1"),
        dropped("X-Forwarded-Prefix: /evil"),
        dropped("X-Real-IP: 10.0.0.1"),
        dropped("Forwarded: for=10.0.0.1;proto=http"),
        // Many servers make `_` and `-` one when they hand fields to a program (CGI, WSGI).
        dropped("X_Forwarded_For: 10.0.0.1"),
        dropped("X_Forwarded-Host: evil.test"),
        dropped("X-Forwarded-Whatever: 1", "X-Forwarded-Something-With-A-Very-Long-Name: 1"),
        dropped("x_forwarded_something_with_a_very_long_name: 1"),
        dropped("Content_Length: 5"),
        dropped("Transfer_Encoding: chunked"),
        dropped("X_Other: kept"),
    ]
}

extension Case {
    func with(status: Int) -> Case {
        Case(request: request, status: status, reason: reason, stays: stays, upstream: upstream, scripts: scripts)
    }
}
