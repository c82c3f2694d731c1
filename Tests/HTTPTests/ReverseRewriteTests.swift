import Testing

@testable import HTTP

@Suite("The way back of an answer")
struct ReverseRewriteTests {
    private static let servers = [
        ReverseRewrite.Server(host: "app.internal", port: 3000), ReverseRewrite.Server(host: "10.0.0.7", port: 80),
        ReverseRewrite.Server(host: "::1", port: 443),
    ]

    private static func reverseRewrite(_ prefix: String, _ rewrite: PathRewrite?) throws -> ReverseRewrite {
        ReverseRewrite(
            servers: servers, prefix: PathPrefix(prefix), rewrite: try #require(rewrite), changesCookies: true)
    }

    private static func location(_ reverseRewrite: ReverseRewrite, _ value: String) -> String {
        let bytes = Array(value.utf8)
        return reverseRewrite.location(bytes.span, asked: Array("Www.example:8443".utf8)[...]).map {
            String(decoding: $0, as: UTF8.self)
        }
            ?? value
    }

    @Test(
        "puts the prefix back that was stripped, and hides where the upstream is",
        arguments: [
            ("/users/1?x=/y#z", "/api/users/1?x=/y#z"), ("/", "/api/"), ("/api/users", "/api/users"), ("/api", "/api"),
            ("/apis", "/api/apis"), ("http://app.internal:3000/users", "/api/users"), ("HTTP://APP.internal:3000", "/api/"),
            ("http://10.0.0.7/a", "/api/a"), ("http://10.0.0.7:80/a", "/api/a"), ("//10.0.0.7/a", "/api/a"),
            ("https://[::1]/a", "/api/a"), ("https://[::1]:443?q", "/api/?q"),
            ("http://app.internal:3000//evil.test", "/api//evil.test"),
            ("http://10.0.0.7/api//evil.test/", "/api//evil.test/"),
            ("https://www.example:8443/a", "https://www.example:8443/api/a"), ("https://www.example/a", "https://www.example/a"),
            ("http://app.internal:3001/a", "http://app.internal:3001/a"), ("https://other.test/x", "https://other.test/x"),
            ("http://me@10.0.0.7/a", "http://me@10.0.0.7/a"), ("a/b", "a/b"), ("?q", "?q"), ("", ""), ("//", "/api//"),
            ("mailto:me", "mailto:me"),
        ])
    func stripped(_ value: String, _ expected: String) throws {
        #expect(Self.location(try Self.reverseRewrite("/api/", PathRewrite(stripPrefix: true)), value) == expected)
    }

    @Test(
        "takes the base path and the target off again",
        arguments: [
            ("/base/v2/users", "/api/users"), ("/base/v2", "/api"), ("/base/v2/", "/api/"), ("/v2/users", "/v2/users"),
            ("/base/other", "/base/other"), ("http://10.0.0.7/base/v2/a?b", "/api/a?b"),
            ("http://10.0.0.7/base/other", "/base/other"),
            ("http://10.0.0.7//evil.test", "/evil.test"), ("/base/v2//evil.test/", "/api//evil.test/"),
        ])
    func replaced(_ value: String, _ expected: String) throws {
        let rewrite = PathRewrite(rewriteTarget: "/v2/", basePath: "/base")
        #expect(Self.location(try Self.reverseRewrite("/api", rewrite), value) == expected)
    }

    @Test(
        "changes nothing but the upstream's own address where the path stays",
        arguments: [
            ("/a", "/a"), ("http://10.0.0.7/a?b", "/a?b"), ("http://10.0.0.7", "/"),
            ("https://www.example:8443/a", "https://www.example:8443/a"),
        ])
    func kept(_ value: String, _ expected: String) throws {
        #expect(Self.location(try Self.reverseRewrite("/", PathRewrite()), value) == expected)
        #expect(Self.location(try Self.reverseRewrite("/", PathRewrite(stripPrefix: true)), value) == expected)
    }

    /// A client chooses what follows the base path, and applications redirect to it: `/base//evil.test` to `/base//evil.test/`.
    @Test(
        "makes no path of the upstream's a host's name by what it takes off",
        arguments: [
            ("/base//evil.test/", "/evil.test/"), ("/base/\\evil.test", "/evil.test"), ("/base/\t/evil.test", "/evil.test"),
            ("/base//", "/"), ("/base//?q", "/?q"), ("http://10.0.0.7/base//evil.test", "/evil.test"),
            ("https://www.example:8443/base//evil.test", "https://www.example:8443//evil.test"), ("/base/a//b", "/a//b"),
        ])
    func doubledSlashes(_ value: String, _ expected: String) throws {
        for rewrite in [
            PathRewrite(basePath: "/base"), PathRewrite(stripPrefix: true, basePath: "/base"),
            PathRewrite(rewriteTarget: "/base"), PathRewrite(rewriteTarget: "/base/"),
        ] { #expect(Self.location(try Self.reverseRewrite("/", rewrite), value) == expected) }
    }

    @Test(
        "changes the paths of cookies, and takes out the upstream's domain",
        arguments: [
            ("a=b; Path=/; HttpOnly", "a=b; Path=/api; HttpOnly"), ("a=b; path=/x;secure", "a=b; path=/api/x;secure"),
            ("a=/;b", "a=/;b"),
            ("path=/; Path = /", "path=/; Path =/api"), ("a=b; Domain=.App.Internal; Path=/api/", "a=b; Path=/api/"),
            ("a=b; Domain=example.com", "a=b; Domain=example.com"), ("", ""),
            ("__Host-a=b; Path=/; Secure", "__Host-a=b; Path=/; Secure"),
            (" __host-a=b; Path=/; Secure", " __host-a=b; Path=/; Secure"),
            ("__Secure-a=b; Path=/; Secure", "__Secure-a=b; Path=/api; Secure"),
        ])
    func cookies(_ value: String, _ expected: String) throws {
        let reverseRewrite = try Self.reverseRewrite("/api/", PathRewrite(stripPrefix: true))
        let bytes = Array(value.utf8)
        #expect(reverseRewrite.cookie(bytes.span).map { String(decoding: $0, as: UTF8.self) } ?? value == expected)
    }

    @Test("a head keeps its other lines and their order")
    func head() throws {
        let request = RequestHead()
        _ = try request.parse(Array("GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span, limits: HeadLimits())
        let reverseRewrite = try Self.reverseRewrite("/api/", PathRewrite(stripPrefix: true))
        for status in [302, 201, 202, 200, 404, 503] {
            let head = ResponseHead()
            let source = "HTTP/1.1 \(status) X\r\nA: 1\r\nlocation:  /y\r\nSet-Cookie: a=b; Path=/\r\nB: 2\r\n\r\n"
            _ = try head.parse(Array(source.utf8).span, limits: HeadLimits())
            reverseRewrite.apply(to: head, of: request)
            let answer = ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false)
            let text = written { ForwardedHead.writeResponse(head, answer, policy: ResponseFieldPolicy(), to: &$0) }
            #expect(
                text == "HTTP/1.1 \(status) X\r\nA: 1\r\nlocation: /api/y\r\nSet-Cookie: a=b; Path=/api\r\nB: 2\r\n"
                    + "Content-Length: 0\r\n\r\n")
        }
    }
}
