/// Request lines, targets and versions: RFC 9112 §2 and §3.
enum Lines {
    private static let head = forwarded("GET /up/x")

    static let line: [Case] = [
        .passes(get("/up/x"), head: head),
        // RFC 9112 §2.2: one empty line before the request line is ignored.
        .passes("\r\n" + get("/up/x"), head: head),
        .refused(400, "request_line_malformed", "\r\n\r\n" + get("/up/x")),
        .refused(400, "bare_lf", "GET /up/x HTTP/1.1\nHost: a.test\n\n"),
        .refused(400, "bare_lf", "GET /up/x HTTP/1.1\r\nHost: a.test\n\r\n"),
        .refused(400, "bare_lf", "GET /up/x HTTP/1.1\r\nHost: a.test\r\n\n"),
        .refused(400, "bare_lf", "GET /up/x\n"),
        .refused(400, "bare_lf", "\nGET /up/x HTTP/1.1\r\n"),
        .refused(400, "bare_cr", "GET /up/x HTTP/1.1\rHost: a.test\r\n\r\n"),
        .refused(400, "bare_cr", "\rGET /up/x HTTP/1.1\r\n"),
        .refused(400, "request_line_malformed", "GET  /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "request_line_malformed", "GET /up/x  HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "request_line_malformed", "GET /up/x HTTP/1.1 \r\nHost: a.test\r\n\r\n"),
        .refused(400, "request_line_malformed", " GET /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "request_line_malformed", "GET /up/x\tHTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x y HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "method_malformed", "GET\t/up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "method_malformed", "G(T /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "control_byte", "GE\0T /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "control_byte", "GET /up/\0 HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "control_byte", "GET /up/\u{7F} HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(501, "method_too_long", String(repeating: "A", count: 33) + " /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "method_malformed", "{\"jsonrpc\":\"2.0\"}\r\n"),
        // A method that nobody knows is the upstream's affair (RFC 9110 §9.1).
        .passes("BREW /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n", head: forwarded("BREW /up/x")),
        // Methods are case-sensitive: `get` is another one.
        .passes("get /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n", head: forwarded("get /up/x")),
    ]

    static let version: [Case] = [
        // HTTP/0.9 has no fields and no status: nothing that a gateway could check.
        .refused(400, "version_malformed", "GET /up/x\r\n"),
        .refused(400, "version_malformed", "GET /up/x \r\nHost: a.test\r\n\r\n"),
        .refused(505, "version_unsupported", "GET /up/x HTTP/0.9\r\nHost: a.test\r\n\r\n"),
        .refused(505, "version_unsupported", "GET /up/x HTTP/2.0\r\nHost: a.test\r\n\r\n"),
        .refused(505, "version_unsupported", "GET /up/x HTTP/3.0\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x http/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x HTTP/1.10\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x HTTP/11\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x HTTPS/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "version_malformed", "GET /up/x HTTP/1,1\r\nHost: a.test\r\n\r\n"),
        // RFC 9113 §3.4: the preface, on a connection whose ALPN did not choose h2.
        .refused(505, "http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        // RFC 9112 §9.3: HTTP/1.0 closes unless it asked for keep-alive; upstream it becomes 1.1, and Via says what it was.
        .passes(
            "GET /up/x HTTP/1.0\r\nHost: a.test\r\n\r\n", head: forwarded("GET /up/x", via: "1.0"), stays: false),
        .passes(
            "GET /up/x HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n", head: forwarded("GET /up/x", via: "1.0")),
        .passes(
            "POST /up/p HTTP/1.0\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc",
            head: forwarded("POST /up/p", via: "1.0", then: ["Content-Length: 3"]), body: "abc", stays: false),
        // RFC 9112 §6.1: no transfer codings in HTTP/1.0.
        .refused(
            400, "transfer_encoding_not_allowed",
            "POST /up/p HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

    static let target: [Case] = [
        .passes(get("/up/x?a=b&c=%zz%00/../d"), head: forwarded("GET /up/x?a=b&c=%zz%00/../d")),
        .passes(get("/up/x??"), head: forwarded("GET /up/x??")),
        .passes(get("http://a.test/up/x"), head: head),
        .passes(get("HTTP://A.TEST/up/x"), head: forwarded("GET /up/x", host: "A.TEST")),
        .passes("OPTIONS /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n", head: forwarded("OPTIONS /up/x")),
        .refused(400, "target_malformed", get("up/x")),
        .refused(400, "target_malformed", get("*")),
        .refused(400, "target_malformed", get("?q")),
        .refused(400, "target_malformed", get("a.test:443")),
        .refused(400, "target_malformed", "OPTIONS ** HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "target_scheme", get("ftp://a.test/up/x")),
        .refused(400, "target_scheme", get("ws://a.test/up/x")),
        .refused(400, "target_fragment", get("/up/x#f")),
        .refused(400, "target_fragment", get("/up/x?q#f")),
        .refused(400, "host_disagrees_with_target", get("http://other.test/up/x")),
        .refused(400, "host_disagrees_with_target", get("http://a.test:8080/up/x")),
        .refused(400, "host_malformed", get("http://user@a.test/up/x")),
        .refused(400, "host_malformed", get("http:///up/x")),
        // RFC 9112 §3.2.3: CONNECT takes authority-form alone, and a gateway is nobody's forward proxy.
        .answered(405, "connect_refused", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
        .refused(400, "target_malformed", "CONNECT /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(400, "target_malformed", "CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .refused(414, "target_too_long", get("/up/" + String(repeating: "x", count: 8200))),
        .passes(
            get("/up/" + String(repeating: "x", count: 8000)),
            head: forwarded("GET /up/" + String(repeating: "x", count: 8000))),
    ]
}
