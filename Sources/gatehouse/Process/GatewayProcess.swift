import ArgumentParser
import Configuration
import EventLoop
import Gateway
import Glibc
import Logging
import Transport

/// Runs a plan until a signal asks it to stop.
struct GatewayProcess: Sendable {
    let gateway: Gateway
    let output: DiagnosticsOutput
    let log: Logger
    let signals: Signals
    /// Nil if there is no file to read again.
    let reloader: Reloader?
    /// Nil if no service manager wants to be told.
    let notifier: ServiceNotifier?
    private let renewal: CertificateRenewal
    private let fleet: FleetMembership
    private let rates: RateSharing
    /// Nil for what another process cannot take over.
    let upgrader: Upgrader?
    let recorder: RecorderDumps
    /// Whose place this process has taken; it may have ended since.
    let predecessor: pid_t?
    private var operators: OperatorListeners
    private let resources: AdminResources
    private let feed: SnapshotFeed
    /// Nil if there is no file to read again.
    private let watcher: FileWatcher?

    /// How the process comes to its configuration and its addresses.
    struct StartOptions: Sendable {
        /// What a reload reads; nil: there is nothing to reload.
        var source: Reloader.Source?
        /// Of the process whose place this one takes; nil: it takes nobody's.
        var inheritance: Inheritance?
        /// May others of this user listen at the plan's addresses already?
        var sharesAddresses = false
        /// Can another process take its place?
        var isReplaceable = true
    }

    /// - Parameters:
    ///   - onServing: called once clients can connect.
    ///   - onStopping: called before the gateway drains.
    /// - Throws: `ExitCode(1)` after an error at start.
    static func run(
        _ loaded: consuming LoadedPlan, _ options: StartOptions, onServing: () async -> Void = {},
        onStopping: @escaping @Sendable () async -> Void = {}
    ) async throws {
        var process = try await start(loaded, options)
        let addresses = process.gateway.addresses.map(\.description).joined(separator: " ")
        let server = loaded.configuration.server
        var facts: Logger.Metadata = [
            "addresses": "\(addresses)", "name": "\(server.name)", "workers": "\(loaded.plan.workerCount)", "pid": "\(getpid())",
            "version": "\(server.version ?? Gatehouse.version)",
        ]
        if !server.description.isEmpty { facts["description"] = "\(server.description)" }
        if let socket = await process.operators.admin?.path { facts["admin"] = "\(socket)" }
        if let records = loaded.plan.recordsSummary { facts["tls_records"] = "\(records)" }
        SiteFaultLog(process.log).report(loaded.plan.faults)
        process.log.notice("serving", metadata: facts)
        if let inheritance = options.inheritance {
            inheritance.takeOver()
            await process.operators.takeOver(loaded.configuration, process.resources)
        }
        let notifier = process.notifier
        await notifier?.ready()
        let watchdog = Task { await notifier?.keepWatchdog() }
        await onServing()
        await process.rates.follow(loaded.redis)
        await process.recorder.use(loaded.configuration)
        // First: the fleet's configuration may take the place of the file's at once.
        await process.followReloads()
        await process.fleet.follow(loaded.fleet)
        await process.renewal.follow()
        // Whoever goes by it has it by now: held here, the first plan would live as long as the process.
        _ = consume loaded
        await process.serve(onStopping)
        watchdog.cancel()
        await process.renewal.stop()
        await process.fleet.stop()
        await process.rates.stop()
        process.log.notice("stopped")
        process.output.logs.close()
    }

    /// - Throws: `ExitCode(1)` after it has said what is wrong.
    private static func start(_ loaded: LoadedPlan, _ options: StartOptions) async throws -> GatewayProcess {
        ProcessReading.begin()
        do {
            var process = try await GatewayProcess(try await listen(loaded, options), loaded, options)
            // The process before has the socket until its place is taken.
            if options.inheritance == nil {
                try await process.operators.open(
                    loaded.configuration, process.resources, sharesAddresses: options.sharesAddresses)
            }
            FileLimit.share(with: process.gateway, for: loaded, process.log)
            return process
        } catch {
            report(error, of: loaded)
            throw ExitCode(1)
        }
    }

    /// A gateway whose listeners are open, and what it needed for that.
    private struct Listening {
        let gateway: Gateway
        let output: DiagnosticsOutput
        let log: Logger
        let signals: Signals
        let passed: [PassedSocket]
    }

    /// Opens logs and listeners, with all the rights that the process was started with, and gives up root's.
    private static func listen(_ loaded: LoadedPlan, _ options: StartOptions) async throws -> Listening {
        let configuration = loaded.configuration
        let privileges = try Privileges(configuration.server)
        let open = { try Logs(of: configuration, workers: loaded.plan.workerCount) }
        let logs = try privileges?.asUser(open) ?? open()
        let output = DiagnosticsOutput(logs, level: configuration.logging.level)
        let log = Logger(label: "gatehouse") { _ in DiagnosticsLog(output) }
        FileLimit.raise(for: loaded)
        let signals = await Signals()
        Signals.reapOrphans()
        options.inheritance?.giveTicketKeys(to: loaded.plan)
        FleetMembership.prepare(loaded)
        let passed = try options.inheritance?.sockets ?? SocketActivation.sockets()
        let gateway = try await Gateway(
            loaded.plan, logs: logs, log: log, sharesAddresses: options.sharesAddresses, passed: passed)
        // From here on nothing is root's any more.
        try privileges?.drop()
        return Listening(gateway: gateway, output: output, log: log, signals: signals, passed: passed)
    }

    /// Makes what runs beside the gateway, each part with those that it acts on.
    private init(_ listening: Listening, _ loaded: LoadedPlan, _ options: StartOptions) async throws {
        let (gateway, log, configuration) = (listening.gateway, listening.log, loaded.configuration)
        self.gateway = gateway
        self.log = log
        (output, signals, predecessor) = (listening.output, listening.signals, options.inheritance?.predecessor)
        let (loop, reloading) = try (EventLoop(), EventLoop())
        try loop.start(name: "admin", yields: true)
        if options.source != nil { try reloading.start(name: "reload", yields: true) }
        let notifier = ServiceNotifier(gateway, passed: listening.passed, log)
        self.notifier = notifier
        reloader = options.source.map {
            Reloader(
                $0, gateway, on: reloading, output: listening.output, log: log, configuration: configuration, from: loaded.source,
                notifier: notifier)
        }
        let fleet = FleetMembership(gateway, reloader, log: log)
        self.fleet = fleet
        rates = RateSharing(gateway, fleet, log: log)
        let renewal = CertificateRenewal(gateway, fleet, on: loop, log: log)
        self.renewal = renewal
        let watcher = reloader.map { FileWatcher($0, on: reloading, log: log) }
        self.watcher = watcher
        await watcher?.open()
        feed = try SnapshotFeed(gateway, reloader, fleet.board, server: configuration.server, on: loop)
        upgrader =
            if options.isReplaceable {
                Upgrader(gateway, notifier, reloader, log: log) {
                    // The successor gets certificates from now on, and looks at files.
                    await renewal.stop()
                    await fleet.stop()
                    await watcher?.stop()
                }
            } else {
                nil
            }
        recorder = RecorderDumps(gateway, configuration, on: loop, log: log)
        await reloader?.attach(recorder)
        resources = AdminResources(
            of: gateway, reloader: reloader, upgrader: upgrader, feed: feed, recorder: recorder, fleet: fleet, log: log,
            configuration: configuration)
        operators = OperatorListeners(on: loop)
    }

    /// Says why it cannot serve, at its place in the configuration if it has one.
    private static func report(_ error: any Error, of loaded: LoadedPlan) {
        let configuration = loaded.configuration
        let problem: Problem? =
            switch error {
            case let error as Privileges.Unavailable: configuration.problem(.error, at: error.key, error.description)
            case let error as AdminServer.Unopened: configuration.problem(.error, at: "admin.socket", error.description)
            case let error as ControlServer.Unopened:
                configuration.problem(.error, at: error.key, error.description, hint: error.remedy)
            case let error as ListenError where !loaded.source.isEmpty: error.problem(in: configuration)
            default: nil
            }
        if let problem { Console.report([problem], source: loaded.source) } else { Console.error("gatehouse: \(error)") }
    }

    /// Whoever goes by the configuration in use hears of each that comes into use from now on.
    private func followReloads() async {
        guard let reloader, let watcher else { return }
        await reloader.onRollback { hash, reason in await fleet.rolledBack(from: hash, reason) }
        await reloader.onFilesChange { loaded in
            await fleet.follow(loaded.fleet)
            await rates.follow(loaded.redis)
            await renewal.follow()
            await watcher.filesChanged()
        }
    }

    /// Until the last connection has ended.
    private func serve(_ onStopping: @escaping @Sendable () async -> Void) async {
        let ending = await withDiscardingTaskGroup(returning: Task<Void, Never>.self) { group in
            group.addTask { await runGateway() }
            operators.run(in: &group)
            group.addTask(executorPreference: feed.loop) { await feed.run() }
            await upgrader?.onReplacement(preparing: { await operators.keepReachable() }, leaving: { await operators.leave() })
            await reloader?.begin()
            if let watcher { group.addTask(executorPreference: watcher.loop) { await watcher.run() } }
            await handleSignals(&group, onStopping)
            // Whoever still waits for the drain's delay need not.
            group.cancelAll()
            return endInAWhile()
        }
        ending.cancel()
    }

    /// Until its last connection has ended; then what else runs is told to end.
    private func runGateway() async {
        await gateway.run()
        await operators.stop()
        await watcher?.stop()
        await feed.stop()
        await recorder.stop()
        signals.end()
    }
}
