/// `[sites.proxy.timeout]` in nanoseconds.
struct ProxyTimeoutPlan: Sendable {
    var firstByte: UInt64
    var read: UInt64
    var write: UInt64
}
