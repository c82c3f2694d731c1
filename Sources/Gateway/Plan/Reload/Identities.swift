import Configuration
import HTTP
import Upstreams

/// Which site it is, in whatever plan: the first of its host names and where it listens. No two sites of a configuration share
/// these.
struct SiteIdentity: Hashable, Sendable {
    var hostname: String
    var listen: String
    var port: Int
}

/// Which server it is. Sites of one name, such as those of a plain and of a TLS port, share what is known of a server.
struct ServerIdentity: Hashable, Sendable {
    var site: String
    var pool: String
    var url: String
}

/// Which of a site's pools it is.
struct PoolIdentity: Hashable, Sendable {
    var site: SiteIdentity
    var name: String
}

/// Which order of a pool's servers it is.
struct GroupIdentity: Hashable, Sendable {
    var pool: PoolIdentity
    var method: UpstreamGroup.Method
}

/// Which of a site's routes it is: two of one path differ in what must hold besides.
struct RouteIdentity: Hashable, Sendable {
    var site: SiteIdentity
    private var kind: RouteKind
    private var path: String
    private var match: RouteMatch

    init(_ route: Route, of site: Site) {
        self.site = site.identity
        kind = route.kind
        // A final slash changes no prefix.
        path = route.kind == .path ? PathPrefix(route.path)?.text ?? route.path : route.path
        match = route.match
    }

    /// What all members of a fleet call it.
    var nameInFleet: String { "\(site.hostname) \(kind.rawValue) \(path) \(match.summary)" }
}

/// Which rate limit it is: of a route, of a site, or of the whole gateway.
struct RateIdentity: Hashable, Sendable {
    /// Does it count wrong passwords?
    var isOfPasswords = false
    /// Nil: of the whole gateway, or of a route.
    var site: SiteIdentity?
    var route: RouteIdentity?
    /// How many clients the rate limit remembers.
    var clients: Int

    /// What all members of a fleet call it, which may listen at other addresses and ports.
    var nameInFleet: String { route?.nameInFleet ?? site?.hostname ?? "*" }
}
