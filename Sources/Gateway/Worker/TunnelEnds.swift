/// Who leaves because the plan in use, or the drain, says so.
extension WorkerResources {
    /// How long a tunnel waits for its turn to be closed in a drain, in nanoseconds.
    func drainDelay() -> UInt64 {
        UInt64.random(in: 0...Drain.spread(over: connections.count, within: generation.limits.drainTimeout))
    }

    /// The plan in use has lost a listener: who came in by it gets the answer that is under way, or awaited, and leaves.
    func endConnectionsOfRetiredListeners() {
        for connection in connections.all where connection.endpoint.isListenerRetired { connection.endAfterExchange() }
    }

    /// Ends the tunnels whose route the plan in use has not, or whose site drains, each at a moment of its own: their clients all
    /// come back.
    func endTunnelsWithoutRoute() {
        let window = generation.limits.reloadCloseWindow
        for connection in connections.all {
            connection.forEachTunnel { tunnel in
                if !generation.plan.keeps(tunnel) {
                    tunnel.endWithRoute(after: UInt64.random(in: 0...window))
                } else if generation.plan.drains(tunnel) {
                    tunnel.drainWithSite(after: UInt64.random(in: 0...window))
                }
            }
        }
    }

    /// A tunnel begins, or goes on: what has happened in the meantime may have ended it.
    func check(_ tunnel: Tunnel) {
        if isDraining { tunnel.drain(after: 0) }
        if generation.plan.drains(tunnel) { tunnel.drainWithSite(after: 0) }
        if !generation.plan.keeps(tunnel) { tunnel.endWithRoute(after: 0) }
    }
}
