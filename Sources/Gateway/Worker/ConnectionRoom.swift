import EventLoop

/// Room for clients' connections. It is all workers' together; who waits for it is of this worker.
final class ConnectionRoom {
    private let shared: ProcessCounters
    /// Of listeners that have paused: told when a connection has ended.
    private var paused: [Waiter] = []

    init(_ shared: ProcessCounters) {
        self.shared = shared
    }

    /// Takes room for one connection more. False when there is none.
    /// - Parameter limit: the plan's, as below.
    func reserve(atMost limit: Int) -> Bool { shared.reserve(atMost: limit) }

    /// Gives back what was reserved and then not used, by who would otherwise wait for it: nobody is told.
    func cancelReservation() { shared.release() }

    /// What limits the connections, in words.
    func nameOfLimit(atMost limit: Int) -> String { isShort(of: limit) ? "the limit on open files" : "max_connections" }

    /// Counts that accepting pauses.
    /// - Returns: what has been reached, and how often.
    func countPause(atMost limit: Int) -> (limit: String, count: Int) {
        (nameOfLimit(atMost: limit), isShort(of: limit) ? shared.countShortage() : shared.countPause())
    }

    /// Notifies the waiter of a listener when there may be room for another connection.
    func pause(_ waiter: Waiter) {
        if !paused.contains(where: { $0 === waiter }) { paused.append(waiter) }
    }

    /// A connection has ended.
    func release() {
        shared.release()
        while let waiter = paused.popLast() { waiter.notify() }
    }

    /// Are there fewer descriptors than the plan allows connections?
    private func isShort(of limit: Int) -> Bool { shared.connectionCeiling < limit }
}
