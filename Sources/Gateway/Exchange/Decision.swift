/// What is to be done with a request. A pure function of plan and head, so that it can be explained without doing it.
enum Decision {
    case route(RouteTable.Found)
    case file(FilesPlan)
    case redirect(port: Int)
    /// OPTIONS that was to come as far as here and no further, or that is about the gateway.
    case options
    /// What a browser asks before a request of another origin's page, which the route would take.
    case preflight(CrossOriginPlan, RoutePlan?)
    /// Whether the site is ready.
    case health
    case refuse(Failure)

    /// Does it authenticate clients, where the site asks for credentials? Browsers send none before a request of another origin's
    /// page (the Fetch standard, "CORS-preflight fetch"), to plain HTTP nobody should send any, and balancers have none.
    var authenticates: Bool {
        switch self {
        case .redirect, .preflight, .health: false
        default: true
        }
    }

    /// The route that takes the request; nil if none does.
    var route: RoutePlan? {
        if case .route(let found) = self { found.route } else { nil }
    }

    /// The route by whose rules the request may come; nil: by the site's.
    var protector: RoutePlan? {
        if case .preflight(_, let route) = self { route } else { route }
    }

    /// Can it follow an extended CONNECT? To its client every 2xx would say that a WebSocket is open.
    var mayFollowExtendedConnect: Bool {
        switch self {
        case .route(let found): found.route.action.mayFollowExtendedConnect
        case .redirect, .refuse: true
        case .file, .options, .preflight, .health: false
        }
    }
}
