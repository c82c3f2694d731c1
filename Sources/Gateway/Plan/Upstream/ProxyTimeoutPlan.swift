import Configuration

/// `[sites.proxy.timeout]` in nanoseconds.
struct ProxyTimeoutPlan: Sendable {
    var firstByte: UInt64
    /// What decided `firstByte`, for the log.
    var firstByteKey: ProxyTimeouts.FirstByteKey
    var read: UInt64
    /// Takes the place of `read` for a stream of events.
    var streamIdle: UInt64
    var write: UInt64

    /// The timeouts that the route sets.
    let ofRoute: Keys

    /// A set of the timeouts' keys.
    struct Keys: OptionSet {
        let rawValue: UInt8
        static let read = Keys(rawValue: 1)
        static let streamIdle = Keys(rawValue: 2)
        static let write = Keys(rawValue: 4)
    }

    init(_ site: ProxyTimeouts, route: RouteTimeouts = RouteTimeouts()) {
        read = (route.read ?? site.read).nanoseconds
        streamIdle = (route.streamIdle ?? site.streamIdle).nanoseconds
        write = (route.write ?? site.write).nanoseconds
        if let own = route.firstByte ?? route.read {
            firstByte = own.nanoseconds
            firstByteKey = route.firstByte == nil ? .routeRead : .routeFirstByte
        } else {
            firstByte = (site.firstByte ?? site.read).nanoseconds
            firstByteKey = site.firstByteKey
        }
        var keys: Keys = []
        if route.read != nil { keys.insert(.read) }
        if route.streamIdle != nil { keys.insert(.streamIdle) }
        if route.write != nil { keys.insert(.write) }
        ofRoute = keys
    }
}
