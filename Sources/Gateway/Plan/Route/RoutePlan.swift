import HTTP

/// One route of a site: which requests it takes, and what is done with them.
final class RoutePlan: Sendable {
    /// Whose keys say what it is.
    let owner: SettingOwner
    let pattern: RoutePattern
    /// The path as the configuration writes it, for the log.
    let text: String
    /// See `Route.name`.
    let name: String
    /// What must hold besides the path; nil: nothing.
    let conditions: RouteConditions?
    /// How fields of the route's requests and answers are changed: by its site's rules, and then its own.
    let headers: HeaderPlan
    /// What protects the route, its site's protection included; nil where nothing does.
    let protection: ProtectionPlan?
    /// Whether its servers cannot be asked: see `SiteFault`.
    let isDegraded: Bool
    let action: Action
    /// What its exchanges are called.
    let names: RouteNames
    /// Counts its requests; nil if nothing is counted.
    let series: RouteSeries?

    enum Action: Sendable {
        /// Requests go to an upstream.
        case proxy(ProxyRoute)
        case redirect(RedirectPlan)
        case respond(FixedAnswerPlan)
        /// Nil if the site's directory cannot be used: see `SiteFault`.
        case files(FilesPlan?)
        /// What is known of the client's own TLS connection.
        case tlsInfo
        /// The gateway tells of its own state.
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
