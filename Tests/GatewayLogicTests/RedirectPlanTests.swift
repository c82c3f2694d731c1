import HTTP
import Testing

@testable import Gateway

private struct Sent: RequestVariables {
    var value: String

    func append(_ variable: RequestVariable, to out: inout [UInt8]) { out += Array(value.utf8) }
    func appendCapture(_ number: Int, to out: inout [UInt8]) { out += Array(value.utf8) }
}

/// A client must not be able to send others to a host of its choice.
@Suite("A redirect's target")
struct RedirectPlanTests {
    private static func plan(_ target: String, status: Int? = nil) throws -> RedirectPlan {
        try RedirectPlan(RequestTemplate(target, groups: [nil]), status: status, key: "sites.redirect")
    }

    @Test(
        "is a URL whose host is written, or a path",
        arguments: [
            "https://www.example.com{uri}", "https://www.example.com", "http://a.example:8080/x{1}", "https://{host}{uri}",
            "https://{host}:8443{path}", "https://www.{host}/{1}", "{scheme}://{host}/x?{query}",
            "{scheme}://a.example{remainder}",
            "/x", "/", "/x{1}", "/{1}", "{uri}", "{path}/", "{remainder}", "HTTPS://a.example?{query}",
        ])
    func fit(_ target: String) throws {
        _ = try Self.plan(target)
    }

    @Test(
        "is refused where a client could choose the host",
        arguments: [
            "", "{1}", "{query}", "https://{1}", "https://{query}/", "https://www.example.com{1}", "https://a.example{query}",
            "https://a.example{client_ip}/", "www.example.com{uri}", "//www.example.com{uri}", "javascript:alert(1)",
            "{scheme}{uri}", "{scheme}:{1}", "https://", "https:///x", "https://{uri}", "https://{path}", "{host}{uri}",
            "ftp://a/",
        ])
    func unfit(_ target: String) {
        #expect(throws: RedirectPlan.Fault.self) { try Self.plan(target) }
    }

    @Test(
        "has no place for what would end the field or begin a host",
        arguments: [
            ("/{1}", "/evil.example", "/evil.example"), ("{remainder}", "//evil.example", "/evil.example"),
            ("/{1}", "a\r\nX: y", nil), ("/{1}", "a b", nil), ("/{1}", "\u{0}", nil),
            ("https://a.example/{1}", "//b", "https://a.example///b"), ("/x{1}", "", "/x"), ("{remainder}", "", "/"),
            ("/x?{query}", "", "/x"), ("/x?{query}", "a", "/x?a"), ("/x?{query}", "?", "/x??"), ("/x?y&{query}", "", "/x?y&"),
            ("https://a.example/?{query}", "", "https://a.example/"), ("/x{uri}", "/?", "/x/?"),
        ] as [(String, String, String?)])
    func filled(_ target: String, _ value: String, _ expected: String?) throws {
        let location = try Self.plan(target).location(Sent(value: value))
        #expect(location.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("keeps the method where it must, unless the status is written")
    func status() throws {
        let plan = try Self.plan("/x")
        #expect([.get, .head, .post, .put, .options].map(plan.status) == [302, 302, 307, 307, 307])
        #expect(try Self.plan("/x", status: 301).status(for: .post) == 301)
    }
}
