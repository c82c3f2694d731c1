import Synchronization

/// Keys for session tickets that other gateways have, too, and that are replaced while they are in use.
package final class SharedTicketKeys: Sendable {
    /// The keys in the form of `TicketKeyFile`; empty: there are none yet.
    private let keys = Mutex<[UInt8]>([])

    package init() {}

    /// - Parameter keys: from the next `give` on.
    package func replace(with keys: [UInt8]) { self.keys.withLock { $0 = keys } }

    /// Makes listeners go on with these keys, or with their own while there are none.
    package func give(to tickets: TicketKeys) { keys.withLock { tickets.use($0) } }
}
