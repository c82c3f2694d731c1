import HTTP
import Testing

@testable import Gateway

@Suite("What protects a route, as planned")
struct ProtectionPlanTests {
    @Test("is nothing where nothing is written, so that requests pay nothing")
    func none() throws {
        let plan = try Plans.plan(Plans.pool([1]))
        #expect(try plan.routePlan().protection == nil)
        #expect(plan.listeners.first?.fallback.protection == nil)
    }

    @Test("believes proxies whose block has bits beyond its length, as the reader says")
    func looseBlocks() throws {
        let text = Plans.site(
            [("app", "http://127.0.0.1:1", "")], top: "[security]\ntrusted_proxies = [\"10.1.2.3/8\", \"::ffff:192.0.2.0/120\"]")
        let trusted = try #require(try Plans.plan(text).listeners.first?.fallback.trustedProxies)
        #expect(trusted == [CIDR("10.0.0.0/8"), CIDR("192.0.2.0/24")])
    }
}
