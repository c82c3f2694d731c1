import EventLoop
import Transport

/// Where a server is: at the address that its URL says, or at those of its name, which take turns.
final class ServerAddresses {
    private let server: UpstreamServer
    /// The addresses that no look-up changes; nil where the server has a name. Several are the families of one machine's
    /// loopback: the one that took a connection is tried first.
    private var fixed: [SocketAddress]?
    private let name: CachedName?
    /// `name` does not keep the cache that it is of.
    private let names: NameCache?
    /// The name's, with the server's port, as of `knownVersion`.
    private var known: [SocketAddress] = []
    private var knownVersion = 0
    /// Counts the turns of the name's addresses. Each worker begins elsewhere.
    private var turn: Int
    /// The address whose turn it is for the connection that is about to be made.
    private var chosen: SocketAddress?
    /// Addresses that took no connection lately, and until when they are passed over, in monotonic nanoseconds.
    private var avoided: [(address: SocketAddress, until: UInt64)] = []

    /// How long an address is passed over, in nanoseconds: one at which connections hang costs 250 ms no more often than this.
    private static let avoidTime: UInt64 = 10_000_000_000

    init(_ server: UpstreamServer, names: NameCache) {
        self.server = server
        let identity = server.identity
        if identity.host.hasPrefix("/") {
            fixed = [SocketAddress(family: .unix, bytes: Array(identity.host.utf8), port: 0)]
        } else {
            fixed =
                SocketAddress(literal: identity.host, port: identity.port).map { [$0] }
                ?? SocketAddress.loopback(identity.host, port: identity.port)
        }
        name = fixed == nil ? names.name(identity.host) : nil
        self.names = fixed == nil ? names : nil
        turn = fixed == nil ? server.state.takeAddressTurn() : 0
    }

    /// The name's addresses; 0 without a name.
    var count: Int { known.count }

    /// Would its name be looked up there, if it has one?
    func isOf(_ names: NameCache) -> Bool { fixed != nil || self.names === names }

    /// Has it a name, whose addresses may change?
    var isNamed: Bool { name != nil }

    /// Another number whenever the addresses have changed; always the same without a name.
    var version: Int { name?.version ?? 0 }

    /// Does an address still belong to the server?
    func contains(_ address: SocketAddress) -> Bool {
        adopt()
        return known.contains(address)
    }

    /// Looks the name up again if its addresses are too old.
    func refresh(now: UInt64) { name?.refresh(now: now) }

    /// The address whose turn it is; nil if there are not several that could have one.
    var next: SocketAddress? {
        guard let name else { return nil }
        if knownVersion != name.version { adopt() }
        guard known.count > 1 else { return nil }
        return takeTurn(now: names?.loop.now ?? 0)
    }

    /// The addresses, in the order in which they are to be tried this time: first the one that `next` has just given.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - timeout: nanoseconds.
    nonisolated(nonsending) func ordered(_ waiter: Waiter, timeout: UInt64) async throws(TransportError) -> [SocketAddress] {
        if let fixed { return fixed }
        guard let name else { return [] }
        defer { server.state.named(failure: name.failure) }
        let wanted = chosen.take()
        _ = try await name.addresses(waiter, until: waiter.loop.now &+ timeout)
        adopt()
        let now = waiter.loop.now
        let first = wanted.flatMap { known.contains($0) ? $0 : nil } ?? takeTurn(now: now)
        chosen = nil
        let order = AddressOrder.interleaved(known, beginningWith: first ?? known[0])
        return order.filter { !isAvoided($0, now) } + order.filter { isAvoided($0, now) }
    }

    /// One of the addresses has taken a connection: those that were tried before it have not.
    /// - Parameters:
    ///   - order: as it was tried.
    ///   - index: in `order`.
    func reached(_ index: Int, of order: [SocketAddress], now: UInt64) {
        guard fixed == nil else {
            if index > 0 { fixed = [order[index]] + order.filter { $0 != order[index] } }
            return
        }
        avoided.removeAll { entry in now >= entry.until || order[...index].contains(entry.address) }
        for address in order[..<index] { avoided.append((address, now &+ Self.avoidTime)) }
    }

    /// No address took a connection: the name may have moved.
    func expire() { name?.expire() }

    // MARK: -

    /// Takes over what the name has now.
    private func adopt() {
        guard let name, knownVersion != name.version else { return }
        knownVersion = name.version
        known = AddressOrder.interleaved(name.known).map { $0.with(port: server.identity.port) }
        avoided.removeAll { !known.contains($0.address) }
    }

    /// The next one that is not avoided; nil if there is none.
    private func takeTurn(now: UInt64) -> SocketAddress? {
        for _ in known.indices {
            turn &+= 1
            let address = known[Int(UInt(bitPattern: turn) % UInt(known.count))]
            if isAvoided(address, now) { continue }
            chosen = address
            return address
        }
        return nil
    }

    private func isAvoided(_ address: SocketAddress, _ now: UInt64) -> Bool {
        avoided.contains { $0.address == address && now < $0.until }
    }
}
