import EventLoop
import Transport

/// Where a server is: at the address that its URL says, or at those of its name.
final class ServerAddresses {
    private let server: UpstreamServer
    private let fixed: [SocketAddress]?
    private let name: CachedName?
    /// `name` does not keep the cache that it is of.
    private let names: NameCache?
    private var turn = 0

    init(_ server: UpstreamServer, names: NameCache) {
        self.server = server
        let identity = server.identity
        if identity.host.hasPrefix("/") {
            fixed = [SocketAddress(family: .unix, bytes: Array(identity.host.utf8), port: 0)]
        } else {
            fixed = SocketAddress(literal: identity.host, port: identity.port).map { [$0] }
        }
        name = fixed == nil ? names.name(identity.host) : nil
        self.names = fixed == nil ? names : nil
    }

    /// Would its name be looked up there, if it has one?
    func isOf(_ names: NameCache) -> Bool { fixed != nil || self.names === names }

    /// The addresses, in the order in which they are to be tried this time.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - timeout: nanoseconds.
    nonisolated(nonsending) func next(_ waiter: Waiter, timeout: UInt64) async throws(TransportError) -> [SocketAddress] {
        if let fixed { return fixed }
        guard let name else { return [] }
        defer { server.state.named(failure: name.failure) }
        let found = try await name.addresses(waiter, until: waiter.loop.now &+ timeout)
        turn &+= 1
        return AddressOrder.interleaved(found, turn: turn).map { $0.with(port: server.identity.port) }
    }

    /// No address took a connection: the name may have moved.
    func doubt() { name?.doubt() }
}
