/// When a responder is asked again.
package struct StapleSchedule: Sendable, Equatable {
    /// Seconds since 1970.
    package private(set) var next: Int64
    package private(set) var failures = 0

    /// Responders are asked once a day at least: what they say may have changed long before it expires. Seconds.
    private static let maxInterval: Int64 = 86_400
    private static let minInterval: Int64 = 10
    /// The longest pause after an answer that is past its renewal already: the next one may be there at any time.
    private static let maxPauseForNewer: Int64 = 3600
    /// After a failure: this long, and then twice as long each time, up to an hour.
    private static let firstRetryPause: Int64 = 15
    private static let maxRetryPause: Int64 = 3600

    /// - Parameters:
    ///   - kept: the answer that is there at the start; nil: it is asked for at once.
    ///   - chance: from 0 to 1, so that not everybody asks at one time.
    package init(now: Int64, kept: OCSPStaple.Lifetime?, chance: Double) {
        next = kept.map { Self.renewal(of: $0, now, chance) } ?? now
    }

    /// A good answer has come. Responders make them ahead, for days: one that is past its renewal already is the newest that
    /// there is, and whoever asks at once gets it again.
    package mutating func succeeded(_ answer: OCSPStaple.Lifetime, now: Int64, chance: Double) {
        failures = 0
        let rest = max(0, answer.until - now)
        next = max(Self.renewal(of: answer, now, chance), now + min(Self.maxPauseForNewer, rest / 4))
    }

    /// There was none, or one that is not used.
    package mutating func failed(now: Int64, chance: Double) {
        let wait = min(Self.maxRetryPause, Self.firstRetryPause << Int64(min(failures, 10)))
        failures += 1
        // Up to a fifth more.
        next = now + wait + Int64(Double(wait) * 0.2 * chance)
    }

    /// At 40 to 60 hundredths of its time.
    private static func renewal(of answer: OCSPStaple.Lifetime, _ now: Int64, _ chance: Double) -> Int64 {
        let whole = max(0, min(answer.until - answer.from, 2 * maxInterval))
        return max(now + minInterval, min(answer.from, now) + Int64(Double(whole) * (0.4 + 0.2 * chance)))
    }
}
