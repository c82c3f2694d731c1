/// `[[upstreams]]`: servers that routes of any site may name, with one health, one queue and one budget of retries for all.
package struct SharedPool: Sendable, Equatable {
    /// What routes name it.
    package var name = ""
    /// What a site would say in `[sites.proxy]` for these servers alone: `upstreams`, `drain`, `loadBalancing`, `healthCheck`,
    /// `passiveHealth`, `timeout.connect`, `timeout.tlsHandshake` and `retry.budgetPercent`. All else is each site's own.
    package var proxy = Proxy()
}

extension Configuration {
    /// A server, and its key path.
    package typealias PlacedUpstream = (upstream: Upstream, keyPath: String)

    /// The servers of a pool as the routes of a site name it.
    /// - Parameter keyPath: the site's.
    package func servers(ofPool name: String, in site: Site, at keyPath: String) -> [PlacedUpstream] {
        let own = Self.placed(site.proxy?.upstreams ?? [], at: "\(keyPath).proxy.upstreams").filter { $0.upstream.name == name }
        return own.isEmpty ? sharedServers.filter { $0.upstream.name == name } : own
    }

    /// All servers of sites, each once for each place where it is written.
    package var servers: [PlacedUpstream] {
        sites.enumerated().flatMap { Self.placed($1.proxy?.upstreams ?? [], at: "sites[\($0)].proxy.upstreams") } + sharedServers
    }

    private var sharedServers: [PlacedUpstream] {
        sharedPools.enumerated().flatMap { Self.placed($1.proxy.upstreams, at: "upstreams[\($0)].servers") }
    }

    private static func placed(_ upstreams: [Upstream], at keyPath: String) -> [PlacedUpstream] {
        upstreams.enumerated().map { ($1, "\(keyPath)[\($0)]") }
    }
}
