/// Since when the peer takes hardly anything of what a stream has for it. Whoever opens its windows by a byte now and then holds
/// a stream, and an upstream, as one that opens them not at all.
struct HTTP2Stall {
    /// Since when it has taken less than `minBytes` of what it could have, in monotonic nanoseconds; nil while it takes all that
    /// there is.
    private(set) var since: UInt64?
    /// What had been handed over by then.
    private var handedOverBefore: UInt64 = 0

    /// So many bytes at least make a difference.
    static let minBytes: UInt64 = 4096

    /// There was more than the peer has taken.
    /// - Parameter handedOver: bytes of the stream that it has taken in all.
    mutating func wasBlocked(handedOver: UInt64, at now: UInt64) {
        guard since == nil || handedOver - handedOverBefore >= Self.minBytes else { return }
        since = now
        handedOverBefore = handedOver
    }

    /// The peer has taken all that there was, and would take more.
    mutating func tookAll() { since = nil }
}
