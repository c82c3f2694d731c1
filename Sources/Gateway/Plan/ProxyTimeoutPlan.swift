import Configuration

/// `[sites.proxy.timeout]` in nanoseconds.
struct ProxyTimeoutPlan: Sendable {
    var firstByte: UInt64
    /// What decided `firstByte`, for the log.
    var firstByteKey: ProxyTimeouts.FirstByteKey
    var read: UInt64
    /// In place of `read`, for a stream of events.
    var streamIdle: UInt64
    var write: UInt64

    init(_ timeouts: ProxyTimeouts) {
        firstByte = (timeouts.firstByte ?? timeouts.read).nanoseconds
        firstByteKey = timeouts.firstByteKey
        read = timeouts.read.nanoseconds
        streamIdle = timeouts.streamIdle.nanoseconds
        write = timeouts.write.nanoseconds
    }
}
