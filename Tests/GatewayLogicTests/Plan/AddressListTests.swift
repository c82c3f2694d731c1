import Configuration
import Testing

@testable import Gateway

@Suite("Lists of addresses that keep out all, or not all")
struct AddressListTests {
    private func problems(listen: String, _ site: String, _ route: String) throws -> [String] {
        let text = """
            [[sites]]
            hostname = "localhost"
            listen = "\(listen)"
            port = 9145
            access = { \(site) }
            respond = { body = "here" }
            [[sites.routes]]
            path = "/inner"
            access = { \(route) }
            respond = { body = "there" }

            """
        let read = Configuration.parse(text: text, file: "test.toml")
        let configuration = try #require(read.configuration, "\(read.problems)")
        var builder = PlanBuilder(configuration)
        let plan = builder.build(workers: 1)
        #expect(plan != nil)
        return builder.problems.map { "\($0.severity): \($0.keyPath): \($0.message)" }
    }

    private static let nobody = "nobody can come in: deny_ips has all that allow_ips has, and is asked first"
    private static let half = "keeps out everybody of IPv4, and not of IPv6"
    private static let ofSite = "warning: sites[0].access."
    private static let ofRoute = "warning: sites[0].routes[0].access."

    @Test(
        "are told of, where they are written",
        arguments: [
            ("::", "allow_ips = [\"10.1.0.0/16\"], deny_ips = [\"all\"]", "", [ofSite + "deny_ips: " + nobody]),
            (
                "::", "deny_ips = [\"10.0.0.0/8\", \"::/0\"]", "allow_ips = [\"10.1.0.0/16\", \"2001:db8::1\"]",
                [ofRoute + "allow_ips: " + nobody]
            ),
            ("::", "allow_ips = [\"10.0.0.0/8\", \"192.0.2.1\"], deny_ips = [\"10.0.0.0/8\"]", "", []),
            ("::", "allow_ips = [\"10.0.0.0/8\"], deny_ips = [\"10.1.0.0/16\"]", "", []),
            ("::", "deny_ips = [\"all\"]", "allow_ips = [\"all\"], deny_ips = []", []),
            ("::", "deny_ips = [\"0.0.0.0/0\"]", "", [ofSite + "deny_ips: " + half]),
            ("::", "", "deny_ips = [\"0.0.0.0/0\", \"2001:db8::/32\"]", [ofRoute + "deny_ips: " + half]),
            ("127.0.0.1", "deny_ips = [\"0.0.0.0/0\"]", "", []), ("::", "deny_ips = [\"::/0\"]", "", []),
        ] as [(String, String, String, [String])])
    func told(listen: String, site: String, route: String, expected: [String]) throws {
        #expect(try problems(listen: listen, site, route) == expected)
    }
}
