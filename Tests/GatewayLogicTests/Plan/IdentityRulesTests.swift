import Configuration
import TestSupport
import Testing

@testable import Gateway

@Suite("Fields that tell upstreams who somebody is")
struct IdentityRulesTests {
    private static let asked = "forward_auth = { url = \"http://127.0.0.1:1/\", copy_headers = [\"X-User\"] }"
    private static let rule = "request_headers = { set = { x-user = \"guest\" } }"

    private func problems(site: String, proxy: String = "", route: String) throws -> [String] {
        let text = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = 9145
            \(site)
            [sites.proxy]
            enabled = true
            \(proxy)
            upstreams = [{ name = "app", url = "http://127.0.0.1:1" }]
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            \(route)
            [[sites.proxy.routes]]
            path = "/open"
            upstream = "app"
            forward_auth = { enabled = false }
            access = { require_auth = false }

            """
        let read = Configuration.parse(text: text, file: "test.toml")
        let configuration = try #require(read.configuration, "\(read.problems)")
        var builder = PlanBuilder(configuration)
        let plan = builder.build(workers: 1)
        #expect((plan == nil) == !builder.problems.isEmpty)
        return builder.problems.map { "\($0.severity): \($0.keyPath): \($0.message)" }
    }

    @Test(
        "are written by no rule besides: the upstream would see two of them",
        arguments: [
            (asked + "\n" + rule, "", "", "sites[0].forward_auth.copy_headers", "sites[0].request_headers"),
            (asked, "", rule, "sites[0].forward_auth.copy_headers", "sites[0].proxy.routes[0].request_headers"),
            (rule, "", asked, "sites[0].proxy.routes[0].forward_auth.copy_headers", "sites[0].request_headers"),
            (
                asked, "headers = { add = { X-User = \"guest\" } }", "", "sites[0].forward_auth.copy_headers",
                "sites[0].proxy.headers.add"
            ),
        ])
    func twice(site: String, proxy: String, route: String, key: String, rules: String) throws {
        #expect(
            try problems(site: site, proxy: proxy, route: route) == [
                "error: \(key): x-user is written by \(rules) too: the upstream would see both"
            ])
    }

    @Test("of a password are as those of an auth server")
    func password() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("users", "u:$2y$05$v94hHx0AzBez3qnev8/4/e6E.qbfqORXZgsl0QofwnsscQw72HoCe\n")
        let access = "access = { require_auth = true, auth_file = \"\(file)\", auth_user_header = \"X-User\" }"
        #expect(try problems(site: access, route: "").isEmpty)
        #expect(
            try problems(site: access, route: Self.rule) == [
                "error: sites[0].access.auth_user_header: x-user is written by sites[0].proxy.routes[0].request_headers too: "
                    + "the upstream would see both"
            ])
    }

    @Test("may be written where nobody is asked, and where a route takes the site's rule away")
    func apart() throws {
        #expect(try problems(site: Self.rule, route: "").isEmpty)
        #expect(
            try problems(site: Self.asked + "\n" + Self.rule, route: "request_headers = { remove = [\"X-User\"] }").isEmpty)
    }
}
