import Configuration
import Gateway

/// The answers of the last while, looked at several times: what a condition on their failures is held against.
struct AnswerWindow {
    /// One for each look, of the last duration of the rule at most.
    private var counts: [AnswerCounts] = []

    /// A duration is looked at so many times.
    static let looksPerDuration = 10
    /// Fewer answers than this say nothing.
    private static let minAnswers = 20

    /// - Parameter now: all answers until now; what came before does not count.
    init(from now: AnswerCounts) {
        counts = [now]
    }

    /// All that came while it was looked at.
    mutating func look(_ now: AnswerCounts) {
        counts.append(now)
        if counts.count > Self.looksPerDuration + 1 { counts.removeFirst() }
    }

    /// What has come until now.
    func since(_ now: AnswerCounts) -> AnswerCounts { counts.first.map { now.since($0) } ?? AnswerCounts() }

    /// The answers of a whole duration that break the rule; nil if they do not, or are too few to tell.
    func failing(_ rule: FailureShare) -> AnswerCounts? {
        guard counts.count > Self.looksPerDuration, let last = counts.last else { return nil }
        let recent = since(last)
        return recent.all >= Self.minAnswers && recent.failurePercent > rule.percent ? recent : nil
    }
}
