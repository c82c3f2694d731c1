/// The right to use an upstream connection for one exchange.
///
/// Giving it back parks the connection for the next exchange; dropping a lease in any other way, by an error or by forgetting,
/// closes the connection.
package struct Lease: ~Copyable {
    private var held: UpstreamConnection?
    private let pool: Pool

    init(_ connection: UpstreamConnection, from pool: Pool) {
        held = connection
        self.pool = pool
        pool.server.begin()
    }

    /// The connection; it must not be kept beyond the lease.
    package var connection: UpstreamConnection {
        guard let held else { preconditionFailure("a lease ends when it is given back") }
        return held
    }

    /// Parks the connection if it is clean, else closes it.
    package consuming func giveBack() {
        guard let connection = held.take() else { return }
        pool.server.end()
        pool.park(connection)
    }

    deinit {
        guard let held else { return }
        pool.server.end()
        held.close()
    }
}
