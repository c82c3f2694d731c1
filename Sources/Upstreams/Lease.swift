/// The right to one exchange over an upstream connection: to one stream of it, where it carries several.
///
/// Giving it back keeps the connection for the next exchange; dropping a lease in any other way, by an error or by forgetting,
/// cancels the exchange: an HTTP/1 connection is closed. Either way the server has one exchange less under way.
package struct Lease: ~Copyable {
    private var held: (any UpstreamSide)?
    let pool: Pool
    /// Was a connection made for it?
    package let isNew: Bool

    init(_ side: any UpstreamSide, from pool: Pool, isNew: Bool = false) {
        held = side
        self.pool = pool
        self.isNew = isNew
    }

    /// The exchange's side of the connection; it must not be kept beyond the lease.
    package var side: any UpstreamSide {
        guard let held else { preconditionFailure("a lease ends when it is given back") }
        return held
    }

    /// The exchange has come to its end.
    package consuming func release() {
        guard let side = held.take() else { return }
        side.release(to: pool)
        pool.leaseEnded()
    }

    deinit {
        guard let held else { return }
        held.cancel()
        pool.leaseEnded()
    }
}
