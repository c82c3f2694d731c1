import Configuration
import Testing

@testable import Gateway

extension SitePlan {
    /// How requests of its first route to an upstream are treated.
    var proxying: ProxyingPlan {
        get throws { try #require(routes.lazy.compactMap(\.proxied).first).proxying }
    }
}

extension BodyLimit {
    /// As `security.max_request_size`.
    init(_ bytes: Int) { self.init(RequestSettings(), RequestSettings(), common: bytes) }
}
