import EventLoop
import Transport

/// One listening socket of a worker, and what is served at present to those who connect to it.
final class Acceptor {
    let listener: Listener
    /// Whether its clients speak TLS. That never changes: a plan in which it does has another listener there.
    let isTLS: Bool
    let port: UInt16
    /// Where its worker waits for clients.
    let waiter: Waiter
    /// The generation in which an exchange begins; `plan` is of it.
    private(set) var generation: Generation
    private(set) var plan: ListenerPlan
    /// When it stops listening, in monotonic nanoseconds; nil while the plan in use has it.
    private(set) var closesAt: UInt64?

    /// Nanoseconds that handshakes which are under way get to be accepted: longer than a round trip, shorter than the second
    /// after which a client that was not let in asks again, and is refused then.
    private static let closingTime: UInt64 = 500_000_000

    init(_ listener: Listener, _ plan: ListenerPlan, of generation: Generation, on loop: EventLoop) {
        self.listener = listener
        isTLS = plan.tls != nil
        port = listener.address.port
        waiter = Waiter(loop: loop)
        listener.socket.waiter = waiter
        self.generation = generation
        self.plan = plan
    }

    /// How many connections the peer may have; 0: any number, since it speaks for others, each of whom is counted by itself.
    func connectionLimit(of peer: SocketAddress) -> Int {
        if let proxyProtocol = plan.proxyProtocol, proxyProtocol.beginning(of: peer) == .header { return 0 }
        return generation.limits.maxConnectionsPerClient
    }

    /// Its clients are served what was served here, and then leave.
    var isRetired: Bool { closesAt != nil }

    /// Exchanges that begin from now on belong to the next generation.
    /// - Returns: false if its plan has no such listener; nothing has changed then.
    func adopt(_ next: Generation) -> Bool {
        guard let counterpart = next.listener(like: plan) else { return false }
        generation = next
        plan = counterpart
        return true
    }

    /// No plan has it any more. Nobody new can connect; who has connected and not been accepted yet will be.
    func retire(now: UInt64) {
        closesAt = now &+ Self.closingTime
        listener.beginNoMore()
        waiter.notify()
    }
    /// Another process accepts from the socket: whoever is queued may be this one's once more.
    func handOver(now: UInt64) {
        closesAt = now
        waiter.notify()
    }
}
