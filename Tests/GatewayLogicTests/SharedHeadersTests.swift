import Testing

@testable import Gateway

/// Of 10,000 routes most say nothing of fields: what each cost of its own would be paid 10,000 times, at every reload.
@Suite("Routes without rules of their own for fields")
struct SharedHeadersTests {
    private static let keys: [(keys: String, isShared: Bool)] = [
        ("", true),
        ("strip_prefix = true", true),
        ("request_headers = { set = { \"X-A\" = \"1\" } }", false),
        ("response_headers = { remove = [\"X-A\"] }", false),
    ]

    @Test("share the site's", arguments: keys)
    func share(_ keys: String, _ isShared: Bool) throws {
        let plan = try Plans.plan(
            Plans.site([("app", "http://127.0.0.1:9", "")], routes: [("/", "app", ""), ("/a/", "app", keys)]))
        let site = try #require(plan.listeners.first?.fallback)
        #expect(try plan.routePlan("/").headers === site.headers)
        #expect(try (plan.routePlan("/a/").headers === site.headers) == isShared)
    }

    @Test("have one of their own where X-Forwarded-Prefix tells what was taken off their path")
    func prefix() throws {
        let plan = try Plans.plan(
            Plans.site(
                [("app", "http://127.0.0.1:9", "")], routes: [("/", "app", ""), ("/a/", "app", "strip_prefix = true")],
                proxy: "[sites.proxy.headers]\nadd_x_forwarded_prefix = true"))
        let site = try #require(plan.listeners.first?.fallback)
        #expect(try plan.routePlan("/").headers === site.headers)
        #expect(try plan.routePlan("/a/").headers !== site.headers)
    }
}
