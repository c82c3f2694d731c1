package import Configuration

/// A part of a site that cannot be served as it is written, while everything else can: a certificate that is missing, a directory
/// that cannot be read, TLS files of an upstream that cannot be used.
package struct SiteFault: Sendable {
    /// What is lacking.
    enum Part: Hashable, Sendable {
        /// Handshakes for the site's names end with an alert.
        case certificate
        /// Requests for its files are answered 503.
        case files
        /// Requests for routes to the pool are answered 503.
        case pool(String)
    }

    /// Which part of which site, in whatever plan.
    struct Scope: Hashable, Sendable {
        var site: SiteIdentity
        var part: Part
    }

    let scope: Scope
    /// The site's.
    package let name: String
    /// Why; all of them errors.
    package let problems: [Problem]

    /// What each request for the part is answered. The log of the start says why.
    static func failure(key: String) -> Failure { Failure(.siteDegraded, key: key) }

    /// The refusal of a route whose pool cannot be used.
    static func failure(of route: RoutePlan) -> Failure {
        failure(key: "sites.proxy.upstreams").keyed(by: route)
    }
}

/// How a plan may be made of a configuration in which something cannot be served.
package enum FaultPolicy: Sendable {
    /// Every fault keeps it from being made.
    case refuse
    /// A fault degrades its site, unless the plan in use serves that part of it, or no site would be left whole.
    case degrade
}
