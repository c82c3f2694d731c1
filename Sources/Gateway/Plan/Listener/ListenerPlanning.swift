import Configuration
import TLS
import Transport

/// The part of making a plan that is about listeners, and which of their sites a name leads to.
extension PlanBuilder {
    /// - Parameter sites: all, in their order.
    mutating func listeners(_ sites: [SitePlan]) -> [ListenerPlan] {
        ListenerMembers.all(of: configuration.sites).compactMap { listener($0, sites) }
    }

    private mutating func listener(_ members: ListenerMembers, _ sites: [SitePlan]) -> ListenerPlan? {
        let first = members.first
        let site = configuration.sites[first]
        guard let address = SocketAddress(listeningOn: site.listen, port: UInt16(clamping: site.port)) else {
            problem(at: "sites[\(first)].listen", "\"\(site.listen)\" is not an IP address")
            return nil
        }
        var names = SiteNames()
        for index in members.indices {
            for name in configuration.sites[index].hostnames { names.enter(name, sites[index]) }
            guard let redirecting = redirecting(configuration.sites[index], "sites[\(index)]", to: sites[index]) else { continue }
            for name in configuration.sites[index].redirectHostnames { names.enter(name, redirecting) }
        }
        var tls: TLSServerNames?
        if site.ssl != nil {
            tls = serverNames(members, previous?.ticketKeys(at: address))
            guard tls != nil else { return nil }
        }
        return ListenerPlan(
            address: address, keyPath: "sites[\(first)]", tls: tls,
            takesPlainHTTP2: site.h2c && site.ssl == nil, proxyProtocol: site.proxyProtocol.map { ProxyProtocolPlan($0) },
            exact: names.exact, wildcards: names.wildcards, fallback: sites[members.fallback])
    }

    /// The certificates of one TLS listener.
    /// - Parameter tickets: of the listener as it was before.
    private mutating func serverNames(_ members: ListenerMembers, _ tickets: TicketKeys?) -> TLSServerNames? {
        var contexts: [String: TLSServerContext] = [:]
        var chosen: TLSServerContext?
        for index in members.indices {
            guard let context = siteContexts[index] else { continue }
            if index == members.fallback { chosen = context }
            for name in configuration.sites[index].allHostnames { contexts[name] = context }
        }
        return chosen.map {
            TLSServerNames(
                contexts, fallback: $0, challenges: provesInHandshakes ? carried.challenges : nil,
                isStrict: configuration.sites[members.fallback].ssl?.strictSNI == true, tickets: tickets ?? TicketKeys())
        }
    }

    /// Are there names that authorities may look for in handshakes?
    private var provesInHandshakes: Bool {
        configuration.sites.contains { site in
            guard let ssl = site.ssl else { return false }
            return ssl.autoCert && ssl.acme.dnsHook == nil && ssl.acme.dnsUpdate == nil
        }
    }
}
