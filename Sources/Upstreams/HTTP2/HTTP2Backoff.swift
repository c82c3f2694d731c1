/// Until when nothing is sent to a server that has said ENHANCE_YOUR_CALM (RFC 9113 §7): for a second, and twice as long each
/// time it says so again before a minute of peace.
struct HTTP2Backoff {
    /// In monotonic nanoseconds; 0: it has never said so.
    private(set) var until: UInt64 = 0
    /// Nanoseconds of the next one.
    private var time = Self.minTime

    private static let minTime: UInt64 = 1_000_000_000
    private static let maxTime: UInt64 = 30_000_000_000
    private static let peace: UInt64 = 60_000_000_000

    func isOn(at now: UInt64) -> Bool { now < until }

    /// The server has said it.
    /// - Returns: false if that was said of what was sent before the backoff under way.
    mutating func begin(at now: UInt64) -> Bool {
        guard !isOn(at: now) else { return false }
        if now &- until > Self.peace { time = Self.minTime }
        until = now &+ time
        time = min(2 * time, Self.maxTime)
        return true
    }
}
