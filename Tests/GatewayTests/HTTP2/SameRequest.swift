/// A request that is made in both versions of HTTP. Texts are bytes, a character each.
struct SameRequest: Sendable, Encodable {
    var method = "GET"
    var path = "/"
    /// Pairs of a lower-case name and a value; "host" is what the request is for.
    var fields: [[String]] = []
    var trailers: [[String]] = []
    /// Pieces; nil: none.
    var body: [String]?
    /// Does it say the body's length?
    var isCounted = true
    /// How HTTP/2's answer begins where the versions differ: what HTTP/1.1 answers with 400 breaks HTTP/2's own rules.
    var http2: String?

    static func get(_ path: String, _ fields: [[String]] = []) -> SameRequest { SameRequest(path: path, fields: fields) }

    static let all = methods + targets + plainFields + forwarding + hosts + bodies + refusals

    private static let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH", "get", "x!#$%&'*+.^_`|~9",
        String(repeating: "M", count: 33),
    ].map { SameRequest(method: $0, path: "/a?b=c") }

    private static let targets =
        [
            "/", "/a/b/../c", "/a/./b/", "/..", "/a%20b", "/%2e%2e/x", "/a/%2E%2E/b", "/a//b", "//a", "/a;p=1?q", "/?", "/??",
            "/a%2Fb", "/a%5Cb", "/a\\b", "/%41%7E", "/%c3%a9", "/\u{C3}\u{A9}", "/\u{FF}", "/%zz", "/%", "/%00", "/%0d%0a",
            "/a#f",
            "/a|b", "/a\"b<c>", "/a?b#c", "/?a=b?c&d=%20", "/?%00", "/?\u{E4}", "/?q=\"x\"{}", "/:a@b", "/a?/../b",
            "/" + String(repeating: "a", count: 8100), "/" + String(repeating: "a", count: 9000),
            "/?" + String(repeating: "b", count: 8100),
        ].map { get($0) } + [SameRequest(method: "OPTIONS", path: "*"), SameRequest(method: "OPTIONS", path: "/*")]

    private static let plainFields: [SameRequest] = [
        [["accept", "text/html, */*;q=0.8"], ["accept-encoding", "gzip, br"], ["user-agent", "some thing/1.0 (a; b)"]],
        [["x-empty", ""], ["x-tab", "a\tb"], ["x-inner", "a   b"], ["x-bytes", "\u{80}\u{FF}"]],
        [["x-a", "1"], ["x-b", "2"], ["x-a", "3"], ["x-a", ""]],
        [["cookie", "a=b"]], [["cookie", "a=b; c=d; e"]], [["cookie", "a=b; "], ["x", "y"]],
        [["x", "y"], ["cookie", "a=\"b c\""]],
        [["x_under_score", "1"], ["x-under-score", "2"]],
        [["authorization", "Basic YTpi"], ["proxy-authorization", "Basic YTpi"]],
        [["range", "bytes=0-1"], ["if-none-match", "\"a\""], ["if-modified-since", "Mon, 21 Oct 2013 20:13:21 GMT"]],
        [["origin", "https://other.example"], ["referer", "https://a/"], ["access-control-request-method", "PUT"]],
        [["priority", "u=1, i"], ["upgrade-insecure-requests", "1"], ["sec-fetch-mode", "navigate"]],
        [["te", "trailers"]], [["te", "trailers"], ["trailer", "x"]], [["max-forwards", "5"]],
        [["x-long", String(repeating: "v", count: 8000)]], (0..<90).map { ["x-\($0)", "\($0)"] },
        [["x-request-id", "abc"], ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]],
        [["expect", "100-continue"]], [["sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="], ["sec-websocket-version", "13"]],
        [["content-type", "text/plain"], ["content-encoding", "gzip"], ["content-language", "en"]],
        [["http2-settings", "AAMAAABk"]], [["a!#$%&'*+-.^_`|~0", "v"]],
    ].map { get("/fields", $0) }

    private static let forwarding: [SameRequest] = [
        [["x-forwarded-for", "203.0.113.9"], ["x-forwarded-proto", "http"], ["x-forwarded-host", "evil.example"]],
        [["forwarded", "for=203.0.113.9;proto=http"]], [["via", "1.0 fred, 1.1 p.example"]], [["x-real-ip", "203.0.113.9"]],
        [["forwarded", "for=\"[2001:db8::1]\""], ["forwarded", "broken;;"]], [["x-forwarded-port", "1"]],
    ].map { get("/forwarding", $0) }

    private static let hosts: [SameRequest] = [
        "localhost", "LOCALHOST:443", "127.0.0.1", "other.example", "[::1]:8443", "a..b", "localhost.", "", "a_b", "%61",
    ].map { get("/hosts", [["host", $0]]) }

    private static let bodies: [SameRequest] =
        [[], [""], ["some text"], ["a", "bc", "def"], [String(repeating: "x", count: 70_000)], ["\u{0}\u{FF}\r\n\r\n"]].flatMap {
            (pieces: [String]) in
            ["POST", "PUT", "GET", "DELETE", "OPTIONS"].flatMap { method in
                [true, false].map { SameRequest(method: method, path: "/body", body: pieces, isCounted: $0) }
            }
        } + [
            SameRequest(method: "POST", path: "/trailers", trailers: [["x-sum", "1"]], body: ["text"], isCounted: false),
            SameRequest(
                method: "POST", path: "/trailers", fields: [["trailer", "x-sum, x-two"], ["te", "trailers"]],
                trailers: [["x-sum", "1"], ["x-two", ""], ["x-sum", "2"]], body: ["te", "xt"], isCounted: false),
            SameRequest(method: "POST", path: "/trailers", trailers: [["x-sum", "1"]], body: [], isCounted: false),
            SameRequest(method: "POST", path: "/expect", fields: [["expect", "100-continue"]], body: ["text"]),
            SameRequest(method: "POST", path: "/large", body: [String(repeating: "x", count: 100_001)]),
            SameRequest(method: "POST", path: "/largest", body: [String(repeating: "x", count: 100_000)]),
            SameRequest(method: "POST", path: "/largest", body: [String(repeating: "x", count: 100_000)], isCounted: false),
        ]

    private static let malformed = "reset 1"

    private static let refusals: [SameRequest] =
        [
            get("/r", [["x", String(repeating: "v", count: 9000)]]), get("/r", (0..<120).map { ["x-\($0)", ""] }),
            get("/r", (0..<4).map { ["x-\($0)", String(repeating: "v", count: 5000)] }), get("/r", [["expect", "wonders"]]),
            SameRequest(method: "OPTIONS", path: "/r", fields: [["max-forwards", "0"]]),
            SameRequest(method: "TRACE", path: "/r", fields: [["max-forwards", "0"]]),
            SameRequest(method: "TRACE", path: "/r", body: ["x"]), get("/r", [["content-type", "a"], ["content-type", "b"]]),
            SameRequest(
                method: "POST", path: "/r", trailers: [["x", String(repeating: "v", count: 9000)]], body: ["x"],
                isCounted: false),
            SameRequest(method: "POST", path: "/r", body: [String(repeating: "x", count: 100_001)], isCounted: false),
            SameRequest(path: "a", http2: malformed), SameRequest(path: "*", http2: malformed),
            SameRequest(path: "/a\u{7F}", http2: malformed), SameRequest(path: "/\u{1}", http2: malformed),
            SameRequest(method: "G(T", http2: malformed), SameRequest(method: "G\u{80}T", http2: malformed),
            SameRequest(fields: [["x", "a\u{0}b"]], http2: malformed), SameRequest(fields: [["x y", "b"]], http2: malformed),
            SameRequest(fields: [["", "b"]], http2: malformed), SameRequest(fields: [["x\u{80}", "b"]], http2: malformed),
            SameRequest(fields: [["host", "a@b"]], http2: malformed), SameRequest(fields: [["host", "a b"]], http2: malformed),
            SameRequest(fields: [["transfer-encoding", "gzip"]], body: ["x"], http2: malformed),
        ]
}
