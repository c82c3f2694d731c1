/// Whether a worker drains, and what follows from it for those who are still there. It knows times alone, no connection.
struct Drain {
    /// Since when, in monotonic nanoseconds; nil: the worker does not drain.
    private var start: UInt64?

    /// Nanoseconds in which a client that has asked for nothing yet may still ask.
    private static let grace: UInt64 = 1_000_000_000
    /// Nanoseconds for each connection, in which its tunnels have their turn to be closed.
    private static let pause: UInt64 = 1_000_000

    var hasBegun: Bool { start != nil }

    /// From now on the worker drains; if it does already, since when it does stays.
    /// - Parameter now: monotonic nanoseconds.
    mutating func begin(now: UInt64) {
        if start == nil { start = now }
    }

    /// Until when a client that has asked for nothing yet may ask, in monotonic nanoseconds: a second, in a drain. Its request
    /// may be on its way, however long ago it came.
    /// - Parameter arrival: when its connection was ready for a request.
    /// - Returns: `UInt64.max` outside a drain.
    func arrivalDeadline(of arrival: UInt64) -> UInt64 {
        guard let start else { return .max }
        return max(arrival, start) &+ Self.grace
    }

    /// The longest that a tunnel waits for its turn to be closed, in nanoseconds. Their clients all come back at once, so they
    /// are sent away one by one: a thousand in a second, within half of the drain's time.
    /// - Parameters:
    ///   - connections: how many the worker has.
    ///   - timeout: of the drain.
    static func spread(over connections: Int, within timeout: UInt64) -> UInt64 {
        min(UInt64(connections) * pause, timeout / 2)
    }
}
