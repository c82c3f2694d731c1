import TestSupport
import Testing

/// What a checker of others says of the gateway's own answers: files, compressed or in part, refusals, redirects, CORS.
@Suite("Answers as httplint sees them")
struct LintTests {
    /// The requests, with the status of their answers.
    private static let requests = [
        ("GET /index.html", 200), ("HEAD /index.html", 200), ("GET /index.html Accept-Encoding: gzip", 200),
        ("GET /index.html Accept-Encoding: br", 200), ("GET /index.html Accept-Encoding: zstd", 200),
        ("HEAD /index.html Accept-Encoding: gzip", 200), ("GET /a.css", 200), ("GET /a.css Range: bytes=0-9", 206),
        ("GET /a.css Range: bytes=-10", 206), ("GET /a.css Range: bytes=0-9,20-29", 206), ("GET /a.css Range: bytes=99999-", 416),
        ("GET /a.css If-None-Match: *", 304), ("GET /a.css If-Match: \"x\"", 412), ("GET /none", 404), ("DELETE /a.css", 405),
        ("GET /old", 301), ("GET /down", 502), ("GET /a.css Origin: https://other.test", 200),
        ("GET /a.css Origin: https://stranger.test", 200),
        ("OPTIONS /a.css Origin: https://other.test; Access-Control-Request-Method: POST", 204),
        ("OPTIONS /a.css Origin: https://stranger.test; Access-Control-Request-Method: POST", 204),
    ]

    /// What it says of them all the same:
    /// - `X-XSS-Protection` is deprecated: BWS sends it, and who does not want it removes it.
    /// - `Cache-Control: public` is needed only where a request has credentials, which a file's may.
    /// - An answer of several parts has no `Content-Range`: RFC 9110 §15.3.7.2 says that it must have none.
    private static let expected: Set = ["FIELD_DEPRECATED", "STORE_PUBLIC_UNNECESSARY"]
    private static let ofParts = "PARTIAL_WITHOUT_RANGE"

    @Test("nothing is wrong with them")
    func lint() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("index.html", Array(String(repeating: "<p>Hello.\n", count: 400).utf8))
        try directory.write("a.css", Array(String(repeating: "p { margin: 0 }\n", count: 200).utf8))
        let requests = try directory.write("requests", Array(Self.requests.map { $0.0 + "\n" }.joined().utf8))
        let (port, nobody) = (try FreePort(), try FreePort())
        let toml = """
            [[sites]]
            name = "main"
            hostname = "localhost"
            port = \(port)
            default = true
            static_dir = "\(directory.path)"
            [sites.access_control]
            enabled = true
            allow_origins = ["https://other.test"]
            allow_methods = ["GET", "POST"]
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "down"
            url = "http://127.0.0.1:\(nobody)"
            [[sites.proxy.routes]]
            path = "/down"
            upstream = "down"
            [[sites.proxy.routes]]
            path = "/old"
            redirect = "/index.html"
            redirect_status = 301
            """
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("http_lint.py"), "\(port)", requests])
            let lines = outcome.text.split(separator: "\n").map(String.init)
            #expect(lines.count == Self.requests.count, "\(outcome)")
            for (line, (request, status)) in zip(lines, Self.requests) {
                let said = line.dropFirst(request.count + 2).split(separator: " ").map(String.init)
                #expect(said.first == "\(status)", "\(line)")
                let allowed = request.contains("0-9,20-29") ? Self.expected.union([Self.ofParts]) : Self.expected
                #expect(Set(said.dropFirst()).isSubset(of: allowed), "\(line)")
            }
        }
    }
}
