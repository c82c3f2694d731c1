import Gateway

/// What a dashboard shows of a moment. However many sites, routes, servers and certificates there are, it is small: of each kind
/// it has the first few, and how many there are.
struct Snapshot: Codable, Sendable {
    /// How many rows of each kind are listed.
    static let maxRows = 20

    /// The rates of some requests since the snapshot before.
    struct Rates: Codable, Sendable {
        /// Each second.
        var requests: Double
        /// Each second, by class of status: 1xx to 5xx.
        var classes: [Double]
        /// Milliseconds, as exact as the histogram's buckets; nil without a request.
        var p50: Double?
        var p90: Double?
        var p99: Double?
        /// Bytes each second, from clients and to them; of tunnels too.
        var bytesIn: Double
        var bytesOut: Double
    }

    /// A site, or a route.
    struct Row: Codable, Sendable {
        var site: String
        /// Nil of a site; empty for what no route took.
        var route: String?
        var upstream: String?
        /// Since the start.
        var total: UInt64
        var rates: Rates
    }

    /// An upstream server.
    struct Server: Codable, Sendable {
        var site: String
        var upstream: String
        var url: String
        /// What keeps it from its requests; empty: nothing.
        var states: [String]
        /// What an operator has ordered: `none`, `enabled`, `draining`, `disabled`.
        var order: String
        /// The weight in force; `configuredWeight` is the configuration's.
        var weight: Int
        var configuredWeight: Int
        var isBackup: Bool
        var underWay: Int
        /// How many requests the server was sent since the start.
        var total: Int
        /// Nil where its answers are not counted apart.
        var rates: Rates?
        /// Attempts without an answer each second; nil likewise.
        var failures: Double?
        var lastFault: String?
    }

    /// Those that need somebody first, then those with the most requests.
    struct Servers: Codable, Sendable {
        var total: Int
        /// How many servers something keeps from their requests.
        var unhealthy: Int
        var first: [Server]
    }

    struct Certificate: Codable, Sendable {
        var site: String
        /// RFC 3339.
        var expires: String?
        /// Whole days until then; below 0 it is over.
        var daysLeft: Int?
        /// `good`, or why somebody ought to look at it.
        var health: String
    }

    /// Those that need somebody first, then those that end first.
    struct Certificates: Codable, Sendable {
        var total: Int
        var inTrouble: Int
        var first: [Certificate]
    }

    /// A list that may be longer than what is shown of it.
    struct Rows: Codable, Sendable {
        var total: Int
        /// The busiest first.
        var first: [Row]
    }

    struct Worker: Codable, Sendable {
        var connections: Int
        /// False: it has not answered since the snapshot before.
        var answers: Bool
    }

    /// TLS handshakes with clients, each second.
    struct Handshakes: Codable, Sendable {
        var completed: Double
        /// How many of `completed` resumed a session.
        var resumed: Double
        var failed: Double
        var connections: Double
    }

    struct Generations: Codable, Sendable {
        /// The number of the one in use; nil while no worker has told.
        var current: Int?
        /// The numbers of older generations that exchanges under way still hold.
        var older: [Int]
        /// The beginning of the SHA-256 of the configuration in use.
        var configuration: String
    }

    /// An exchange that was refused or came to nothing.
    struct Failure: Codable, Sendable {
        /// The failure's identifier, unique as long as the process runs.
        var id: String
        /// RFC 3339.
        var time: String
        var client: String
        var site: String
        var route: String
        var method: String
        /// The request's path, without its query.
        var path: String
        var status: Int
        /// The word of docs/reasons.md; empty where an upstream answered so.
        var reason: String
        /// The configuration key that decided it.
        var key: String?
        var upstream: String?
        var detail: String?
    }

    struct Failures: Codable, Sendable {
        /// Since the start.
        var total: UInt64
        /// The newest first.
        var first: [Failure]
    }

    /// One more with each.
    var number: UInt64
    /// RFC 3339.
    var time: String
    /// The seconds that the rates are of; nil in the first snapshot, which has none.
    var seconds: Double?
    var name: String
    var version: String
    var pid: Int32
    var uptimeSeconds: UInt64
    /// False: metrics.enabled is false, and nothing is known of requests.
    var isCounted: Bool
    var rates: Rates?
    var handshakes: Handshakes?
    var connections: Int
    var tunnels: Int
    /// Share of all cores' time since the snapshot before, in percent of one core.
    var processor: Double?
    /// Bytes.
    var memory: UInt64
    var descriptors: UInt64
    var mostDescriptors: UInt64
    var workers: [Worker]
    var sites: Rows
    var routes: Rows
    var servers: Servers
    var caches: Caches
    var certificates: Certificates
    var generations: Generations
    var failures: Failures
    /// How many watch the event stream, this one among them.
    var watchers: Int
    /// Nil: the gateway is of none.
    var fleet: AdminFleet?

    /// What a plot needs of it.
    struct Point: Codable, Sendable {
        var time: String
        var rates: Rates
    }

    var point: Point? { rates.map { Point(time: time, rates: $0) } }
}
