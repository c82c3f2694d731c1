/// The right to use an upstream connection for one exchange.
///
/// Giving it back parks the connection for the next exchange; dropping a lease in any other way, by an error or by forgetting,
/// closes the connection. Either way the server has one exchange less under way.
package struct Lease: ~Copyable {
    private var held: UpstreamConnection?
    private let pool: Pool

    init(_ connection: UpstreamConnection, from pool: Pool) {
        held = connection
        self.pool = pool
    }

    /// The connection; it must not be kept beyond the lease.
    package var connection: UpstreamConnection {
        guard let held else { preconditionFailure("a lease ends when it is given back") }
        return held
    }

    /// Parks the connection if it is clean, else closes it.
    package consuming func giveBack() {
        guard let connection = held.take() else { return }
        pool.park(connection)
        pool.leaseEnded()
    }

    deinit {
        guard let held else { return }
        held.close()
        pool.leaseEnded()
    }
}
