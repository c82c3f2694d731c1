import Upstreams

/// An upstream server, for who operates the gateway.
package struct ServerReport: Sendable {
    /// The site's name.
    package var site: String
    /// The pool's name.
    package var upstream: String
    package var url: String
    /// The weight in force; `configuredWeight` is the configuration's.
    package var weight: Int
    package var configuredWeight: Int
    package var isBackup: Bool
    /// What keeps it from its requests; empty while nothing does.
    package var states: [String]
    /// What was ordered last: `none`, `enabled`, `draining`, `disabled`.
    package var order: String
    /// Exchanges and tunnels.
    package var underWay: Int
    /// How many requests this process has sent it.
    package var requests: Int
    /// The newest failure, in words; nil without one.
    package var lastFault: String?
}

/// What an operator may order.
package enum ServerAction: Sendable, Equatable {
    case enable, drain, disable
    /// Its share of requests, as the configuration's `weight`.
    case weight(Int)
    /// What was ordered before holds no longer: all is as the configuration says.
    case reset

    /// What a weight may be.
    package static let weights = 0...65_535

    /// - Parameter weight: of the action `weight`, and no other.
    /// - Returns: nil if there is no such action, or the weight is missing, of another action or out of bounds.
    package init?(_ word: String, weight: Int?) {
        switch (word, weight) {
        case ("enable", nil): self = .enable
        case ("drain", nil): self = .drain
        case ("disable", nil): self = .disable
        case ("reset", nil): self = .reset
        case ("weight", let weight?) where Self.weights.contains(weight): self = .weight(weight)
        default: return nil
        }
    }

    fileprivate func apply(to state: ServerState) {
        switch self {
        case .enable: state.setAdminState(.enabled)
        case .drain: state.setAdminState(.draining)
        case .disable: state.setAdminState(.disabled)
        case .weight(let weight): state.overrideWeight(weight)
        case .reset:
            state.setAdminState(.none)
            state.overrideWeight(nil)
        }
    }
}

extension Gateway {
    /// All servers of all sites, in the order of the configuration; one that several sites share comes once.
    package var servers: [ServerReport] {
        var seen: Set<ObjectIdentifier> = []
        return currentPlan.pools.flatMap { pool in
            pool.servers.compactMap { server in
                seen.insert(ObjectIdentifier(server.state)).inserted ? ServerReport(server, of: pool) : nil
            }
        }
    }

    /// Makes servers take requests, or not, until another order comes, or the process ends. It holds over reloads.
    /// - Parameters:
    ///   - url: as the configuration writes it; nil: any.
    ///   - site, upstream: nil: of any.
    /// - Returns: those that it is about; none if there is no such server.
    package func order(_ action: ServerAction, url: String?, site: String?, upstream: String?) -> [ServerReport] {
        let meant = servers.filter {
            (url == nil || $0.url == url) && (site == nil || $0.site == site) && (upstream == nil || $0.upstream == upstream)
        }
        var plan: Plan
        repeat {
            plan = currentPlan
            for pool in plan.pools {
                for server in pool.servers where meant.contains(where: { $0.isOf(server, pool) }) {
                    action.apply(to: server.state)
                }
            }
            plan.applyWeightOverrides()
            // Another plan that has come into use meanwhile has servers that do not know of it.
        } while plan !== currentPlan
        return servers.filter { server in
            meant.contains { $0.url == server.url && $0.site == server.site && $0.upstream == server.upstream }
        }
    }
}

extension ServerReport {
    init(_ server: UpstreamServer, of pool: PoolPlan) {
        let health = server.state.health
        (site, upstream, url) = (pool.site, pool.name, server.url)
        (weight, configuredWeight, isBackup) = (server.weight, server.parameters.weight, server.parameters.isBackup)
        (order, underWay, requests) = (server.state.adminState.rawValue, server.load, server.state.total)
        lastFault = health.lastFault
        states = Self.states(of: server)
    }

    /// What keeps a server from its requests.
    static func states(of server: UpstreamServer) -> [String] {
        let health = server.state.health
        var states: [String] = []
        if server.state.isDisabled {
            states.append("disabled")
        } else if server.state.isDraining {
            states.append("draining")
        }
        if !health.probes.isHealthy { states.append("probe_failing") }
        if health.ejection.until != nil { states.append("ejected") }
        if health.breaker.state != .closed { states.append("circuit_open") }
        if server.state.unresolved != nil { states.append("unresolved") }
        return states
    }

    fileprivate func isOf(_ server: UpstreamServer, _ pool: PoolPlan) -> Bool {
        url == server.url && site == pool.site && upstream == pool.name
    }
}
