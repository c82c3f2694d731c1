import Configuration

/// The gateway's own sites, as upstreams may name them: requests that come back to where they came from would go round for ever.
struct OwnSites {
    private let sites: [Site]
    /// The servers of pools that any site may ask.
    private let shared: [Upstream]
    /// The indices of the sites that listen at a port, by port.
    private lazy var ofPorts = Dictionary(grouping: sites.indices) { [sites = self.sites] in sites[$0].port }

    init(_ configuration: Configuration) {
        sites = configuration.sites
        shared = configuration.sharedPools.flatMap(\.proxy.upstreams)
    }

    /// The name of the gateway's own site that is asked, if what asks it may be asked by that again.
    /// - Parameters:
    ///   - url: of a server.
    ///   - site: that asks it.
    ///   - isShared: whether the server is one of a pool that any site may ask.
    mutating func loop(of url: UpstreamURL, from site: Site, isShared: Bool) -> String? {
        guard let own = ownSite(of: url) else { return nil }
        var asked: Set<Int> = []
        var next = [own.port]
        while let port = next.popLast() {
            if !isShared, port == site.port { return own.name }
            guard asked.insert(port).inserted else { continue }
            // By the port alone: which of its sites answers depends on the request's host.
            for index in ofPorts[port] ?? [] {
                let other = sites[index]
                guard other.hasRoute(where: { $0.action == .proxy }) else { continue }
                if isShared { return own.name }
                for upstream in (other.proxy?.upstreams ?? []) + shared {
                    if let further = ownSite(of: upstream.url) { next.append(further.port) }
                }
            }
        }
        return nil
    }

    /// The site whose listener has this address, if it certainly is ours: an address of this machine's own loopback, or the
    /// very one that is listened on.
    private mutating func ownSite(of url: UpstreamURL) -> Site? {
        let isLoopback: Bool
        let isIPv6: Bool
        switch url.host {
        case .name(let name): (isLoopback, isIPv6) = (name == "localhost", false)
        case .ipv4(let bytes): (isLoopback, isIPv6) = (bytes.first == 127, false)
        case .ipv6(let bytes): (isLoopback, isIPv6) = (bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1, true)
        case .unix: return nil
        }
        return ofPorts[url.port]?.lazy.map { [sites = self.sites] in sites[$0] }.first { site in
            if site.listen == url.hostText { return true }
            return isLoopback && (site.listen == "::" || (site.listen == "0.0.0.0" && !isIPv6))
        }
    }
}
