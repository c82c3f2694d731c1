/// A moving average of answer times that jumps up to a slow answer at once and forgets it slowly: a server that has just become
/// slow is avoided before it has many requests waiting.
///
/// It packs into one word, so that workers can replace it with one atomic operation. Units: microseconds, and a clock in
/// milliseconds that may wrap.
struct PeakEWMA: Equatable {
    /// Microseconds; 0 before the first answer.
    private(set) var average: Float
    private var stamp: UInt32

    /// Nanoseconds in which a difference shrinks to 1/e of itself.
    static let decay: UInt64 = 10_000_000_000

    init() {
        average = 0
        stamp = 0
    }

    init(word: UInt64) {
        average = Float(bitPattern: UInt32(truncatingIfNeeded: word))
        stamp = UInt32(truncatingIfNeeded: word &>> 32)
    }

    var word: UInt64 { UInt64(stamp) &<< 32 | UInt64(average.bitPattern) }

    /// Takes one answer in.
    /// - Parameters:
    ///   - duration: of the answer, in nanoseconds.
    ///   - now: monotonic nanoseconds.
    func adding(_ duration: UInt64, now: UInt64) -> PeakEWMA {
        let sample = Float(duration / 1000)
        let clock = UInt32(truncatingIfNeeded: now / 1_000_000)
        var next = self
        next.stamp = clock
        if stamp == 0 || sample >= average {
            next.average = sample
            return next
        }
        let keep = Self.share(kept: UInt64(clock &- stamp) &* 1_000_000)
        next.average = average * keep + sample * (1 - keep)
        return next
    }

    /// Was the newest answer later than this? To the millisecond, and of the last three weeks.
    /// - Parameter time: monotonic nanoseconds.
    func hasAnswered(since time: UInt64) -> Bool {
        stamp != 0 && Int32(bitPattern: stamp &- UInt32(truncatingIfNeeded: time / 1_000_000)) > 0
    }

    /// 1 / (1 + x + x²/2): as e^-x for small x, never negative, and no call into a library.
    private static func share(kept elapsed: UInt64) -> Float {
        // At least a hundredth goes each time: answers within one millisecond would never lower the average.
        let x = max(0.01, Float(elapsed) / Float(decay))
        return 1 / (1 + x + x * x / 2)
    }
}
