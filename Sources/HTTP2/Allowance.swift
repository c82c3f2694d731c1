/// How much of something that costs us and brings a peer nothing a connection may do: so much at once, and so much a second on
/// the long run.
package struct Allowance: Sendable {
    private let most: Int
    private var left: Int
    /// Monotonic nanoseconds at which `left` was right.
    private var since: UInt64
    /// Nanoseconds in which one more is earned.
    private let interval: UInt64

    /// - Parameters:
    ///   - most: at once, at least 1.
    ///   - seconds: in which as many are earned again.
    package init(_ most: Int, per seconds: UInt64, now: UInt64) {
        self.most = most
        left = most
        since = now
        interval = max(1, seconds &* 1_000_000_000 / UInt64(max(1, most)))
    }

    /// Takes one.
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: false if there is none left.
    package mutating func take(now: UInt64) -> Bool {
        if left < most {
            let earned = Int(clamping: (now &- since) / interval)
            if earned > 0 {
                left = min(most, left + min(earned, most))
                since = left == most ? now : since &+ UInt64(earned) &* interval
            }
        } else {
            since = now
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    /// Something useful was done, which goes with so many of these. They are kept until they are taken, since they may come long
    /// after it and many at once: of ten thousand answers that are sent together each is acknowledged.
    package mutating func add(_ count: Int) { left = max(left, min(most + Self.maxAdded, left + count)) }

    private static let maxAdded = 100_000
}
