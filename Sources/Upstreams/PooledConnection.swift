import EventLoop
import Transport

/// A connection that leads to one of its server's addresses.
protocol AddressedConnection: AnyObject {
    /// Where it leads; nil if its server has no name that could lead elsewhere one day.
    var address: SocketAddress? { get }
    /// The version of the server's addresses at which `address` was one of them.
    var addressVersion: Int { get set }
}

/// A connection to an upstream as its pool knows it while it is idle.
protocol PooledConnection: AddressedConnection {
    /// May it carry another exchange?
    var isClean: Bool { get }
    /// How long the upstream keeps it when it is idle, by its own words, in nanoseconds.
    var keepAliveLimit: UInt64 { get }
    /// Has the peer closed it?
    var hasEnded: Bool { get }
    /// Asks the kernel whether the peer has sent anything, or its FIN, since: one system call.
    func peerHasSpoken() -> Bool
    /// Has the connection wait for its next exchange.
    /// - Parameter waiter: is woken when the peer closes it or speaks out of turn.
    func park(watchedBy waiter: Waiter)
    /// Takes the connection for an exchange again, and returns the side for it.
    func unpark() -> any UpstreamSide
    func close()
}
