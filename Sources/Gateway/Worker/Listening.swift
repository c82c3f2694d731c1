import EventLoop
import Transport

/// Opens what a worker does not listen on yet.
struct Listening {
    let loop: EventLoop
    /// This worker's.
    let acceptors: [Acceptor]
    /// Where this process listens already, by whichever worker.
    let own: [SocketAddress]
    /// Whether others may listen there.
    let shares: Bool
    /// Sockets that are open already, and this worker's to accept from.
    let passed: [PassedSocket]

    /// Opens the listeners of a plan that are not open yet.
    /// - Parameter addresses: of the plan's listeners.
    /// - Returns: them, and the address of each listener of the plan.
    func open(
        _ plan: Plan, at addresses: [SocketAddress]
    ) throws(ListenError) -> (new: [(Listener, ListenerPlan)], addresses: [SocketAddress]) {
        var new: [(Listener, ListenerPlan)] = []
        var found: [SocketAddress] = []
        for (address, listener) in zip(addresses, plan.listeners) {
            if let known = acceptors.first(where: { !$0.isRetired && $0.plan.isSame(as: listener) }) {
                found.append(known.listener.address)
                continue
            }
            do throws(SystemError) {
                let sockets = try open(address, beside: new.map(\.0))
                new += sockets.map { ($0, listener) }
                found.append(sockets.first?.address ?? address)
            } catch {
                for (socket, _) in new { socket.close() }
                throw ListenError(address: address, site: listener.keyPath, cause: error)
            }
        }
        return (new, found)
    }

    /// One listener, or several where several sockets are passed for an address.
    private func open(_ address: SocketAddress, beside new: [Listener]) throws(SystemError) -> [Listener] {
        var sockets: [Listener] = []
        for socket in passed where socket.address == address { sockets.append(try Listener(socket, on: loop)) }
        guard sockets.isEmpty else { return sockets }
        // One for all addresses of a port, and one for a single address of it, are both the plan's own.
        let isBesideOwn = (own + new.map(\.address)).contains { $0.overlaps(address) }
        return [try Listener(address, on: loop, shares: shares || isBesideOwn)]
    }
}
