/// `[sites.proxy.passive_health]`: judging upstreams by what becomes of requests.
package struct PassiveHealth: Sendable, Equatable {
    /// Failures in a row that eject; 0: never.
    package var maxFails = 5
    /// The share of failures in `window` that ejects; 0: never.
    package var failPercent = 0
    package var window = Duration.seconds(10)
    package var ejectTime = Duration.seconds(10)
    package var maxEjectTime = Duration.seconds(300)
    /// Failed connects in a row that open the circuit; 0: never.
    package var circuitFails = 5
    package var circuitOpen = Duration.seconds(1)
    package var circuitMaxOpen = Duration.seconds(30)

    package init() {}
}
