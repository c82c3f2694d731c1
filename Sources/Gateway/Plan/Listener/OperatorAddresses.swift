import Configuration
import Transport

/// Where operators ask the gateway, beside its clients.
extension PlanBuilder {
    /// Of two listeners that exclude each other the second is refused at a start. A process that takes another one's place shares
    /// its addresses, and the kernel would give clients to either.
    /// - Parameter listeners: of clients.
    mutating func checkOperatorAddresses(beside listeners: [ListenerPlan]) {
        var taken = listeners.map(\.address)
        for (key, address) in [("metrics.listen", metricsAddress), ("management.port", managementAddress)] {
            guard let address, address.port != 0 else { continue }
            if let other = taken.first(where: { address.excludes($0) }) {
                problem(
                    at: key, "cannot listen on \(address): the gateway has another listener there, on \(other)",
                    hint: "change one of the ports")
            }
            taken.append(address)
        }
    }

    private var metricsAddress: SocketAddress? {
        configuration.metrics.listen.flatMap { SocketAddress(literal: $0.address, port: UInt16(clamping: $0.port)) }
    }

    private var managementAddress: SocketAddress? {
        let management = configuration.management
        guard management.enabled else { return nil }
        let host = management.host == "localhost" ? "127.0.0.1" : management.host
        return SocketAddress(literal: host, port: UInt16(clamping: management.port))
    }
}
