import Transport

/// What a worker has made of a plan that is not in use yet.
struct PreparedPlan {
    var generation: Generation
    /// The sockets that it has opened for it.
    var listeners: [(Listener, ListenerPlan)] = []
}
