import Configuration
import EventLoop
import Gateway
import Logging

/// Brings the configuration into use anew while the gateway runs: whole, or not at all.
///
/// On a thread of its own. What goes from a worker to the threads that Dispatch shares out leaves a piece of the worker's memory
/// with each of them, up to a thousand: a process that is reloaded often would grow by that. What takes long is the
/// `PlanMaker`'s, so that whoever asks the reloader something is answered meanwhile. Either lets the workers go first: to compare
/// two configurations of ten thousand routes, and to take the former one and its plan apart, takes half a tenth of a second.
actor Reloader {
    /// What is read again.
    struct Source: Sendable {
        var path: String
        /// What unknown keys are.
        var mode = ReadMode.strict
        /// What becomes of a site that cannot be served whole.
        var policy = FaultPolicy.refuse
        /// A file that changes is read without being asked.
        var isWatched = false
        /// Who has read and built what the gateway began with, and does so again.
        var maker: PlanMaker
    }

    nonisolated let loop: EventLoop
    nonisolated let source: Source
    let gateway: Gateway
    private var maker: PlanMaker { source.maker }
    private let output: DiagnosticsOutput
    let log: Logger
    private let notifier: ServiceNotifier?
    var present: ConfigurationInUse
    /// A rollback is under way, whose answers are not watched: a rollback that undid another would have no end.
    private var isRollingBack = false
    var answerWatch: RollbackMonitor?
    /// Is told when answers have had a reload undone: the hash of what was in use, and why.
    private(set) var rolledBack: (@Sendable (_ hash: String, _ reason: String) async -> Void)?
    /// Goes by the configuration in use; nil before the gateway serves.
    private var recorder: RecorderDumps?
    /// Why the history could not be kept the last time.
    var historyFailure: String?
    /// Returns when nothing that was asked for is left to be done.
    private var last: (@Sendable () async -> Void)?
    /// The process that has taken over; nil while this one serves.
    private(set) var successor: Int32?
    /// Is told when other files are in use.
    private var filesChanged: (@Sendable (LoadedPlan) async -> Void)?
    /// Waits until what the last one has left can be given back.
    private var tidying: Task<Void, Never>?
    /// When, in monotonic nanoseconds.
    private var tidyTime: UInt64 = 0
    /// The one that has not begun: who asks meanwhile gets its outcome.
    private var waiting: Task<Outcome, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - loop: whose thread runs, and is nobody else's.
    ///   - configuration: the one in use.
    ///   - texts: what it was read from.
    ///   - notifier: is told of each reload; nil if nobody wants to know.
    init(
        _ source: Source, _ gateway: Gateway, on loop: EventLoop, output: DiagnosticsOutput, log: Logger,
        configuration: Configuration, from texts: ConfigurationSource, notifier: ServiceNotifier?
    ) {
        self.source = source
        self.loop = loop
        self.gateway = gateway
        self.output = output
        self.log = log
        self.notifier = notifier
        present = ConfigurationInUse(configuration, from: texts)
    }

    /// - Parameter body: is called with what is in use when other files are in use than before.
    func onFilesChange(_ body: @escaping @Sendable (LoadedPlan) async -> Void) { filesChanged = body }

    /// - Parameter body: is called when a reload was undone, since answers have become worse.
    func onRollback(_ body: @escaping @Sendable (_ hash: String, _ reason: String) async -> Void) { rolledBack = body }

    /// - Parameter recorder: goes by whatever configuration is in use.
    func attach(_ recorder: RecorderDumps) { self.recorder = recorder }

    /// Reads the file anew, and uses what it says. One at a time: what the file says when this is called, or later, is what
    /// counts.
    func reload() async -> Outcome {
        if let waiting { return await waiting.value }
        let task = afterOthers { reloader in
            reloader.waiting = nil
            if let refusal = reloader.refuseWhileDraining() { return refusal }
            return await reloader.carryOut { reloader in
                let result = await reloader.read()
                // Of what is in the file: going back does not make it new.
                reloader.present.filesRead = result.source
                let outcome = await reloader.perform(result)
                // A file that is refused is the reason from now on, whatever was used in its place before.
                reloader.present.cause = nil
                return outcome
            }
        }
        waiting = task
        return await task.value
    }

    /// Uses another configuration than the file's, until the next reload.
    /// - Parameter cause: why, for who asks what is in use.
    func use(_ texts: ConfigurationSource, because cause: String) async -> Outcome {
        await afterOthers { reloader in await reloader.take(texts, because: cause) }.value
    }

    /// Uses another configuration in place of one whose answers are bad, unless that one is not in use any more when its turn
    /// comes: what an operator has brought into use meanwhile is not to blame.
    /// - Parameters:
    ///   - hash: of the one whose answers are bad.
    ///   - cause: why, for who asks what is in use.
    /// - Returns: nil if another one is in use by then: nothing has happened.
    func undo(_ hash: String, by texts: ConfigurationSource, because cause: String) async -> Outcome? {
        let task: Task<Outcome?, Never> = afterOthers { reloader in
            guard reloader.hashInUse == hash else { return nil }
            reloader.isRollingBack = true
            let outcome = await reloader.take(texts, because: cause)
            reloader.isRollingBack = false
            return outcome
        }
        return await task.value
    }

    private func take(_ texts: ConfigurationSource, because cause: String) async -> Outcome {
        await carryOut { reloader in
            let outcome = await reloader.perform(
                reloader.maker.read(texts, mode: reloader.source.mode, after: reloader.configuration))
            if case .done = outcome { reloader.present.cause = cause }
            return outcome
        }
    }

    // Each by itself: a configuration is large, and who asks for its hash need not copy it.

    var configuration: Configuration { present.configuration }
    var sourceInUse: ConfigurationSource { present.source }
    /// Of what the one in use was read from, by SHA-256.
    var hashInUse: String { present.hash }
    /// Why what is in use is not what the file said when it was read last; nil if it is.
    var deviation: String? { present.deviation }

    /// Another process may take the place of this one, while no reload is under way. Those that are asked for meanwhile wait: the
    /// other one may have read the file before it was changed.
    /// - Parameter body: has it do so.
    func betweenReloads(_ body: @escaping @Sendable () async -> Upgrader.Outcome) async -> Upgrader.Outcome {
        await afterOthers { reloader in
            let outcome = await body()
            if case .done(let successor, _) = outcome { reloader.successor = successor }
            return outcome
        }.value
    }

    private func afterOthers<Value: Sendable>(
        _ perform: @escaping @Sendable (isolated Reloader) async -> Value
    ) -> Task<Value, Never> {
        let previous = last
        // All of it on this thread: what goes to the runtime's own threads leaves small pieces there, and each of them keeps a
        // page of this thread's memory.
        let task = Task(executorPreference: loop) {
            await previous?()
            return await perform(self)
        }
        last = { _ = await task.value }
        return task
    }

    private func carryOut(_ perform: @Sendable (isolated Reloader) async -> Outcome) async -> Outcome {
        if let successor {
            let reason = "another process has taken this one's place: process \(successor) is to be asked"
            return refuse([configuration.problem(.error, at: "", reason)])
        }
        notifier?.reloading()
        // Else three are in memory while the next one is built, if reloads follow each other closely.
        gateway.releaseRetiredPlans()
        let outcome = await perform(self)
        await notifier?.reloaded(outcome)
        returnMemorySoon()
        return outcome
    }

    /// A configuration and its plan are many small pieces, which the allocator would keep for the next ones. Most of them are
    /// free when the listeners that are given up have closed.
    func returnMemorySoon() {
        tidyTime = loop.now &+ 1_000_000_000
        guard tidying == nil else { return }
        tidying = Task {
            let waiter = Waiter(loop: loop)
            while loop.now < tidyTime { _ = await waiter.wait(timeout: tidyTime - loop.now) }
            waiter.retire()
            tidying = nil
            let released = gateway.releaseRetiredPlans()
            ProcessMemory.returnUnused()
            log.debug(
                "former configurations have been taken apart",
                metadata: ["count": "\(released)", "held": "\(gateway.retiredPlanCount)"])
        }
    }

    /// What a reload would change, and whom that would touch; it changes nothing. Whether new listeners can be had is seen when
    /// they are opened.
    /// - Parameter candidate: in place of what the file says.
    func plan(_ candidate: Candidate? = nil) async -> PlanOutcome {
        let result: ReadResult
        if let candidate {
            let texts = ConfigurationSource(whole: candidate.text, file: candidate.file)
            result = await maker.read(texts, mode: source.mode, after: configuration)
        } else {
            result = await read()
        }
        let (loaded, problems) = await maker.build(result, after: gateway.currentPlan, policy: source.policy)
        guard let loaded else { return .refused(problems.filter { $0.severity != .note }) }
        let activity = await gateway.activity(beside: loaded.plan)
        return .done(
            ReloadPlan(
                from: configuration, to: loaded.configuration, activity, warnings: problems.filter { $0.severity == .warning }))
    }

    func read() async -> ReadResult { await maker.read(path: source.path, mode: source.mode, after: configuration) }

    private func perform(_ result: ReadResult) async -> Outcome {
        let inUse = gateway.currentPlan
        let (loaded, problems) = await maker.build(result, after: inUse, policy: source.policy)
        guard let loaded else { return refuse(problems) }
        let logs: Logs
        do {
            // Last, since it may create files; but before the listeners, which clients see.
            logs = try Logs(of: loaded.configuration, workers: inUse.workerCount, after: output.logs)
            await answerWatch?.reloadBegins()
            try await gateway.adopt(loaded.plan, logs: logs)
        } catch let error as ListenError {
            return refuse([error.problem(in: loaded.configuration)])
        } catch {
            return refuse([loaded.configuration.problem(.error, at: "", "\(error)")])
        }
        let changes = ConfigurationChanges(from: configuration, to: loaded.configuration)
        let warnings = problems.filter { $0.severity != .note } + whatWaits(changes, in: loaded.configuration)
        for problem in warnings { report(problem) }
        let faultLog = SiteFaultLog(log)
        faultLog.report(loaded.plan.faults)
        let restored = faultLog.restored(in: loaded, after: inUse)
        output.change(to: logs, level: loaded.configuration.logging.level)
        FileLimit.share(with: gateway, for: loaded, log)
        present.replace(with: loaded.configuration)
        remember(loaded.source)
        await answerWatch?.reloaded(loaded.configuration.admin.rollbackOn, isRollingBack ? .never : .forAWhile)
        await recorder?.use(loaded.configuration)
        await filesChanged?(loaded)
        let generations = Set(await gateway.generations.joined())
        let done = Done(
            changes: changes, restored: restored, generation: generations.max() ?? 0,
            olderInUse: max(0, generations.count - 1), warnings: warnings)
        log.notice(
            "reloaded",
            metadata: [
                "changes": "\(changes.summary)", "generation": "\(done.generation)", "older_in_use": "\(done.olderInUse)",
            ])
        return .done(done)
    }
}
