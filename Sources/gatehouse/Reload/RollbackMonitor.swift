import Configuration
import EventLoop
import Gateway

/// Counts answers, and tells when a reload has made them worse (`rollback_on`).
actor RollbackMonitor {
    private nonisolated let loop: EventLoop
    private let gateway: Gateway
    private let onRegression: @Sendable (_ reason: String) async -> Void
    private var rule: FailureShare?
    private var task: Task<Void, Never>?
    /// Since the last reload at most; nil before the first.
    private var window: AnswerWindow?
    /// All answers before a reload that is under way, and the share of failures among the latest of them.
    private var before: (answers: AnswerCounts, failurePercent: Double)?
    /// Looks that are still to be taken because of the last reload.
    private var looksLeft = 0

    /// A reload is watched for so many durations.
    private static let watchedDurations = 10
    /// No reload is watched for longer: the looks of a year.
    private static let maxLooks = 315_360_000

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// For how long a reload may be undone.
    enum Watch {
        case never
        /// A few of the rule's durations, and not at all where answers were bad before.
        case forAWhile
        /// Until the next reload, whatever answers were before.
        case toTheNext
    }

    /// - Parameters:
    ///   - loop: whose thread runs.
    ///   - onRegression: is called once for a reload that has made answers worse.
    init(_ gateway: Gateway, on loop: EventLoop, onRegression: @escaping @Sendable (_ reason: String) async -> Void) {
        self.gateway = gateway
        self.loop = loop
        self.onRegression = onRegression
    }

    deinit { task?.cancel() }

    /// Another configuration is about to come into use: answers from now on may be its fault.
    func reloadBegins() async {
        let now = await gateway.answers
        before = (now, window?.since(now).failurePercent ?? 0)
    }

    /// Another configuration has come into use.
    /// - Parameters:
    ///   - next: its rule; nil: it has none.
    ///   - watch: for how long it may be undone.
    func reloaded(_ next: FailureShare?, _ watch: Watch) async {
        if before == nil { await reloadBegins() }
        guard let before = before.take() else { return }
        // Where answers were that bad before, the reload is not to blame.
        let wasBad = next.map { before.failurePercent > $0.percent } ?? false
        window = AnswerWindow(from: before.answers)
        looksLeft =
            switch watch {
            case .never: 0
            case .forAWhile: wasBad ? 0 : AnswerWindow.looksPerDuration * Self.watchedDurations
            case .toTheNext: Self.maxLooks
            }
        guard next != rule else { return }
        rule = next
        task?.cancel()
        task = next.map { rule in
            Task { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: rule.duration / AnswerWindow.looksPerDuration)
                    await self?.look(rule)
                }
            }
        }
    }

    private func look(_ rule: FailureShare) async {
        guard rule == self.rule, !Task.isCancelled else { return }
        let now = await gateway.answers
        window?.look(now)
        guard looksLeft > 0 else { return }
        looksLeft -= 1
        guard let recent = window?.failing(rule) else { return }
        looksLeft = 0
        // Not in this task: going back ends it if the rule goes, too.
        Task { [onRegression] in await onRegression("\(recent.failures) of \(recent.all) answers are 5xx") }
    }
}
