import EventLoop
import Fleet
import FoundationEssentials
import Gateway
import HTTP
import Messages

/// How it is, in BWS's words.
struct AdminHealth: Codable, Sendable {
    /// Nothing but that.
    struct Word: Codable, Sendable {
        var status: String
    }

    /// A pool's server.
    struct Upstream: Codable, Sendable {
        var site: String
        var upstream: String
        var url: String
        /// What keeps it from its requests.
        var states: [String]
    }

    /// `ok`, or `degraded`.
    var status: String
    /// Now, in RFC 3339.
    var timestamp: String
    var service: String
    var version: String
    var uptimeSeconds: UInt64
    // Of the detailed form alone.
    var workers: Int?
    var connections: Int?
    var requests: Int?
    var tunnels: Int?
    /// Names of sites that lack something.
    var degraded: [String]?
    var upstreams: [Upstream]?
    /// Those in trouble.
    var certificates: [AdminStatus.Certificate]?
    /// Nil: the gateway is of none.
    var fleet: AdminFleet?
}

extension AdminResources {
    private var now: Int64 { Int64(realtimeNanoseconds() / 1_000_000_000) }
    private var isDegraded: Bool { !gateway.currentPlan.faults.isEmpty }

    /// Is a site's certificate in trouble? Requests are still answered: readiness does not turn by it.
    private var hasTrouble: Bool {
        let plan = gateway.currentPlan
        return plan.certificates.contains { $0.health(now: now, threshold: plan.expiryThreshold) != .good }
    }

    /// Does it go by what its fleet may not agree on any more? It serves, and so is ready all the same.
    private var isOutOfStep: Bool { fleet.board.status?.trouble(now: monotonicNanoseconds()) != nil }

    func health() -> ServiceAnswer { .json(plainHealth) }

    private var plainHealth: AdminHealth {
        AdminHealth(
            status: isDegraded || hasTrouble || isOutOfStep ? "degraded" : "ok", timestamp: Timestamp.text(seconds: now),
            service: name,
            version: version, uptimeSeconds: uptime)
    }

    func detailedHealth() async -> ServiceAnswer {
        let activity = await gateway.activity()
        var health = plainHealth
        health.workers = await gateway.generations.count
        (health.connections, health.requests) = (activity.total.connections, activity.total.requests)
        health.tunnels = activity.total.tunnels
        health.certificates = certificateList.filter { $0.health != "good" }
        health.fleet = fleet.board.status.map { AdminFleet($0, of: gateway, most: 0) }
        health.degraded = gateway.currentPlan.faults.map(\.name)
        health.upstreams = gateway.servers.map {
            AdminHealth.Upstream(site: $0.site, upstream: $0.upstream, url: $0.url, states: $0.states)
        }
        return .json(health)
    }

    func readiness() -> ServiceAnswer {
        isDegraded ? .json(AdminHealth.Word(status: "degraded"), status: 503) : .json(AdminHealth.Word(status: "ready"))
    }
}
