package import Transport

/// What clients have open and under way at one moment, by what it belongs to in the plan in use.
package struct ActivityReport: Sendable {
    /// How much there is of it.
    package struct Counts: Sendable, Equatable {
        /// Client connections.
        package var connections = 0
        /// Requests whose answers have not ended.
        package var requests = 0
        /// WebSockets.
        package var tunnels = 0

        package init() {}

        static func += (left: inout Counts, right: Counts) {
            left.connections += right.connections
            left.requests += right.requests
            left.tunnels += right.tunnels
        }
    }

    /// A route: its site's key path, such as `sites[2]`, and its name.
    package struct Route: Sendable, Hashable {
        package var site: String
        package var name: String

        package init(site: String, name: String) {
            self.site = site
            self.name = name
        }
    }

    /// A request that keeps an older generation in use.
    package struct Holder: Sendable {
        package var worker: Int
        package var generation: Int
        /// The client's address and port.
        package var client: String
        /// Method and path; what came after `?` is nobody's business here.
        package var request: String
        /// How long it has been under way, in milliseconds.
        package var milliseconds: Int
    }

    package internal(set) var total = Counts()
    package internal(set) var listeners: [SocketAddress: Counts] = [:]
    /// By the site's key path, such as `sites[2]`. Of a connection that waits for its next request the site is
    /// known by the name that its TLS client asked for, by its last request, or if its listener has no other.
    package internal(set) var sites: [String: Counts] = [:]
    package internal(set) var routes: [Route: Counts] = [:]
    /// What another plan, put into use now, would end: connections whose listener it has not, and tunnels whose route.
    package internal(set) var ending = Counts()
    /// The requests that hold older generations, at most `maxHolders` of a worker.
    package internal(set) var holders: [Holder] = []

    /// A worker names so many; who has more of them sees enough by these.
    static let maxHolders = 100

    mutating func add(_ other: ActivityReport) {
        total += other.total
        listeners.merge(other.listeners) { $0.adding($1) }
        sites.merge(other.sites) { $0.adding($1) }
        routes.merge(other.routes) { $0.adding($1) }
        ending += other.ending
        holders += other.holders
    }
}

extension ActivityReport.Counts {
    /// Both together.
    package func adding(_ other: ActivityReport.Counts) -> ActivityReport.Counts {
        var sum = self
        sum += other
        return sum
    }
}
