import EventLoop
import TLS
package import Transport

/// Another process has taken the gateway's place.
struct HandedOver: Error, CustomStringConvertible {
    let description = "another process has taken this one's place: that one is to be asked"
}

/// A gateway whose place another process takes.
extension Gateway {
    /// Descriptors of the caller's own for all sockets that are accepted from; the caller closes them.
    package func listeningSockets() async throws -> [PassedSocket] {
        var sockets: [PassedSocket] = []
        for worker in workers { sockets += try await worker.listeningSockets(managed: passed) }
        return sockets
    }

    /// Another process accepts from the sockets now: this one answers those who have connected, each of its answers being its
    /// connection's last, and leaves tunnels alone until `limits.upgrade_drain` has passed. Then it drains.
    package func handOver() async {
        shared.handOver()
        for worker in workers { await worker.handOver() }
        let end = monotonicNanoseconds() &+ currentPlan.limits.upgradeDrain
        while await connectionCount > 0, monotonicNanoseconds() < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(100))
        }
        await drainNow()
    }
}

extension Worker {
    /// - Parameter managed: the addresses whose sockets a service manager keeps open.
    func listeningSockets(managed: [SocketAddress]) throws -> [PassedSocket] {
        try acceptors.values.filter { !$0.isRetired }.map { acceptor in
            try acceptor.listener.passing(isManagers: managed.contains(acceptor.listener.address))
        }
    }

    /// Accepts what is queued once more, and then no more; the sockets stay open elsewhere.
    func handOver() {
        for acceptor in acceptors.values where !acceptor.isRetired { acceptor.handOver(now: loop.now) }
    }
}

extension Plan {
    /// The ticket keys of every TLS listener, by its address.
    package var ticketKeys: [(address: String, keys: [UInt8])] {
        listeners.compactMap { listener in
            listener.tls?.tickets.copy.map { (listener.address.description, $0) }
        }
    }

    /// Tickets that were made with these keys are good here, too.
    package func adoptTicketKeys(_ keys: [UInt8], of address: String) {
        for listener in listeners where listener.address.description == address { listener.tls?.tickets.adopt(keys) }
    }

    /// What signs sticky cookies where the configuration has no secret.
    package var stickySecret: String { carried.stickySecret }
}
