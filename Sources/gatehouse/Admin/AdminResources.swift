import Configuration
import EventLoop
import FoundationEssentials
import Gateway
import Logging
import Messages

/// What the admin API answers with, and does.
struct AdminResources: Sendable {
    let gateway: Gateway
    /// Nil if there is no configuration file: `gatehouse DIRECTORY`, `gatehouse demo`.
    let reloader: Reloader?
    /// Nil for the demo, which another process cannot take over.
    let upgrader: Upgrader?
    let feed: SnapshotFeed
    let recorder: RecorderDumps
    let fleet: FleetMembership
    let taps = AdminTap()
    let log: Logger
    private let server: ServerIdentity
    /// The one in use where there is no file to read again; else nil.
    private let onlyConfiguration: Configuration?
    /// The one in use.
    var configuration: Configuration? { get async { await reloader?.configuration ?? onlyConfiguration } }
    /// When the gateway began, as RFC 3339 writes times.
    let started: String
    private let beginning = monotonicNanoseconds()

    var name: String { server.name }
    var version: String { server.version ?? Gatehouse.version }
    /// Seconds.
    var uptime: UInt64 { (monotonicNanoseconds() &- beginning) / 1_000_000_000 }

    /// Makes the resources of a gateway that begins to serve now.
    init(
        of gateway: Gateway, reloader: Reloader?, upgrader: Upgrader?, feed: SnapshotFeed, recorder: RecorderDumps,
        fleet: FleetMembership, log: Logger, configuration: Configuration
    ) {
        self.gateway = gateway
        self.reloader = reloader
        self.upgrader = upgrader
        self.feed = feed
        self.recorder = recorder
        self.fleet = fleet
        self.log = log
        server = configuration.server
        onlyConfiguration = reloader == nil ? configuration : nil
        started = Date.now.formatted(.iso8601)
    }

    /// The answer to what is about the configuration file, where there is none.
    static var noFile: ServiceAnswer { .problem(409, "There is no configuration file: this gateway runs without one.") }
}
