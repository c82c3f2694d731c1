/// What is ordered about upstream servers of all members.
package struct FleetOrder: Codable, Sendable, Hashable {
    /// `enable`, `drain`, `disable` or `weight`; `reset` is an order that is there no more.
    package var action: String
    /// Of `weight`.
    package var weight: Int?
    /// As the configuration writes it; nil: all servers of the site.
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
    /// In the order in which they are carried out.
    var orders: [FleetOrder] = []

    /// A fleet's, at most.
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

/// Stored answers that all members are to forget.
package struct FleetPurge: Codable, Sendable, Equatable {
    /// nil: of every site.
    package var site: String?
    /// Authority, path and query; nil: all.
    package var target: String?
    /// Are those meant that begin so?
    package var isPrefix: Bool

    package init(site: String?, target: String?, isPrefix: Bool) {
        (self.site, self.target, self.isPrefix) = (site, target, isPrefix)
    }

    /// What is done by who cannot know what it has missed.
    static let everything = FleetPurge(site: nil, target: nil, isPrefix: false)
}

/// How many there have been: who finds one of them gone has missed it.
struct FleetPurges: Codable, Equatable, Sendable {
    var last: Int

    /// So many are kept, and each for so many seconds.
    static let mostKept = 1000
    static let lifetime: Int64 = 3600
}
