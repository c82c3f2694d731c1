import Testing

@testable import HTTP

@Suite("The way there of a request's URLs")
struct WayThereTests {
    private static func url(
        _ value: String, asked: String = "www.example", _ prefix: String? = nil, _ rewrite: PathRewrite? = nil,
        isSecure: Bool = false
    ) throws -> String? {
        let way = WayThere(
            isSecure: isSecure, prefix: prefix.flatMap { PathPrefix($0) }, rewrite: try #require(rewrite ?? PathRewrite()))
        let bytes = Array(value.utf8)
        return way.url(bytes.span, asked: Array(asked.utf8), host: Array("app:3000".utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(
        "names the upstream's scheme and host, and nothing else is another URL",
        arguments: [
            ("https://www.example/a", "http://app:3000/a"), ("https://WWW.example:443/a?b", "http://app:3000/a?b"),
            ("http://www.example/a", "http://app:3000/a"), ("/a%7Eb", "http://app:3000/a~b"),
            ("https://www.example", "http://app:3000/"), ("https://www.example/caf%c3%a9", "http://app:3000/caf%C3%A9"),
            ("https://www.example:8443/a", nil), ("http://www.example:443/a", nil), ("https://other.example/a", nil),
            ("https://me@www.example/a", nil), ("https://www.example/../a", nil), ("https://www.example/%zz", nil),
            ("ftp://www.example/a", nil), ("a/b", nil), ("https://", nil), ("", nil),
        ])
    func kept(_ value: String, _ expected: String?) throws {
        #expect(try Self.url(value) == expected)
    }

    @Test(
        "takes the route's prefix off, and stays in the route",
        arguments: [
            ("https://www.example/dav/a/b", "http://app:3000/a/b"), ("/dav", "http://app:3000/"),
            ("/dav//a", "http://app:3000/a"),
            ("https://www.example/davs/a", nil), ("https://www.example/a", nil), ("/dav/../a", nil),
        ])
    func stripped(_ value: String, _ expected: String?) throws {
        #expect(try Self.url(value, "/dav/", PathRewrite(stripPrefix: true)) == expected)
    }

    @Test func `puts the target and the base path in front, and knows the port that was asked`() throws {
        let rewrite = PathRewrite(rewriteTarget: "/files", basePath: "/base")
        let url = try Self.url("https://www.example:8443/dav/a", asked: "www.example:8443", "/dav", rewrite, isSecure: true)
        #expect(url == "https://app:3000/base/files/a")
        #expect(try Self.url("https://www.example:8443/a", asked: "www.example:8443") == "http://app:3000/a")
    }

    @Test(
        "changes the resources of If, and no token",
        arguments: [
            ("<https://www.example/a> (<urn:x>)", "<http://app:3000/a> (<urn:x>)"),
            (
                "</a> (Not <urn:x> [\"t>\"]) <https://www.example/b> ([W/\"<\"])",
                "<http://app:3000/a> (Not <urn:x> [\"t>\"]) <http://app:3000/b> ([W/\"<\"])"
            ),
            ("(<https://www.example/a>)", nil), ("<https://other.example/a> (<urn:x>)", nil),
            ("<", nil), ("<https:", nil), (")", nil),
        ])
    func resources(_ value: String, _ expected: String?) throws {
        let head = try Self.head("COPY /x HTTP/1.1\r\nHost: www.example\r\nIf: \(value)\r\n\r\n")
        #expect(try Self.changes(of: head) == (expected.map { ["If: \($0)"] } ?? []))
    }

    @Test func `leaves a field to the rules that set or remove it`() throws {
        let head = try Self.head("COPY /x HTTP/1.1\r\nHost: www.example\r\nDestination: /a\r\n\r\n")
        #expect(try Self.changes(of: head) == ["Destination: http://app:3000/a"])
        #expect(try Self.changes(of: head, FieldRules(remove: ["destination"])) == [])
    }

    private static func head(_ text: String) throws -> RequestHead {
        let head = RequestHead()
        _ = try #require(try head.parse(Array(text.utf8).span, limits: HeadLimits()))
        return head
    }

    private static func changes(of head: RequestHead, _ rules: FieldRules = FieldRules()) throws -> [String] {
        let way = WayThere(isSecure: false, prefix: nil, rewrite: try #require(PathRewrite()))
        let target = UpstreamTarget(authority: Array("app:3000".utf8), rewrite: try #require(PathRewrite()), wayThere: way)
        let request = UpstreamRequest(target: target, remainder: 0, framing: .none)
        let changes = request.changes(of: head, policy: RequestFieldPolicy(rules), isTrusted: false)
        return (changes?.set ?? []).compactMap { $0.constant.map { "\($0.name): \($0.value)" } }
    }
}
