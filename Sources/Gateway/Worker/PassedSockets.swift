import Transport

/// The listening sockets that were open before the gateway: a service manager's, which stay open while none runs, so that no
/// client is refused between two of them; or those of the gateway whose place this one takes.
struct PassedSockets {
    private let sockets: [PassedSocket]

    init(_ sockets: [PassedSocket]) {
        self.sockets = sockets
    }

    /// The addresses of those that stay open whatever becomes of this process.
    var managed: [SocketAddress] { sockets.filter(\.isManagers).map(\.address) }

    /// Those that a worker accepts from: every socket is some worker's, and every worker has one of each address. Where there are
    /// fewer of an address than workers, several accept from the same one.
    func share(of worker: Int, of workers: Int) -> [PassedSocket] {
        var shares: [PassedSocket] = []
        for (_, same) in Dictionary(grouping: sockets, by: \.address) {
            let own = same.indices.filter { $0 % workers == worker }
            shares += own.isEmpty ? [same[worker % same.count]] : own.map { same[$0] }
        }
        return shares
    }

    /// A socket that nobody accepts from would let clients in and never answer them.
    /// - Throws: which sockets are for none of the plan's listeners.
    static func check(_ addresses: [SocketAddress], for plan: Plan) throws(PassedSocketError) {
        let listeners = plan.listeners.map(\.address)
        let strangers = addresses.filter { !listeners.contains($0) }
        guard !strangers.isEmpty else { return }
        throw PassedSocketError(
            """
            the service manager has opened \(strangers.map(\.description).joined(separator: ", ")), where no site listens: the \
            sites listen on \(listeners.map(\.description).joined(separator: ", ")); make the socket unit and the sites agree
            """)
    }

    /// Every worker has descriptors of its own.
    func close() {
        for socket in sockets { socket.close() }
    }
}
