/// The window of a stream for what its peer sends on it (RFC 9113 §6.9): credited when the exchange takes what has come, and
/// grown where it, and not the exchange, holds the peer back.
struct HTTP2StreamReceiveWindow {
    /// Bytes that the peer may send in all before it is credited.
    private var size = 0
    /// Bytes by which `size` has grown with use.
    private(set) var growth = 0
    /// Bytes that it may send now.
    private var left = 0
    /// Bytes taken that it has not been credited for.
    private var uncredited = 0
    /// When it was last credited, or opened, in monotonic nanoseconds.
    private var creditedAt: UInt64 = 0

    /// A stream begins.
    mutating func open(_ size: Int, now: UInt64) {
        self.size = size
        growth = 0
        left = size
        uncredited = 0
        creditedAt = now
    }

    /// A DATA frame begins.
    /// - Parameter count: of its payload, with its padding.
    /// - Returns: false if the peer has sent more than it may.
    mutating func charge(_ count: Int) -> Bool {
        left -= count
        return left >= 0
    }

    /// So many bytes have been taken, or will never be.
    /// - Returns: is so much to be credited that the peer should be told?
    mutating func take(_ count: Int) -> Bool {
        uncredited += count
        return uncredited >= size / 2
    }

    /// By how many bytes it should grow before it is credited; 0 while it is large enough.
    func wantedGrowth(now: UInt64) -> Int {
        // Half a window within a round trip or so: the window is what holds the peer back, and not us. Four times as much, since
        // TCP itself sends up to three times as much in each round trip, and must not wait for us.
        now &- creditedAt < Self.roundTrip ? 3 * size : 0
    }

    mutating func grow(by granted: Int) {
        size += granted
        growth += granted
        uncredited += granted
    }

    /// The peer is credited for all that was taken.
    /// - Returns: how many bytes that are.
    mutating func credit(now: UInt64) -> Int {
        let count = uncredited
        uncredited = 0
        left += count
        creditedAt = now
        return count
    }

    /// Nanoseconds; longer than most round trips.
    private static let roundTrip: UInt64 = 200_000_000
}
