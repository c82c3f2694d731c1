import Transport

/// The order in which the addresses of a name are tried.
enum AddressOrder {
    /// RFC 8305 §4: the families take turns, beginning with the one that the resolver prefers; within a family the resolver's
    /// order (RFC 6724) stays, begun at `turn`, so that all addresses of a name get their share of connections.
    static func interleaved(_ addresses: [SocketAddress], turn: Int = 0) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        var first = rotated(addresses.filter { $0.family == preferred }, turn)[...]
        var second = rotated(addresses.filter { $0.family != preferred }, turn)[...]
        var order: [SocketAddress] = []
        while !first.isEmpty || !second.isEmpty {
            if let next = first.popFirst() { order.append(next) }
            if let next = second.popFirst() { order.append(next) }
        }
        return order
    }

    private static func rotated(_ addresses: [SocketAddress], _ turn: Int) -> [SocketAddress] {
        guard !addresses.isEmpty else { return [] }
        let start = turn % addresses.count
        return Array(addresses[start...] + addresses[..<start])
    }
}
