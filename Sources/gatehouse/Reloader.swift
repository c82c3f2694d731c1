import Configuration
import Gateway
import Logging

/// Brings the configuration into use anew while the gateway runs: whole, or not at all.
actor Reloader {
    /// What is read again.
    struct Source: Sendable {
        var path: String
        /// Unknown keys are warnings.
        var lenient = false
        /// What becomes of a site that cannot be served whole.
        var policy = FaultPolicy.refuse
    }

    /// How a reload ended.
    enum Outcome: Sendable {
        case done(ConfigurationChanges)
        /// - Parameter problems: every reason; what was in use still is.
        case refused(problems: [String])
    }

    private let source: Source
    private let gateway: Gateway
    private let output: DiagnosticsOutput
    private let log: Logger
    private let notifier: ServiceNotifier?
    private var configuration: Configuration
    private var last: Task<Outcome, Never>?
    /// The one that has not begun: who asks meanwhile gets its outcome.
    private var waiting: Task<Outcome, Never>?

    /// - Parameters:
    ///   - configuration: the one in use.
    ///   - notifier: is told of each reload; nil if nobody wants to know.
    init(
        _ source: Source, _ gateway: Gateway, output: DiagnosticsOutput, log: Logger, configuration: Configuration,
        notifier: ServiceNotifier?
    ) {
        self.source = source
        self.gateway = gateway
        self.output = output
        self.log = log
        self.configuration = configuration
        self.notifier = notifier
    }

    /// Reads the file anew, and uses what it says. One at a time: what the file says when this is called, or later, is what
    /// counts.
    func reload() async -> Outcome {
        if let waiting { return await waiting.value }
        let previous = last
        let task = Task {
            _ = await previous?.value
            waiting = nil
            notifier?.reloading()
            let outcome = await perform()
            notifier?.reloaded(outcome)
            return outcome
        }
        (last, waiting) = (task, task)
        return await task.value
    }

    private func perform() async -> Outcome {
        let result = Configuration.read(path: source.path, mode: source.lenient ? .lenient : .strict)
        let inUse = gateway.currentPlan
        let (loaded, problems) = LoadedPlan.build(result, workers: inUse.workerCount, after: inUse, policy: source.policy)
        guard let loaded else { return refuse(problems) }
        let logs: Logs
        do {
            // Last, since it may create files; but before the listeners, which clients see.
            logs = try Logs(loaded.configuration.logging, workers: inUse.workerCount, after: output.logs)
            try await gateway.adopt(loaded.plan, logs: logs)
        } catch let error as ListenError {
            return refuse([error.problem(in: loaded.configuration)])
        } catch {
            log.error("the reload is refused: what was in use goes on", metadata: ["reason": "\(error)"])
            return .refused(problems: ["\(error)"])
        }
        for problem in problems where problem.severity != .note { report(problem) }
        SiteFaultLog(log).report(loaded.plan.faults)
        output.change(to: logs, level: loaded.configuration.logging.level)
        FileLimit.raise(for: loaded, log)
        let changes = ConfigurationChanges(from: configuration, to: loaded.configuration)
        if changes.changes.contains(where: { $0.what == "performance" && $0.name.contains("worker_threads") }) {
            log.warning("a change of performance.worker_threads waits for the next start")
        }
        for key in ["user", "group"] where changes.changes.contains(where: { $0.what == "server" && $0.name.contains(key) }) {
            log.warning("a change of server.\(key) waits for the next start")
        }
        configuration = loaded.configuration
        await tell(changes)
        return .done(changes)
    }

    private func tell(_ changes: ConfigurationChanges) async {
        let generations = Set(await gateway.generations.joined())
        log.notice(
            "reloaded",
            metadata: [
                "changes": "\(changes.summary)", "generation": "\(generations.max() ?? 0)",
                "older_in_use": "\(max(0, generations.count - 1))",
            ])
    }

    private func refuse(_ problems: [Problem]) -> Outcome {
        let problems = problems.filter { $0.severity != .note }
        for problem in problems { report(problem) }
        let errors = problems.count { $0.severity == .error }
        log.error("the reload is refused: what was in use goes on", metadata: ["errors": "\(errors)"])
        return .refused(problems: problems.map(\.description))
    }

    /// What a file says may not forge a line: so it is metadata.
    private func report(_ problem: Problem) {
        var facts: Logger.Metadata = ["at": "\(problem.location)", "problem": "\(problem.message)"]
        if !problem.keyPath.isEmpty { facts["key"] = "\(problem.keyPath)" }
        if let hint = problem.hint { facts["help"] = "\(hint)" }
        log.log(level: problem.severity == .error ? .error : .warning, "the configuration has a problem", metadata: facts)
    }
}
