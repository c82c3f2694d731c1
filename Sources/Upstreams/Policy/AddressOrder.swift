import Transport

/// The order in which the addresses of a name are tried.
enum AddressOrder {
    /// RFC 8305 §4: the families take turns; within a family the resolver's order (RFC 6724) stays, begun elsewhere each time.
    ///
    /// Each address is the first in its turn, whatever its family, so that all of a name get their share of connections. The
    /// second is of the other family, since one family may be broken as a whole.
    /// - Parameter start: one of the addresses.
    static func interleaved(_ addresses: [SocketAddress], beginningWith start: SocketAddress) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        let woven = woven(addresses.filter { $0.family == preferred }, addresses.filter { $0.family != preferred })
        return interleaved(addresses, turn: woven.firstIndex(of: start) ?? 0)
    }

    /// The same, beginning with the one whose turn it is.
    static func interleaved(_ addresses: [SocketAddress], turn: Int = 0) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        let first = addresses.filter { $0.family == preferred }
        let second = addresses.filter { $0.family != preferred }
        let start = woven(first, second)[turn % addresses.count]
        let (own, other) = start.family == preferred ? (first, second) : (second, first)
        return woven(rotated(own, own.firstIndex(of: start) ?? 0), rotated(other, turn))
    }

    private static func woven(_ first: [SocketAddress], _ second: [SocketAddress]) -> [SocketAddress] {
        var (first, second) = (first[...], second[...])
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
