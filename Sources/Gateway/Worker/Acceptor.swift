import Transport

/// One listening socket of a worker, and what is served at present to those who connect to it.
final class Acceptor {
    let listener: Listener
    /// Whether its clients speak TLS. That never changes: a plan in which it does has another listener there.
    let isTLS: Bool
    let port: UInt16
    /// The generation in which an exchange begins; `plan` is of it.
    private(set) var generation: Generation
    private(set) var plan: ListenerPlan

    init(_ listener: Listener, _ plan: ListenerPlan, of generation: Generation) {
        self.listener = listener
        isTLS = plan.tls != nil
        port = listener.address.port
        self.generation = generation
        self.plan = plan
    }

    /// Exchanges that begin from now on belong to the next generation. If its plan has no such listener, what was served here
    /// goes on being served.
    func adopt(_ next: Generation) {
        guard let counterpart = next.listener(like: plan) else { return }
        generation = next
        plan = counterpart
    }
}
