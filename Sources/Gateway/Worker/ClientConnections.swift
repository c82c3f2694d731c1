import Transport

/// A worker's open connections of clients.
final class ClientConnections {
    private let counts: ClientCounts
    private var entries: [ObjectIdentifier: (connection: ClientConnection, count: ClientCounts.Entry)] = [:]
    private let longestIdle = LongestIdle()
    private var lastNumber: UInt64 = 0

    /// - Parameter counts: of all workers; who is removed here is counted out there.
    init(counts: ClientCounts) {
        self.counts = counts
    }

    var count: Int { entries.count }
    var identifiers: [ObjectIdentifier] { Array(entries.keys) }
    var all: some Sequence<ClientConnection> { entries.values.lazy.map(\.connection) }

    subscript(_ identifier: ObjectIdentifier) -> ClientConnection? { entries[identifier]?.connection }

    /// The connection with this number; nil if it is gone.
    subscript(number number: UInt64) -> ClientConnection? { all.first { $0.number == number } }

    /// A number for a connection that begins: none has had it before.
    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// - Parameter count: where it has been counted in.
    func add(_ connection: ClientConnection, _ count: ClientCounts.Entry) {
        entries[ObjectIdentifier(connection)] = (connection, count)
    }

    func remove(_ connection: ClientConnection) {
        if let (_, count) = entries.removeValue(forKey: ObjectIdentifier(connection)) { counts.leave(count) }
    }

    /// Counts a connection among those of another client, whom its peer speaks for.
    /// - Parameter limit: how many connections a client may have.
    /// - Returns: false if that one has as many as it may; it is not counted then.
    func recount(_ connection: ClientConnection, as client: SocketAddress, atMost limit: Int) -> Bool {
        let identifier = ObjectIdentifier(connection)
        guard let entry = entries[identifier], let count = counts.enter(client, atMost: limit) else { return false }
        counts.leave(entry.count)
        entries[identifier] = (connection, count)
        return true
    }

    /// Closes the connection that has been idle between two requests for the longest time.
    /// - Returns: false if there is none.
    func closeLongestIdle() -> Bool {
        guard let connection = longestIdle.next(among: all, lookUp: { self[$0] }) else { return false }
        connection.evict()
        return true
    }
}
