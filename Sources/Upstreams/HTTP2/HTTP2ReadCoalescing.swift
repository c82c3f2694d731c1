/// How much of what a server sends is awaited before it is read.
///
/// A server writes its answers one by one, also those to requests that came together. Whoever reads each as it comes pays a wait
/// and a read for it, and passes it on by itself, so that the next requests come one by one, too. Where many exchanges are under
/// way on a connection and answers come one right after the other, the kernel tells of several at a time.
///
/// Then requests come one right after the other, too, each of another client, so that no socket can gather them: the loop pauses
/// before it looks at any. What came meanwhile leaves in one record, for one wait. A loop with work at hand does not pause.
///
/// How many that may be is found out: when the time is over before there is as much, half of it is awaited the next time, and
/// with each success somewhat more.
struct HTTP2ReadCoalescing {
    /// Bytes of which the kernel tells; 1: of any.
    private(set) var lowWater = 1
    /// When what has come is read, even if it is less, in monotonic nanoseconds.
    private(set) var end: UInt64 = 0
    private var wanted = Self.minBytes
    /// When anything was last read.
    private var readAt: UInt64 = 0

    var isOn: Bool { lowWater > 1 }

    /// Fewer exchanges have little to gather, and each waits for the others.
    static let minExchanges = 8
    /// The bounds of the bytes that are awaited at a time.
    static let minBytes = 256
    static let maxBytes = 4_096
    private static let growth = 64
    /// Bytes per exchange: an answer has more than twice as many, so that half of them will do.
    private static let bytesPerExchange = 32
    /// Nanoseconds: between two reads at most for the server to be a quick one, and awaited for each exchange, and at all.
    static let quick: UInt64 = 50_000
    static let timePerExchange: UInt64 = 3_000
    static let maxTime: UInt64 = 250_000
    /// Nanoseconds: of a pause for each exchange, and at all, since all that the worker has waits with them.
    static let pausePerExchange: UInt64 = 6_000
    static let maxPause: UInt64 = 100_000

    /// What there was has been read.
    /// - Parameters:
    ///   - bytes: how much that was; 0 if there was nothing, or if nobody has looked.
    ///   - exchanges: how many are under way on the connection.
    ///   - now: monotonic nanoseconds.
    mutating func didRead(_ bytes: Int, exchanges: Int, now: UInt64) {
        let isLate = isOn && now >= end
        if isOn, bytes >= lowWater {
            wanted = min(Self.maxBytes, wanted + Self.growth)
        } else if isLate {
            wanted = max(Self.minBytes, wanted / 2)
        }
        // What woke it was something else.
        if bytes == 0, isOn, !isLate, exchanges >= Self.minExchanges { return }
        let isQuick = bytes > 0 && (isOn || now &- readAt < Self.quick)
        if bytes > 0 { readAt = now }
        guard isQuick, exchanges >= Self.minExchanges else { return lowWater = 1 }
        lowWater = min(wanted, exchanges * Self.bytesPerExchange)
        end = now &+ min(Self.maxTime, UInt64(exchanges) * Self.timePerExchange)
    }

    /// Until when the loop may pause, in monotonic nanoseconds; nil: not at all.
    func pause(exchanges: Int, now: UInt64) -> UInt64? {
        guard isOn, exchanges >= Self.minExchanges else { return nil }
        return now &+ min(Self.maxPause, UInt64(exchanges) * Self.pausePerExchange)
    }
}
