/// The idle connections of a pool: which of them is lent, and which have been kept for too long. A value that knows no socket
/// and no clock: who asks says what time it is, and does with the connections what is returned.
struct IdleConnections<Connection> {
    private struct Entry {
        let connection: Connection
        /// When it was put in, in monotonic nanoseconds.
        let since: UInt64
        /// When it becomes too old, in monotonic nanoseconds.
        let end: UInt64
    }

    /// The oldest first.
    private var entries: [Entry] = []
    private let maxConnections: Int
    private let timeout: UInt64

    /// - Parameters:
    ///   - maxConnections: connections that are kept.
    ///   - timeout: nanoseconds for which one is kept.
    init(maxConnections: Int, timeout: UInt64) {
        self.maxConnections = maxConnections
        self.timeout = timeout
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Keeps a connection.
    /// - Parameter limit: nanoseconds after which its upstream closes it.
    /// - Returns: false if there is no room: it is to be closed.
    mutating func put(_ connection: Connection, limit: UInt64 = .max, now: UInt64) -> Bool {
        guard entries.count < maxConnections else { return false }
        let (end, overflows) = now.addingReportingOverflow(min(timeout, limit))
        entries.append(Entry(connection: connection, since: now, end: overflows ? .max : end))
        return true
    }

    /// Takes out the newest, which is the likeliest to be usable.
    /// - Returns: nil when there is none; `isExpired` when it is only to be closed.
    mutating func takeNewest(now: UInt64) -> (connection: Connection, isExpired: Bool)? {
        entries.popLast().map { ($0.connection, now > $0.end) }
    }

    /// Takes out the newest of those that suit.
    /// - Parameter age: nanoseconds; who has been idle for as long does not suit.
    /// - Returns: nil when there is none; else with the nanoseconds for which it has been idle.
    mutating func takeNewest(
        now: UInt64, youngerThan age: UInt64, where suits: (Connection) -> Bool
    ) -> (connection: Connection, isExpired: Bool, age: UInt64)? {
        guard let index = entries.lastIndex(where: { suits($0.connection) }), now &- entries[index].since < age else {
            return nil
        }
        let entry = entries.remove(at: index)
        return (entry.connection, now > entry.end, now &- entry.since)
    }

    /// The nanoseconds for which the oldest has been idle; nil when there is none.
    func oldestAge(now: UInt64) -> UInt64? { entries.first.map { now &- $0.since } }

    /// Takes out those that are too old or not clean any more: they are to be closed.
    /// - Returns: with the nanoseconds for which each has been idle.
    mutating func takeStale(now: UInt64, isClean: (Connection) -> Bool) -> [(connection: Connection, age: UInt64)] {
        func isStale(_ entry: Entry) -> Bool { now > entry.end || !isClean(entry.connection) }
        guard entries.contains(where: isStale) else { return [] }
        let stale = entries.filter(isStale).map { ($0.connection, now &- $0.since) }
        entries.removeAll(where: isStale)
        return stale
    }

    /// Takes out all.
    mutating func takeAll() -> [Connection] {
        let all = entries.map(\.connection)
        entries = []
        return all
    }
}
