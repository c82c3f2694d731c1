import HTTP

/// One route of a site: which requests it takes, and what is done with them.
final class RoutePlan: Sendable {
    /// Whose keys say what it is.
    let owner: SettingOwner
    let pattern: RoutePattern
    /// As the configuration writes it; for the log.
    let text: String
    /// See `Route.name`.
    let name: String
    /// What must hold besides; nil: nothing.
    let conditions: RouteConditions?
    /// Of the route's requests and answers: its site's, and then its own.
    let headers: HeaderPlan
    /// Its site's with it; nil where nothing protects it.
    let protection: ProtectionPlan?
    /// Its servers cannot be asked: see `SiteFault`.
    let isDegraded: Bool
    let action: Action
    /// What its exchanges are called.
    let names: RouteNames
    /// Counts its requests; nil if nothing is counted.
    let series: RouteSeries?

    enum Action: Sendable {
        /// To an upstream.
        case proxy(ProxyRoute)
        case redirect(RedirectPlan)
        case respond(FixedAnswerPlan)
        /// Nil if the site's directory cannot be used: see `SiteFault`.
        case files(FilesPlan?)
        /// What is known of the client's own TLS connection.
        case tlsInfo
        /// How the gateway is.
        case internalAPI(InternalAPIPlan)

        /// See `Decision.mayFollowExtendedConnect`.
        var mayFollowExtendedConnect: Bool {
            switch self {
            case .respond, .tlsInfo, .internalAPI: false
            case .proxy, .redirect, .files: true
            }
        }
    }

    init(
        owner: SettingOwner, pattern: RoutePattern, text: String, name: String, conditions: RouteConditions? = nil,
        headers: HeaderPlan, protection: ProtectionPlan?, action: Action, site: String, configuration: String,
        series: RouteSeries?
    ) {
        self.owner = owner
        self.pattern = pattern
        self.text = text
        self.name = name
        self.conditions = conditions
        self.headers = headers
        self.protection = protection
        self.action = action
        self.series = series
        let pool: String? = if case .proxy(let proxied) = action { proxied.pool.name } else { nil }
        names = RouteNames(site: site, route: text, pool: pool, configuration: configuration)
        isDegraded = if case .proxy(let proxied) = action { proxied.isDegraded } else { false }
    }

    /// Nil if its requests go to no upstream.
    var proxied: ProxyRoute? { if case .proxy(let proxied) = action { proxied } else { nil } }
}
