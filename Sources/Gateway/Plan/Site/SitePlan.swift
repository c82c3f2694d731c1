import HTTP
import StaticFiles
import TLS

/// What is done with the requests for one site's hosts.
final class SitePlan: Sendable {
    let name: String
    /// What exchanges are called that no route takes.
    let names: RouteNames
    /// Its key path, for log lines: "sites[2]".
    let keyPath: String
    /// May a WebSocket be opened over HTTP/2?
    let takesHTTP2WebSockets: Bool
    /// `https://host[:port]` is made of the request's host and this port.
    let redirectPort: Int?
    let table: RouteTable
    /// The files that answer what no route takes; nil: there are none.
    let files: FilesPlan?
    /// Whose pages the site's own answers have; nil without such pages.
    let errorPages: StaticSite?
    let headers: HeaderPlan
    /// Protects what no route takes; nil where nothing does.
    let protection: ProtectionPlan?
    /// Nil: no CORS.
    let crossOrigin: CrossOriginPlan?
    /// How upstreams' answers are compressed; nil: they pass as they come.
    let compression: CompressionPlan?
    let trustedProxies: [CIDR]
    /// Where the gateway answers whether the site is ready; nil: nowhere.
    let healthPath: [UInt8]?
    let isDraining: Bool
    /// Do files or a pool lack that its configuration asks for?
    private let lacksPart: Bool
    /// Nil for a plain site.
    private let certificate: TLSServerContext?
    /// Does it lack anything? A certificate may come while it is served.
    var isDegraded: Bool { lacksPart || certificate?.hasCertificate == false }
    /// Whether the site's directory cannot be used.
    let lacksFiles: Bool
    /// Nil: its access lines are as those of others.
    let log: SiteLogPlan?
    /// Counts what no route takes; nil if nothing is counted.
    let series: RouteSeries?

    init(
        name: String, configuration: String, keyPath: String, takesHTTP2WebSockets: Bool, redirectPort: Int?, routes: [RoutePlan],
        files: FilesPlan?,
        errorPages: StaticSite?, headers: HeaderPlan, protection: ProtectionPlan?, crossOrigin: CrossOriginPlan?,
        compression: CompressionPlan? = nil, trustedProxies: [CIDR], healthPath: String?,
        isDraining: Bool, isDegraded: Bool, lacksFiles: Bool, certificate: TLSServerContext?, log: SiteLogPlan?,
        series: RouteSeries?
    ) {
        self.name = name
        names = RouteNames(site: name, configuration: configuration)
        self.keyPath = keyPath
        self.takesHTTP2WebSockets = takesHTTP2WebSockets
        self.redirectPort = redirectPort
        table = RouteTable(routes)
        self.files = files
        self.errorPages = errorPages
        self.headers = headers
        self.protection = protection
        self.crossOrigin = crossOrigin
        self.compression = compression
        self.trustedProxies = trustedProxies
        self.healthPath = healthPath.map { Array($0.utf8) }
        self.isDraining = isDraining
        lacksPart = isDegraded
        self.certificate = certificate
        self.lacksFiles = lacksFiles
        self.log = log
        self.series = series
    }

    /// Is this its certificate? Nil stands for none.
    func has(_ certificate: TLSServerContext?) -> Bool { self.certificate === certificate }

    /// Is it a request for whether the site is ready?
    func isHealthCheck(_ request: RequestHead) -> Bool {
        guard let healthPath, request.method == .get || request.method == .head else { return false }
        return request.path.count == healthPath.count && request.fields.bytes[request.path].elementsEqual(healthPath)
    }

    /// The routes as the configuration writes them.
    var routes: [RoutePlan] { table.routes }

    /// The site with nothing but one route.
    func answering(_ route: RoutePlan) -> SitePlan {
        SitePlan(
            name: name, configuration: names.configuration, keyPath: keyPath, takesHTTP2WebSockets: takesHTTP2WebSockets,
            redirectPort: nil, routes: [route],
            files: nil,
            errorPages: errorPages, headers: headers, protection: protection, crossOrigin: nil,
            trustedProxies: trustedProxies, healthPath: nil, isDraining: isDraining, isDegraded: false, lacksFiles: false,
            certificate: certificate, log: log, series: series)
    }
}
