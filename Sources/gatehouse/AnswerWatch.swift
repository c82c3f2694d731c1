import Configuration
import Gateway

/// Counts answers, and tells when a reload has made them worse (`rollback_on`).
actor AnswerWatch {
    private let gateway: Gateway
    private let tell: @Sendable (_ reason: String) async -> Void
    private var rule: Admin.RollbackRule?
    private var task: Task<Void, Never>?
    /// One for each look, of the last duration of the rule; since the last reload at most.
    private var counts: [AnswerCounts] = []
    /// Looks that are still to be taken because of the last reload.
    private var looksLeft = 0

    /// A duration is looked at so many times.
    private static let looksPerDuration = 10
    /// A reload is watched for so many durations.
    private static let watchedDurations = 10
    /// Fewer answers than this say nothing.
    private static let fewestAnswers = 20

    /// - Parameter tell: is called once for a reload that has made answers worse.
    init(_ gateway: Gateway, tell: @escaping @Sendable (_ reason: String) async -> Void) {
        self.gateway = gateway
        self.tell = tell
    }

    deinit { task?.cancel() }

    /// Another configuration has come into use.
    /// - Parameters:
    ///   - next: its rule; nil: it has none.
    ///   - isWatched: whether it may be undone.
    func reloaded(_ next: Admin.RollbackRule?, isWatched: Bool) async {
        let now = await gateway.answers
        // Where answers were that bad before, the reload is not to blame.
        let wasBad =
            if let rule = next, let first = counts.first { now.since(first).failurePercent > rule.percent } else { false }
        counts = [now]
        looksLeft = isWatched && !wasBad ? Self.looksPerDuration * Self.watchedDurations : 0
        guard next != rule else { return }
        rule = next
        task?.cancel()
        task = next.map { rule in
            Task { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: rule.duration / Self.looksPerDuration)
                    await self?.look(rule)
                }
            }
        }
    }

    private func look(_ rule: Admin.RollbackRule) async {
        guard rule == self.rule, !Task.isCancelled else { return }
        counts.append(await gateway.answers)
        if counts.count > Self.looksPerDuration + 1 { counts.removeFirst() }
        guard looksLeft > 0 else { return }
        looksLeft -= 1
        guard counts.count > Self.looksPerDuration, let first = counts.first, let last = counts.last else { return }
        let recent = last.since(first)
        guard recent.all >= Self.fewestAnswers, recent.failurePercent > rule.percent else { return }
        looksLeft = 0
        // Not in this task: going back ends it if the rule goes, too.
        Task { [tell] in await tell("\(recent.failures) of \(recent.all) answers are 5xx") }
    }
}
