import HTTP2

/// Priorities that came before their streams, RFC 9218 §7.1: the latest of each stream, until it is opened.
final class HTTP2EarlyPriorities {
    private var priorities: [UInt32: Priority] = [:]

    /// Keeps the priority of a stream that is idle.
    /// - Parameter limit: of streams that are kept so.
    /// - Returns: false if it would be one too many.
    func keep(_ priority: Priority, of stream: UInt32, limit: Int) -> Bool {
        if priorities[stream] == nil, priorities.count >= limit { return false }
        priorities[stream] = priority
        return true
    }

    /// The stream is opened, and with it those of lower numbers are idle no longer (RFC 9113 §5.1.1).
    /// - Returns: what was kept for it.
    func take(of stream: UInt32) -> Priority? {
        guard !priorities.isEmpty else { return nil }
        let priority = priorities[stream]
        priorities = priorities.filter { $0.key > stream }
        return priority
    }
}
