/// A token bucket: how much of something that costs us and brings a peer nothing a connection may do. So much at once,
/// and so much a second on the long run.
package struct TokenBucket: Sendable {
    private let capacity: Int
    private var tokens: Int
    /// Monotonic nanoseconds at which `tokens` was right.
    private var since: UInt64
    /// Nanoseconds in which one more is earned.
    private let interval: UInt64

    /// - Parameters:
    ///   - capacity: at once, at least 1.
    ///   - seconds: in which as many are earned again.
    package init(_ capacity: Int, per seconds: UInt64, now: UInt64) {
        self.capacity = capacity
        tokens = capacity
        since = now
        interval = max(1, seconds &* 1_000_000_000 / UInt64(max(1, capacity)))
    }

    /// Takes one.
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: false if there is none left.
    package mutating func take(now: UInt64) -> Bool {
        if tokens < capacity {
            let earned = Int(clamping: (now &- since) / interval)
            if earned > 0 {
                tokens = min(capacity, tokens + min(earned, capacity))
                since = tokens == capacity ? now : since &+ UInt64(earned) &* interval
            }
        } else {
            since = now
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }

    /// Something useful was done, which goes with so many of these. They are kept until they are taken, since they may come long
    /// after it and many at once: of ten thousand answers that are sent together each is acknowledged.
    package mutating func add(_ count: Int) { tokens = max(tokens, min(capacity + Self.maxAdded, tokens + count)) }

    private static let maxAdded = 100_000
}
