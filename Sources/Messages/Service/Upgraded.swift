package import EventLoop

/// What a connection has become after a 101, or after the head of an answer without an end.
package protocol Upgraded: AnyObject {
    /// Uses the connection until it is done with it; the service closes it.
    nonisolated(nonsending) func run() async
    /// The service drains: end soon, in order. The waiter is told after it.
    func drain()
    /// End at once. The waiter is told after it.
    func cut()
    /// Did it end in the middle of something, so that the connection is to be reset?
    var isBroken: Bool { get }
}

extension Upgraded {
    package var isBroken: Bool { false }
}

/// A connection's parts, for who has it after an upgrade. What came behind the request is in `inflow`.
package struct UpgradedStreams {
    package let inflow: Inflow
    package let outflow: Outflow
    /// The task's that calls `Upgraded.run()`.
    package let waiter: Waiter
}
