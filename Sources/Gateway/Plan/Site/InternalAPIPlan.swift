import Configuration
import EventLoop

/// Answers what a site tells of the gateway itself. Everybody may ask, so it names no address but those that clients use, no
/// upstream and no file.
final class InternalAPIPlan: Sendable {
    private let kind: InternalAPI
    private let name: String
    private let version: String?
    /// JSON.
    private let sites: String
    /// When the process began to serve, or nearly: monotonic nanoseconds.
    private static let began = monotonicNanoseconds()

    init(_ kind: InternalAPI, _ configuration: Configuration) {
        self.kind = kind
        name = configuration.server.name
        version = configuration.security.hideServerHeader ? nil : configuration.server.version
        let sites = configuration.sites.map { site in
            let names = site.hostnames.map(JSONString.quoted).joined(separator: ",")
            return "{\"name\":\(JSONString.quoted(site.name)),\"hostnames\":[\(names)],\"port\":\(site.port),"
                + "\"tls\":\(site.ssl != nil)}"
        }
        self.sites = "[" + sites.joined(separator: ",") + "]"
        _ = Self.began
    }

    /// - Parameter isStopping: whether the process ends.
    func answer(of site: SitePlan, isStopping: Bool) -> FixedAnswerPlan {
        let isReady = !isStopping && !site.isDraining && !site.isDegraded
        switch kind {
        case .live: return FixedAnswerPlan(status: 200, json: "{\"status\":\"ok\"}\n")
        case .ready:
            let word = isReady ? "ready" : "not ready"
            return FixedAnswerPlan(status: isReady ? 200 : 503, json: "{\"status\":\"\(word)\"}\n")
        case .configuration: return FixedAnswerPlan(status: 200, json: "{\(about),\"sites\":\(sites)}\n")
        case .health:
            let now = Timestamp.text(seconds: Int64(realtimeNanoseconds() / 1_000_000_000))
            let uptime = (monotonicNanoseconds() &- Self.began) / 1_000_000_000
            return FixedAnswerPlan(
                status: 200,
                json: "{\"status\":\"ok\",\"timestamp\":\"\(now)\",\(about),\"uptime_seconds\":\(uptime)}\n")
        }
    }

    private var about: String {
        "\"service\":\(JSONString.quoted(name))" + (version.map { ",\"version\":\(JSONString.quoted($0))" } ?? "")
    }
}
