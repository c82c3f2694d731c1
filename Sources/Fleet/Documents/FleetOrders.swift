/// What is ordered about upstream servers of all members.
package struct FleetOrder: Codable, Sendable, Hashable {
    /// `enable`, `drain`, `disable` or `weight`; `reset` is an order that is there no more.
    package var action: String
    /// The weight that the action `weight` sets.
    package var weight: Int?
    /// The server's URL as the configuration writes it; nil: all servers of the site.
    package var url: String?
    package var site: String?
    package var upstream: String?

    package init(action: String, weight: Int? = nil, url: String?, site: String?, upstream: String?) {
        (self.action, self.weight, self.url, self.site, self.upstream) = (action, weight, url, site, upstream)
    }

    /// Is it about what another one is about? A weight is another matter than whether there are requests at all.
    func isAbout(_ other: FleetOrder) -> Bool {
        (url, site, upstream) == (other.url, other.site, other.upstream)
            && (action == "reset" || other.action == "reset" || (action == "weight") == (other.action == "weight"))
    }
}

/// All orders that hold.
struct FleetOrders: Codable, Equatable, Sendable {
    /// The orders, as they are carried out one after the other.
    var orders: [FleetOrder] = []

    /// How many orders a fleet may have.
    static let maxOrders = 1000

    /// - Returns: nil: there are too many.
    func adding(_ order: FleetOrder) -> FleetOrders? {
        var next = FleetOrders(orders: orders.filter { !$0.isAbout(order) })
        if order.action != "reset" { next.orders.append(order) }
        return next.orders.count <= Self.maxOrders ? next : nil
    }

    /// What brings a member from these to others.
    func changes(to next: FleetOrders) -> [FleetOrder] {
        let gone = orders.filter { order in !next.orders.contains { $0.isAbout(order) } }
        return gone.map { FleetOrder(action: "reset", url: $0.url, site: $0.site, upstream: $0.upstream) }
            + (gone.isEmpty ? next.orders.filter { !orders.contains($0) } : next.orders)
    }
}
