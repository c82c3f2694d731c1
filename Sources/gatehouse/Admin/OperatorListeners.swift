import Configuration
import EventLoop
import Gateway
import Logging

/// Where the process is reached by who operates it: the admin socket, the listener for scrapers, and `[management]`.
struct OperatorListeners: Sendable {
    /// Nil if there is none, or if it is switched off.
    private(set) var admin: AdminServer?
    /// Nil if scrapers are answered at the admin socket alone.
    private var metrics: ControlServer?
    /// Nil without `[management]`.
    private var management: ControlServer?
    /// The event loop of what operators ask of the process; no client is served on it.
    private let loop: EventLoop

    /// None yet.
    /// - Parameter loop: whose thread runs.
    init(on loop: EventLoop) { self.loop = loop }

    /// Opens those that the configuration has; they answer once `run` is called.
    /// - Parameter sharesAddresses: whether others of this user may listen at the address of `[management]` already.
    /// - Throws: `AdminServer.Unopened` or `ControlServer.Unopened`.
    mutating func open(_ configuration: Configuration, _ resources: AdminResources, sharesAddresses: Bool) async throws {
        admin = try await AdminServer.open(configuration.admin.socket, resources, on: loop)
        metrics = try await .metrics(configuration.metrics, resources.gateway, resources.fleet.board, on: loop, replacing: false)
        management = try await .management(configuration.management, resources, on: loop, replacing: sharesAddresses)
    }

    /// Opens them in place of the process before, whose clients they keep. What cannot be had is told: by now clients are served.
    mutating func takeOver(_ configuration: Configuration, _ resources: AdminResources) async {
        do throws(AdminServer.Unopened) {
            admin = try await AdminServer.open(configuration.admin.socket, resources, on: loop, replacing: true)
        } catch {
            resources.log.error("there is no admin socket", metadata: ["reason": "\(error)", "key": "admin.socket"])
        }
        // One that cannot be had does not cost the other.
        do throws(ControlServer.Unopened) {
            metrics = try await .metrics(
                configuration.metrics, resources.gateway, resources.fleet.board, on: loop, replacing: true)
        } catch {
            Self.report(error, resources.log)
        }
        do throws(ControlServer.Unopened) {
            management = try await .management(configuration.management, resources, on: loop, replacing: true)
        } catch {
            Self.report(error, resources.log)
        }
    }

    private static func report(_ error: ControlServer.Unopened, _ log: Logger) {
        var facts: Logger.Metadata = ["reason": "\(error)", "key": "\(error.key)"]
        if let remedy = error.remedy { facts["remedy"] = "\(remedy)" }
        log.error("a listener for operators is missing", metadata: facts)
    }

    /// Answers until `stop`.
    func run(in group: inout DiscardingTaskGroup) {
        if let admin { group.addTask(executorPreference: admin.loop) { await admin.run() } }
        for server in [metrics, management].compactMap({ $0 }) {
            group.addTask(executorPreference: server.loop) { await server.run() }
        }
    }

    /// Before another process gets the admin socket's path: this one is reached by another name from then on.
    func keepReachable() async { await admin?.keepReachable() }

    func stop() async {
        await admin?.stop()
        await leave()
    }

    /// Ends those at addresses, which another process has from now on; the admin socket's clients are still answered.
    func leave() async {
        await metrics?.stop()
        await management?.stop()
    }
}
