extension SocketAddress {
    /// What `localhost` and all names below it mean: the loopback of both families, whatever /etc/hosts and name servers say
    /// (RFC 6761 §6.3). Who could redirect them could put himself in the place of a server that only this machine should reach.
    /// - Parameter name: as written, with or without the dot at its end.
    /// - Returns: IPv6 first (RFC 6724 §2.1: `::1` has the highest precedence); nil for any other name.
    package static func loopback(_ name: String, port: UInt16) -> [SocketAddress]? {
        let lower = name.lowercased()
        let relative = lower.hasSuffix(".") ? lower.dropLast() : lower[...]
        guard relative == "localhost" || relative.hasSuffix(".localhost") else { return nil }
        return [
            SocketAddress(family: .ipv6, bytes: [UInt8](repeating: 0, count: 15) + [1], port: port),
            SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: port),
        ]
    }
}
