import Testing

@testable import HTTP

private func normalise(_ path: String) throws -> String {
    let input = bytes(path)
    var out = bytes("x")
    try NormalisedPath.append(input.span, 0..<input.count, to: &out)
    return String(text(out).dropFirst())
}

@Suite struct PathTests {
    static let normalForms = [
        ("/", "/"), ("", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b", "/a/b"), ("//", "//"), ("/a//b", "/a//b"),
        ("/.", "/"), ("/./", "/"), ("/a/.", "/a/"), ("/a/./b", "/a/b"), ("/a/..", "/"), ("/a/../", "/"),
        ("/a/b/..", "/a/"), ("/a/b/../c", "/a/c"), ("/a//../b", "/a/b"), ("/a/b/../../c", "/c"), ("/...", "/..."),
        ("/..a", "/..a"), ("/a..", "/a.."), ("/.a/..b/c.", "/.a/..b/c."),
        ("/%41%7a%30%2D%5F%7E%2e", "/Az0-_~."), ("/%2e/a", "/a"), ("/a/%2E%2e/b", "/b"), ("/a/.%2e/b", "/b"),
        ("/%2f", "/%2F"), ("/a%2fb", "/a%2Fb"), ("/%c3%bc", "/%C3%BC"), ("/\u{fc}", "/%C3%BC"), ("/%25", "/%25"),
        ("/%252e%252e/", "/%252e%252e/"), ("/a%20b", "/a%20b"),
        ("/\"<>^`{|}[]", "/%22%3C%3E%5E%60%7B%7C%7D%5B%5D"),
        ("/a;b=c/d;", "/a;b=c/d;"), ("/;..", "/;.."), ("/a!$&'()*+,=:@", "/a!$&'()*+,=:@"), ("/%3b%3F%23", "/%3B%3F%23"),
        ("/a%2F...%2Fb", "/a%2F...%2Fb"),
    ]

    @Test(arguments: normalForms)
    func `A path has one normal form`(_ path: String, _ normal: String) throws {
        #expect(try normalise(path) == normal)
    }

    @Test(arguments: normalForms)
    func `The normal form is a fixed point, and a path taken as is is its own`(_ path: String, _ normal: String) throws {
        #expect(try normalise(normal) == normal)
        let input = bytes(path)
        if NormalisedPath.isNormal(input.span, 0..<input.count) { #expect(path == normal) }
    }

    @Test(arguments: [
        ("/", "/", 0), ("/", "/a", 0), ("/", "//", 0), ("/api", "/api", 4), ("/api", "/api/", 4), ("/api", "/api/x", 4),
        ("/api/", "/api", 4), ("/api/", "/api/", 4), ("/api/", "/api/x", 4), ("/api", "//api/x", 5), ("/a/b", "/a//b", 5),
        ("/a/b", "/a%2Fb/c", 6), ("/a", "/a%2Fb", 2), ("/admin", "/admin;x=1/y", 10), ("/a/b", "/a;p/b;q", 8),
        ("/a@b", "/a%40b", 6), ("/a%40b", "/a@b", 4), ("/\u{fc}", "/%C3%BC/x", 7), ("/a/../b", "/b", 2), ("/a//b/", "/a/b", 4),
        ("/admin", "/;/admin", 8), ("/a/b", "/a/;p/b", 7), ("/admin", "//;a;b/;c%2Fadmin/x", 17), ("/a/;b", "/a/;b/c", 5),
    ])
    func `A prefix takes every spelling of its segments`(_ prefix: String, _ path: String, _ remainder: Int) throws {
        let route = try #require(PathPrefix(prefix))
        let input = bytes(path)
        #expect(route.match(input.span, 0..<input.count)?.remainder == remainder)
    }

    @Test(arguments: [
        ("/admin/", "/admin/;x", true), ("/admin/", "/;x/admin/;y/", true), ("/admin", "/;x/admin;y", true),
        ("/admin", "/admin/;x", false), ("/admin/", "/admin;x", false), ("/admin/", "/admin/;x/y", false),
    ])
    func `A whole path is taken in every spelling`(_ prefix: String, _ path: String, _ isTaken: Bool) throws {
        let route = try #require(PathPrefix(prefix))
        let input = bytes(path)
        #expect(route.matchesWhole(input.span, 0..<input.count) == isTaken)
    }

    @Test(arguments: [
        ("/api", "/apix"), ("/api", "/ap"), ("/api", "/"), ("/api/", "/apix/"), ("/api", "/API"), ("/a/b", "/a"),
        ("/a/b", "/ab"), ("/a/b", "/a/"), ("/a/b", "/a/bc"), ("/a", "/a%3Bx"), ("/a", "/%61b"), ("/api", "*"), ("/", "*"),
    ])
    func `A prefix takes whole segments only`(_ prefix: String, _ path: String) throws {
        let route = try #require(PathPrefix(prefix))
        let input = bytes(path)
        #expect(route.match(input.span, 0..<input.count) == nil)
    }

    @Test(arguments: ["/a\0", "/\u{1}", "/a\r\nb", "/\u{7F}"])
    func `A raw control is refused, whoever asks for the normal form`(_ path: String) {
        // HTTP/1 refuses it before; the escape that it would become, `%00`, is refused too.
        #expect(throws: HTTPRefusal(.pathControl)) { try normalise(path) }
    }

    @Test func `The longer prefix scores higher, and of two spellings the request's own`() throws {
        func score(_ prefix: String, _ path: String) throws -> Int {
            let input = bytes(path)
            let match = try #require(PathPrefix(prefix)).match(input.span, 0..<input.count)
            return try #require(match).score
        }
        #expect(try score("/api/v1", "/api/v1/x") > score("/api/", "/api/v1/x"))
        #expect(try score("/api", "/api") > score("/api/", "/api"))
        #expect(try score("/api/", "/api/x") > score("/api", "/api/x"))
        #expect(try score("/api/", "/api") > score("/", "/api"))
    }

    @Test(arguments: ["", "api", "/a?b", "/a#b", "/..", "/a%2", "/a\\b", "/a%00"])
    func `What is no path is no prefix and no rewrite`(_ text: String) {
        #expect(PathPrefix(text) == nil)
        #expect(PathRewrite(rewriteTarget: text) == nil)
        #expect(PathRewrite(basePath: text) == nil)
    }

    struct Rewritten {
        var route = "/"
        var strip = false
        var target: String?
        var base = "/"
        let request: String
        let sent: String
    }

    @Test(arguments: [
        Rewritten(request: "/a/b?x=1", sent: "/a/b?x=1"),
        Rewritten(request: "//a", sent: "//a"),
        Rewritten(route: "/api/", request: "/api/users?x=1", sent: "/api/users?x=1"),
        Rewritten(route: "/api/", strip: true, request: "/api/users?x=1", sent: "/users?x=1"),
        Rewritten(route: "/api", strip: true, request: "/api/users", sent: "/users"),
        Rewritten(route: "/api", strip: true, request: "/api?x", sent: "/?x"),
        Rewritten(route: "/api/", strip: true, request: "/api", sent: "/"),
        Rewritten(route: "/api", strip: true, request: "/api//evil.example/x", sent: "/evil.example/x"),
        Rewritten(route: "/api", strip: true, request: "/api%2Fx", sent: "/x"),
        Rewritten(route: "/api", strip: true, request: "/api;v=1/x", sent: "/x"),
        Rewritten(route: "/", strip: true, request: "/x", sent: "/x"),
        Rewritten(route: "/api", target: "/v2", request: "/api/users?x", sent: "/v2/users?x"),
        Rewritten(route: "/api/", target: "/v2/", request: "/api/users", sent: "/v2/users"),
        Rewritten(route: "/api", target: "/v2", request: "/api", sent: "/v2"),
        Rewritten(route: "/api", target: "/v2/", request: "/api", sent: "/v2/"),
        Rewritten(route: "/api", target: "/", request: "/api", sent: "/"),
        Rewritten(route: "/api", target: "/", request: "/api/x", sent: "/x"),
        Rewritten(route: "/api", strip: true, target: "/v2", request: "/api/x", sent: "/v2/x"),
        Rewritten(base: "/base", request: "/x?y", sent: "/base/x?y"),
        Rewritten(base: "/base/", request: "/", sent: "/base/"),
        Rewritten(route: "/api", strip: true, base: "/base/", request: "/api/x", sent: "/base/x"),
        Rewritten(route: "/api", strip: true, base: "/base", request: "/api", sent: "/base/"),
        Rewritten(route: "/api", target: "/v2", base: "/base", request: "/api/x", sent: "/base/v2/x"),
        Rewritten(route: "/api", target: "/", base: "/base", request: "/api", sent: "/base/"),
    ])
    func `Prefixes are kept, stripped or replaced, joined with one slash`(_ example: Rewritten) throws {
        let rewrite = try #require(
            PathRewrite(stripPrefix: example.strip, rewriteTarget: example.target, basePath: example.base))
        let head = try request("GET \(example.request) HTTP/1.1\r\nHost: a\r\n\r\n")
        let route = try #require(PathPrefix(example.route))
        let match = route.match(head.fields.bytes.span, head.path)
        let remainder = try #require(match).remainder
        let sent = written {
            rewrite.write(head.fields.bytes.span, path: head.path, remainder: remainder, query: head.query, to: &$0)
        }
        #expect(sent == example.sent)
    }
}
